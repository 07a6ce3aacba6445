// Variant: the numbers that a workload, its sources and its checker share. Plain data, so that the checker needs nothing of the runtime.

export interface Variant {
  /** Processing-time timers and order of arrival, or event-time timers and order of event time. */
  readonly time: 'processing' | 'event'
  readonly partitions: number
  readonly outOfOrderMs: number
  readonly keepStoppedMs: number
  readonly snapshotEveryMs: number
  readonly dedup: { readonly count: number; readonly withinMs: number }
  /** Memory for entities; undefined: the runtime's own bound. */
  readonly entityBytesMax?: number
  /** Releases per batch, where the runtime's own bound is lowered. */
  readonly releasesMax?: number
  /** The log may refuse records for good: such verdicts are taken from the journal. */
  readonly refusals?: boolean
}

const COMMON = { partitions: 4, snapshotEveryMs: 1000, dedup: { count: 12, withinMs: 20_000 } }

export const PROCESSING: Variant = { ...COMMON, time: 'processing', outOfOrderMs: 0, keepStoppedMs: 20_000 }
export const EVENT: Variant = { ...COMMON, time: 'event', outOfOrderMs: 500, keepStoppedMs: 20_000, releasesMax: 40 }
