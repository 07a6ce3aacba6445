// Acquisition: from a fenced lease to a partition that may go live: positions and journal agree, a lease record says who owns it, memory is rebuilt.
//
// Owns nothing afterwards. Every disagreement is an answer with its cure, never a guess.
//
// Q1. The lease record is the first act after fencing, before anything is folded: an owner that dies of what it folds has been counted.
// Q2. An isolated owner names what it folds before it folds it (C1 of `suspicion.ts`); an entity that is blamed is parked, the rest goes on.
import { OperationError } from '../protocol/failures.ts'
import type { Failure } from '../protocol/failures.ts'
import { CLEAN_COMMITS } from '../protocol/limits.ts'
import type { Committed, Lease } from '../ports/log.ts'
import { modelsOfLease, prepareModels } from './activation.ts'
import { Committer } from './commit.ts'
import type { PartitionParts } from './parts.ts'
import type { PartitionDeps } from './deps.ts'
import { decodeMetadata } from './journal.ts'
import type { InputRef, JournalRecord } from './journal.ts'
import type { FoldGuard, FoldParts } from './journal-folder.ts'
import { attemptsAfter, isIsolated, JournalTip, standingAttempts, TipBroken } from './journal-tip.ts'
import { parkUnfoldable } from './parking.ts'
import type { Unfoldable } from './parking.ts'
import { Position } from './position.ts'
import { Gone } from './range-reading.ts'
import { recover } from './recovery.ts'
import type { Recovered } from './recovery.ts'
import { Snapshots } from './snapshots.ts'
import type { StateStore } from './state-store.ts'
import { foldCause, NO_SUSPECTS, Suspicion } from './suspicion.ts'
import type { FoldSuspect } from './suspicion.ts'
import { lastRecord, surveyed } from './survey.ts'

export type Acquired =
  | { readonly kind: 'live'; readonly parts: PartitionParts; readonly rebased: readonly number[] }
  | { readonly kind: 'position-moved'; readonly reason: string }
  | { readonly kind: 'history-gone'; readonly reason: string }
  | { readonly kind: 'fenced' }
  /** `unfoldable`: still to be parked. */
  | { readonly kind: 'again'; readonly reason: string; readonly atOnce?: true; readonly unfoldable?: Unfoldable }

export interface Acquisition {
  readonly forced: ReadonlyMap<InputRef, Failure>
  /** An entity whose newest state cannot be stored: it is parked first. */
  readonly unfoldable?: Unfoldable | undefined
}

/** Commits the lease record and recovers. The lease is fenced already. */
export async function acquire(deps: PartitionDeps, lease: Lease, options: Acquisition): Promise<Acquired> {
  try {
    return await acquireOrThrow(deps, lease, options)
  } catch (thrown) {
    if (thrown instanceof Gone) return { kind: 'history-gone', reason: thrown.message }
    if (!(thrown instanceof TipBroken)) throw thrown
    // It would be refused again.
    if (thrown.outcome.kind === 'rejected') throw new OperationError('partition/refused', thrown.message)
    return thrown.outcome.kind === 'fenced' ? thrown.outcome : { kind: 'again', reason: thrown.message }
  }
}

