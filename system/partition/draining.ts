// Draining: the orderly end of a live partition. Writes what is dirty, within a bound, and always commits `release`.
import type { Lease } from '../ports/log.ts'
import type { PartitionParts } from './parts.ts'
import type { PartitionDeps } from './deps.ts'
import type { JournalKind } from './journal.ts'

/** Writes dirty states until none is left, the time is up or it is hurried, then the release record; waits for cache writes in flight. */
export async function drain(deps: PartitionDeps, lease: Lease, parts: PartitionParts): Promise<void> {
  const { clock, telemetry, plan, settings } = deps
  const untilMs = clock.monotonicMs() + settings.drainMsMax
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
  const seq = memory.seq + 1
  const nowMs = Math.max(deps.clock.nowMs(), memory.nowMs)
  const pace = kind === 'release' ? 'release' : 'drain'
  const result = await committer.commit({ kind, seq, nowMs, batch: undefined, inputs: [], watermarks: memory.watermarks?.save() ?? [], models: memory.models, idle: false, pace })
  if (result.kind !== 'done') {
    deps.telemetry.log('warn', `draining ${deps.plan.group}: the ${kind} commit ended as ${result.kind}`)
    return false
  }
  memory.seq = seq
  memory.nowMs = nowMs
  return true
}
