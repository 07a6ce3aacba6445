// Draining: the orderly end of a live partition. Writes what is dirty, within a bound, and always commits `release`, where the log takes it in time.
import type { Lease } from '../ports/log.ts'
import type { PartitionParts } from './parts.ts'
import type { PartitionDeps } from './deps.ts'
import type { JournalKind } from './journal.ts'

/**
 * True when a stop has lasted for twice `drainMsMax`, or for once that since it was hurried; false when `over` aborts before. A log that is away keeps a commit
 * for as long as it likes.
 */
export async function isOverdue({ clock, settings: { drainMsMax }, hurry }: PartitionDeps, over: AbortSignal): Promise<boolean> {
  const untilMs = clock.monotonicMs() + 2 * drainMsMax
  await clock.sleep(2 * drainMsMax, hurry === undefined ? over : AbortSignal.any([over, hurry]))
  await clock.sleep(Math.min(drainMsMax, untilMs - clock.monotonicMs()), over)
  return !over.aborted
}

/** Writes dirty states until none is left, the time is up or it is hurried, then the release record; waits for cache writes in flight. */
export async function drain(deps: PartitionDeps, lease: Lease, parts: PartitionParts, untilMs: number): Promise<void> {
  const { clock, telemetry, plan } = deps
  while (!parts.snapshots.isClean && clock.monotonicMs() < untilMs && deps.hurry?.aborted !== true) {
    telemetry.probe('drain-states', plan.group, lease.partition)
    const left = parts.memory.entities.dirtyCount
    if (!(await commit(deps, parts, 'states'))) return
    // What is left cannot be stored.
    if (left > 0 && parts.memory.entities.dirtyCount === left) break
  }
  telemetry.probe('before-release', plan.group, lease.partition)
  await commit(deps, parts, 'release')
  await parts.states.flush()
}

/** False: the commit was not done, and draining ends here; the next owner recovers. */
async function commit(deps: PartitionDeps, parts: PartitionParts, kind: JournalKind): Promise<boolean> {
  const { memory, committer } = parts
  const nowMs = Math.max(deps.clock.nowMs(), memory.nowMs)
  const pace = kind === 'release' ? 'release' : 'drain'
  const result = await committer.commit({ kind, seq: memory.seq + 1, nowMs, batch: undefined, inputs: [], watermarks: memory.watermarks?.save() ?? [], models: memory.models, idle: false, pace })
  if (result.kind !== 'done') {
    deps.telemetry.log('warn', `draining ${deps.plan.group}: the ${kind} commit ended as ${result.kind}`)
    return false
  }
  return true
}