async function acquireOrThrow(deps: PartitionDeps, lease: Lease, { forced, unfoldable }: Acquisition): Promise<Acquired> {
  const { log, codec, plan, telemetry } = deps
  const { partition } = lease
  const committed = await lease.committed()
  const states = deps.states(partition)
  telemetry.probe('recovering', plan.group, partition)
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  const last = await lastRecord(log, codec, plan, partition, end)
  const disagreement = disagreementOf(plan.group, partition, committed, last)
  // Nobody but this owner commits while it has its right: what has changed since was changed by its successor, who has the right now.
  if (disagreement !== undefined) return (await lease.committed())?.metadata === committed?.metadata ? disagreement : { kind: 'fenced' }
  const isAlive = last !== undefined && lease.lives(last.owner)
  const attempts = attemptsAfter(last, isAlive)
  const positions = await positionsOf(deps, partition, last?.positions ?? new Map())
  const tip = new JournalTip(deps, lease, { ...(last ?? firstRecord(deps, end)), attempts, positions }, end)
  // A lease only carries the suspect on: whoever wrote it has not named it.
  const suspicion = new Suspicion(last ?? NO_SUSPECTS, isAlive && last.kind === 'suspect')
  await tip.write({ kind: 'lease', suspects: suspicion.carried })
  telemetry.probe('lease-committed', plan.group, partition)
  // Once for each owner: it may acquire several times before its isolation ends.
  if (isIsolated(attempts) && !(last !== undefined && last.owner === lease.owner && isIsolated(standingAttempts(last)))) telemetry.log('warn', isolationNotice(plan.group, partition, attempts))
  const parked = unfoldable ?? blamedEntity(suspicion)
  if (parked !== undefined) return park(deps, tip, states, partition, parked)
  // Who died before the first suspect may have died of what it folded.
  const isGuarded = isIsolated(attempts) && ((last?.kind === 'lease' && !isAlive) || suspicion.folding !== undefined)
  const place = { log, codec, plan, partition, states, telemetry, witness: deps.witness, tip: { last: tip.last, end: tip.end } }
  const recovery = isGuarded ? await inside(deps, 'alone', () => recover({ ...place, guard: guardOf(tip, suspicion, deps, last?.kind === 'suspect') })) : await inside(deps, 'together', () => recover(place))
  if (recovery.kind === 'history-gone') return recovery
  const parts = await partsOf(deps, lease, { recovery, tip, states, attempts, forced, suspicion })
  const unusable = await prepareModels(parts.memory.models, deps.models)
  return unusable === undefined ? { kind: 'live', parts, rebased: recovery.rebased } : { kind: 'again', reason: unusable }
}

/** Folding is stepping: whoever names what it folds does it alone in its process. */
async function inside<T>({ turnstile }: PartitionDeps, how: 'alone' | 'together', work: () => Promise<T>): Promise<T> {
  await (how === 'alone' ? turnstile.enterAlone() : turnstile.enter())
  try {
    return await work()
  } finally {
    if (how === 'alone') turnstile.leaveAlone()
    else turnstile.leave()
  }
}

function isolationNotice(group: string, partition: number, attempts: number): string {
  return `${group}/${partition}: isolated: ${attempts - 1} owners in a row died early; it takes one input at a time, each named in the journal before it runs, until ${CLEAN_COMMITS} batches have gone well`
}

/** What the journal of a new partition starts from. */
function firstRecord({ random, plan }: PartitionDeps, journalEnd: number): JournalRecord {
  return {
    v: 1, life: random.uuid(), epoch: 0, seq: -1, kind: 'release', code: plan.code, owner: '', attempts: 1, batches: 0, ...NO_SUSPECTS, nowMs: 0, inputs: [], positions: new Map(),
    floor: { seq: 0, offset: journalEnd }, stateFrom: 0, partitionFrom: 0, timers: [], watermarks: undefined, cut: undefined, verdicts: [], decisions: [], choices: [],
    drops: new Map(), saved: [], occupancy: new Map(), hash: 0, models: undefined, parked: [], tombstones: [],
  }
}

function blamedEntity(suspicion: Suspicion): Unfoldable | undefined {
  const { folding } = suspicion
  if (folding?.entity === undefined || !folding.isBlamed) return undefined
  const { entity, seq, isDecoding } = folding
  return { entity, seq, isUndecodable: isDecoding, failure: { class: 'crash', message: `the process died each time it ${isDecoding ? 'decoded the inputs of' : 'folded'} seq ${seq} for '${entity}'`, stage: 'recovery' } }
}

/** Takes the entity out; then everything begins again without it. */
async function park(deps: PartitionDeps, tip: JournalTip, states: StateStore, partition: number, unfoldable: Unfoldable): Promise<Acquired> {
  const survey = await surveyed({ log: deps.log, codec: deps.codec, plan: deps.plan, partition }, states, tip.last, tip.end, false)
  states.expect(tip.last.life, survey.marks, survey.starts)
  const refused = await parkUnfoldable(deps, tip, states, survey, partition, unfoldable)
  if (refused.length > 0) return { kind: 'again', reason: `the log refuses events of '${unfoldable.entity}' as those that are put aside`, atOnce: true, unfoldable: { ...unfoldable, tooLarge: new Set([...unfoldable.tooLarge ?? [], ...refused]) } }
  const reason = `'${unfoldable.entity}' is parked: ${unfoldable.failure.message}`
  deps.telemetry.log('warn', `${deps.plan.group}/${partition}: ${reason}`)
  return { kind: 'again', reason, atOnce: true }
}

