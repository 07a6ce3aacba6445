// Resting: what is told of a partition by who reads its log and asks no owner.
import type { Tip } from '../inspect/tips.ts'
import { DURATION_BOUNDS_MS } from '../partition/durations.ts'
import type { DurationReport } from '../partition/durations.ts'
import { bounded } from '../partition/flow.ts'
import type { LiveFlow } from '../node/flow-answer.ts'
import type { PartitionLook } from '../node/partition-look.ts'
import type { FlowAnswer } from '../node/query-client.ts'
import type { Standing } from '../node/questions.ts'

const NO_TIMES: DurationReport = { counts: new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0), sumMs: 0, p50Ms: 0, p99Ms: 0 }

/** 'at rest' where nobody has it; 'elsewhere' where somebody may. */
export const stateOf = (tip: Tip | undefined, isAtRest: boolean): string => (isAtRest || tip?.last.kind === 'release' ? 'at rest' : 'elsewhere')

export function reasonOf(tip: Tip | undefined, isAtRest: boolean): string {
  if (!isAtRest && tip?.last.kind !== 'release') return 'whoever may run it is not asked'
  return tip === undefined || tip.last.kind === 'release' ? 'nothing runs it' : 'nothing runs it, and who ran it last ended before all was stored'
}

export const standingOf = (partition: number, { last: { life, epoch, seq } }: Tip): Standing => ({ partition, life, epoch, seq })

/** Nothing is counted. `tip` is undefined while the partition has not run yet, `lag` where it is not known. */
export function flowAtRest(partition: number, tip: Tip | undefined, lag: Pick<PartitionLook, 'sourceLag' | 'inboxLag'> | undefined, isAtRest: boolean): FlowAnswer {
  const [state, reason] = [stateOf(tip, isAtRest), tip === undefined ? 'it has not run yet' : reasonOf(tip, isAtRest)]
  if (tip === undefined) return { kind: 'flow', at: undefined, state, reason, owner: '', flow: undefined }
  const counts = [...tip.occupancy]
  const flow: LiveFlow = {
    since: tip.last.epoch, inputs: 0, outputs: 0, decisions: 0, batches: 0, drops: [], refused: [], refusedIn: [], taken: [], timed: [],
    commitMs: NO_TIMES, batchMs: NO_TIMES, delayMs: NO_TIMES, newestMs: undefined, watermarkMs: undefined,
    occupancy: bounded(counts), entities: counts.reduce((sum, [, count]) => sum + count, 0), parked: tip.parked.size,
    lag: lag === undefined ? undefined : { sources: lag.sourceLag, inbox: lag.inboxLag },
  }
  return { kind: 'flow', at: standingOf(partition, tip), state, reason, owner: '', flow }
}
