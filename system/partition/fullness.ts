// Fullness: what a batch may hold, whether a poll took that, and whether more of the same is likely to wait behind it.
import { BATCH_ENTITY_BYTES_MAX, BATCH_UNKNOWN_MAX } from '../protocol/limits.ts'
import type { RecordRange } from '../protocol/record.ts'
import { rangeBytes } from '../membership/poll.ts'
import type { PartitionSettings } from './deps.ts'

export type BatchBounds = Pick<PartitionSettings, 'batchRecordsMax' | 'batchBytesMax' | 'releasesMax'>

type Bounds = Omit<BatchBounds, 'releasesMax'>

/** Of the next batch: what the settings say, but no more than what its entities may take in memory. `touchBytes`: what each of them meets, as those before tell. */
export function batchBounds({ batchRecordsMax, batchBytesMax, releasesMax }: BatchBounds, touchBytes: number | undefined): BatchBounds {
  const most = touchBytes === undefined ? BATCH_UNKNOWN_MAX : Math.max(1, Math.floor(BATCH_ENTITY_BYTES_MAX / touchBytes))
  return { batchRecordsMax: Math.min(batchRecordsMax, most), batchBytesMax, releasesMax: Math.min(releasesMax, most) }
}

/** Waiting would not add to it. */
export function isFull(ranges: readonly RecordRange[], bounds: Bounds): boolean {
  return isFullOfRecords(ranges, bounds) || isFullOfBytes(bytesOf(ranges), bounds)
}

/** Many small records wait. Of large ones a few are much to fold again: a recovery is bounded by their number. `bytes`: of all of them. */
export function isBacklog(ranges: readonly RecordRange[], bounds: Bounds, bytes = bytesOf(ranges)): boolean {
  return isFullOfRecords(ranges, bounds) && !isFullOfBytes(bytes, bounds)
}

function isFullOfRecords(ranges: readonly RecordRange[], { batchRecordsMax }: Bounds): boolean {
  return ranges.reduce((sum, { records }) => sum + records.length, 0) >= batchRecordsMax
}

/** Of all their records. */
export function bytesOf(ranges: readonly RecordRange[]): number {
  return ranges.reduce((sum, range) => sum + rangeBytes(range), 0)
}

/** A poll that reached its bound in bytes ends somewhere below it. */
function isFullOfBytes(bytes: number, { batchBytesMax }: Bounds): boolean {
  return 2 * bytes >= batchBytesMax
}