/**
 * Q2: first the record is named; once a record is suspected, its entities one by one. All decode their inputs before one is folded: its fold decodes
 * those of the others. `gotThere`: what was folded before the suspect did no harm to the owner that named it last; one that died before it got there may
 * have died of that.
 */
function guardOf(tip: JournalTip, suspicion: Suspicion, { telemetry, plan }: PartitionDeps, gotThere: boolean): FoldGuard {
  const target = suspicion.folding
  const name = (suspect: FoldSuspect): Promise<void> => tip.write({ kind: 'suspect', suspects: suspicion.next(foldCause(suspect)) })
  return {
    before: async ({ seq }: JournalRecord, parts: FoldParts) => {
      if (target !== undefined && seq < target.seq && gotThere) return
      if (target?.seq === seq) {
        telemetry.log('warn', `${plan.group}: the process died while seq ${seq} was folded; looking for the entity that does it`)
        const entities = target.entity === undefined ? await parts.entities() : [target.entity]
        const isDecoded = target.entity !== undefined && !target.isDecoding
        for (const entity of isDecoded ? [] : entities) {
          await name({ seq, entity, isDecoding: true })
          await parts.decode(entity)
        }
        for (const entity of target.isDecoding ? [] : entities) {
          await name({ seq, entity, isDecoding: false })
          await parts.rehearse(entity)
        }
      }
      await name({ seq, entity: undefined, isDecoding: false })
    },
  }
}

interface Made {
  readonly recovery: Recovered
  readonly tip: JournalTip
  readonly states: StateStore
  readonly attempts: number
  readonly forced: ReadonlyMap<InputRef, Failure>
  readonly suspicion: Suspicion
}

async function partsOf(deps: PartitionDeps, lease: Lease, { recovery, tip, states, attempts, forced, suspicion }: Made): Promise<PartitionParts> {
  const { codec, plan, clock, log } = deps
  const { memory } = recovery
  const snapshots = new Snapshots(memory, codec, states, recovery.marks)
  const known = new Set(recovery.folded.map(({ seq }) => seq))
  for (const { seq, offset, turns, bytes } of recovery.folded) snapshots.journalled(seq, offset, turns, { ms: undefined, bytes })
  for (const { seq, offset } of tip.written) if (!known.has(seq)) snapshots.journalled(seq, offset, 0)
  Object.assign(memory, { seq: tip.last.seq, nowMs: tip.last.nowMs, epoch: tip.last.epoch, models: modelsOfLease(memory.models, plan.models) })
  // What the journal above the floor says about occupancy and bucket marks must reach the partition record before the floor may pass it.
  if (tip.last.seq > 0) snapshots.touchPartition(tip.last.floor.seq, clock.nowMs())
  const position = new Position(tip.last.positions)
  const stateEnd = await log.offsetsAt(plan.state, lease.partition, 'latest')
  const committer = new Committer(deps, lease, { memory, snapshots, position, states, attempts, journalEnd: tip.end, stateEnd, partitionFrom: tip.last.partitionFrom })
  suspicion.recovered()
  const crash: Failure = { class: 'crash', message: 'the process died each time it took this input', stage: 'step' }
  return {
    memory, position, snapshots, states, committer, attempts,
    forced: new Map([...forced, ...suspicion.blamed.map((cause): [InputRef, Failure] => [cause, crash])]),
    suspicion: isIsolated(attempts) ? suspicion : undefined,
  }
}

/** Today's inputs first, in their order (N1 of `renumber.ts`); what is no longer an input keeps its place. New ones begin at their start. */
async function positionsOf({ log, plan }: PartitionDeps, partition: number, journalled: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
  const positions = new Map<string, number>()
  for (const topic of plan.inputs) positions.set(topic, journalled.get(topic) ?? (await log.offsetsAt(topic, partition, 'earliest')))
  for (const [topic, next] of journalled) if (!positions.has(topic)) positions.set(topic, next)
  return positions
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
