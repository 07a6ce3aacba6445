// Acquisition: from a fenced lease to a partition that may go live: positions, journal and memory agree, and a lease record says so.
//
// Owns nothing afterwards. Every disagreement is an answer with its cure, never a guess.
import { CLEAN_COMMITS } from '../protocol/limits.ts'
import type { Failure } from '../protocol/failures.ts'
import type { Committed, Lease } from '../ports/log.ts'
import { prepareModels } from './activation.ts'
import { Committer } from './commit.ts'
import type { CycleParts } from './cycle.ts'
import type { PartitionDeps } from './deps.ts'
import { decodeMetadata } from './journal.ts'
import type { InputRef, JournalRecord } from './journal.ts'
import { Position } from './position.ts'
import { recover } from './recovery.ts'
import type { Recovered } from './recovery.ts'
import { Snapshots } from './snapshots.ts'

export type Acquired =
  | { readonly kind: 'live'; readonly parts: CycleParts; readonly attempts: number; readonly rebased: readonly number[] }
  | { readonly kind: 'position-moved'; readonly reason: string }
  | { readonly kind: 'history-gone'; readonly reason: string }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'again'; readonly reason: string }

export interface Acquisition {
  readonly forced: ReadonlyMap<InputRef, Failure>
  /** This process has had the partition before, and knows why it acquires it again: no crash came between. */
  readonly isRestart: boolean
}

/** Recovers and commits the lease record. The lease is fenced already. */
export async function acquire(deps: PartitionDeps, lease: Lease, { forced, isRestart }: Acquisition): Promise<Acquired> {
  const { log, codec, plan, telemetry, clock } = deps
  const { partition } = lease
  const committed = await lease.committed()
  const states = deps.states(partition)
  telemetry.probe('recovering', plan.group, partition)
  const recovery = await recover({ log, codec, plan, partition, states, telemetry })
  if (recovery.kind === 'history-gone') return recovery
  const disagreement = disagreementOf(plan.group, partition, committed, recovery.last)
  if (disagreement !== undefined) return disagreement
  const { memory } = recovery
  const unusable = await prepareModels(memory.models, deps.models)
  if (unusable !== undefined) return { kind: 'again', reason: unusable }
  const watermarks = memory.watermarks?.save() ?? []
  if (recovery.last === undefined) {
    memory.life = deps.random.uuid()
    states.expect(memory.life, [], [])
  }
  memory.epoch += 1
  const positions = await positionsOf(deps, partition, recovery.last?.positions ?? new Map())
  const snapshots = new Snapshots(memory, codec, states, recovery.marks)
  for (const record of recovery.folded) snapshots.journalled(record.seq, record.offset, record.inputs)
  // What the journal above the floor says about occupancy and bucket marks must reach the partition record before the floor may pass it.
  if (recovery.last !== undefined) snapshots.touchPartition(recovery.last.floor.seq, clock.nowMs())
  const attempts = isRestart ? Math.max(1, recovery.sinceLease.attempts) : attemptsOf(recovery)
  const position = new Position(positions)
  const stateEnd = await log.offsetsAt(plan.state, partition, 'latest')
  const committer = new Committer(deps, lease, { memory, snapshots, position, states, attempts, journalEnd: recovery.journalEnd, stateEnd, partitionFrom: recovery.last?.partitionFrom ?? stateEnd })
  const seq = memory.seq + 1
  const nowMs = Math.max(clock.nowMs(), memory.nowMs)
  const result = await committer.commit({ kind: 'lease', seq, nowMs, batch: undefined, inputs: [], watermarks, models: memory.models, idle: false, pace: 'steady' })
  if (result.kind === 'fenced') return result
  if (result.kind !== 'done') return { kind: 'again', reason: `the lease record was not committed: ${result.kind}` }
  memory.seq = seq
  memory.nowMs = nowMs
  telemetry.probe('lease-committed', plan.group, partition)
  return { kind: 'live', parts: { memory, position, snapshots, states, committer, forced }, attempts, rebased: recovery.rebased }
}

/** Today's inputs first, in their order (N1 of `renumber.ts`); what is no longer an input keeps its place. New ones begin at their start. */
async function positionsOf({ log, plan }: PartitionDeps, partition: number, journalled: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const positions = new Map<string, number>()
  for (const topic of plan.inputs) positions.set(topic, journalled.get(topic) ?? (await log.offsetsAt(topic, partition, 'earliest')))
  for (const [topic, next] of journalled) if (!positions.has(topic)) positions.set(topic, next)
  return positions
}

/** Attempts since the last orderly release or clean run: what crash isolation counts. */
function attemptsOf(recovery: Recovered): number {
  const { batches, released, attempts } = recovery.sinceLease
  return recovery.last === undefined || released || batches >= CLEAN_COMMITS ? 1 : attempts + 1
}

/** Group offsets and journal were written by the same commit: where they differ, someone else moved one of them. */
export function disagreementOf(group: string, partition: number, committed: Committed | null, last: JournalRecord | undefined): Acquired | undefined {
  const at = `${group}, partition ${partition}`
  if (last === undefined) {
    if (committed === null || committed.positions.size === 0) return undefined
    return { kind: 'history-gone', reason: `${at}: positions are committed but the journal is empty. Restore the journal from a backup; to start over, delete the group's positions and the topics ${group}.state and ${group}.journal.` }
  }
  // Lost group offsets are taken from the journal.
  if (committed === null || committed.positions.size === 0) return undefined
  const metadata = decodeMetadata(committed.metadata)
  if (metadata !== undefined && (metadata.life !== last.life || metadata.seq !== last.seq)) {
    return { kind: 'position-moved', reason: `${at}: the committed metadata names seq ${metadata.seq} of life ${metadata.life}, the journal ends at seq ${last.seq} of life ${last.life}. Restore both from the same backup.` }
  }
  for (const [topic, next] of last.positions) {
    const found = committed.positions.get(topic)
    if (found !== undefined && found !== next) {
      return { kind: 'position-moved', reason: `${at}: the position of topic ${topic} is ${found}, the journal says ${next}. Someone moved it; states would no longer be the fold of their inputs. Set it back to ${next}, or delete the group's positions to take them from the journal.` }
    }
  }
  return undefined
}
