// Flow of a partition as it travels: what its owner answers to whoever looks at what goes through it, and how that is read.
//
// I12. Between two batches: committed state, and counts of what was committed since its owner has the lease.
// W1. What comes from outside is read to the last field: a number where a number belongs, no list longer than its bound.
import { FLOW_LABELS_MAX } from '../protocol/limits.ts'
import { within } from '../protocol/within.ts'
import { DURATION_BOUNDS_MS } from '../partition/durations.ts'
import { bounded } from '../partition/flow.ts'
import type { Counts, FlowReport } from '../partition/flow.ts'
import type { PartitionParts } from '../partition/parts.ts'
import type { Glance } from '../partition/partition.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { lagOf, positionsOf } from './partition-look.ts'

export interface Lag {
  readonly sources: number
  readonly inbox: number
}

/** What is known of a live partition. */
export interface LiveFlow extends FlowReport {
  readonly occupancy: Counts
  readonly entities: number
  readonly parked: number
  /** Undefined: the log has not told it in time. No older than LAG_MS, as long as the log answers. */
  readonly lag: Lag | undefined
  /** Undefined: the type has no watermark. */
  readonly watermarkMs: number | undefined
}

/** Looking up the ends of topics may ask brokers. */
const LAG_MS = 1000
const LAG_MS_MAX = 200

interface KnownLag {
  readonly atMs: number
  readonly lag: Lag | undefined
}

const lags = new WeakMap<PartitionParts, KnownLag>()

export async function liveFlow(log: Log, clock: Clock, plan: TypePlan, partition: number, { parts, flow, atRest }: Glance, isWatched: boolean): Promise<{ readonly epoch: number; readonly seq: number; readonly life: string; readonly flow: LiveFlow }> {
  if (isWatched) flow.watch(clock.monotonicMs())
  const lag = await recentLag(log, clock, plan, partition, parts)
  return atRest(() => {
    const { life, epoch, seq, occupancy, parked, watermarks } = parts.memory
    const counts = [...occupancy].filter(([, entities]) => entities > 0)
    const entities = counts.reduce((sum, [, count]) => sum + count, 0)
    return { life, epoch, seq, flow: { ...flow.report(), occupancy: bounded(counts), entities, parked: parked.size, lag, watermarkMs: watermarks?.committedMs } }
  })
}

/** The one known so far, while a newer one is looked up; nobody waits long for the first. */
async function recentLag(log: Log, clock: Clock, plan: TypePlan, partition: number, parts: PartitionParts): Promise<Lag | undefined> {
  const known = lags.get(parts)
  const nowMs = clock.monotonicMs()
  if (known !== undefined && nowMs - known.atMs < LAG_MS) return known.lag
  lags.set(parts, { atMs: nowMs, lag: known?.lag })
  const looked = lagOf(log, plan, partition, positionsOf(plan, parts)).then(({ sourceLag, inboxLag }): Lag | undefined => ({ sources: sourceLag, inbox: inboxLag }), () => undefined)
  const kept = looked.then((lag) => {
    lags.set(parts, { atMs: clock.monotonicMs(), lag })
    return lag
  })
  return known === undefined ? within(clock, kept, LAG_MS_MAX, () => undefined) : known.lag
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
const isListOf = (value: unknown, lengthMax: number, isOne: (one: unknown) => boolean): boolean => Array.isArray(value) && value.length <= lengthMax && value.every(isOne)
const isNamed = (value: unknown, ...rest: readonly ((one: unknown) => boolean)[]): boolean => Array.isArray(value) && value.length === rest.length + 1 && typeof value[0] === 'string' && rest.every((is, at) => is(value[at + 1]))
const isCounts = (value: unknown): boolean => isListOf(value, FLOW_LABELS_MAX, (one) => isNamed(one, isCount))
const isMaybe = (value: unknown, is: (one: unknown) => boolean): boolean => value === undefined || is(value)

/** W1. Undefined: it is none. */
export function parseLiveFlow(value: unknown): LiveFlow | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const flow = value as { readonly [K in keyof LiveFlow]?: unknown }
  const isRight = [flow.since, flow.inputs, flow.outputs, flow.decisions, flow.batches, flow.entities, flow.parked].every(isCount)
    && [flow.drops, flow.refused, flow.taken, flow.occupancy].every(isCounts)
    && isListOf(flow.refusedIn, FLOW_LABELS_MAX, (one) => isNamed(one, isCounts))
    && isListOf(flow.timed, FLOW_LABELS_MAX, (one) => isNamed(one, isCount, isCount))
    && [flow.commitMs, flow.batchMs, flow.delayMs].every(isDurations)
    && isMaybe(flow.newestMs, Number.isFinite) && isMaybe(flow.watermarkMs, (one) => typeof one === 'number') && isMaybe(flow.lag, isLag)
  return isRight ? value as LiveFlow : undefined
}

function isDurations(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { counts, sumMs, p50Ms, p99Ms } = value as { readonly [K in keyof LiveFlow['commitMs']]?: unknown }
  return Array.isArray(counts) && counts.length === DURATION_BOUNDS_MS.length + 1 && [...counts as unknown[], sumMs, p50Ms, p99Ms].every(isCount)
}

function isLag(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { sources, inbox } = value as { readonly [K in keyof Lag]?: unknown }
  return [sources, inbox].every((one) => typeof one === 'number' && Number.isSafeInteger(one))
}
