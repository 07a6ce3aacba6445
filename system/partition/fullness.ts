// Fullness: whether a poll took what a batch may hold, and whether more of the same is likely to wait behind it.
import type { RecordRange } from '../protocol/record.ts'
import { rangeBytes } from '../membership/poll.ts'
import type { PartitionSettings } from './deps.ts'

type Bounds = Pick<PartitionSettings, 'batchRecordsMax' | 'batchBytesMax'>

/** Waiting would not add to it. */
export function isFull(ranges: readonly RecordRange[], bounds: Bounds): boolean {
  return isFullOfRecords(ranges, bounds) || isFullOfBytes(ranges, bounds)
}

/** Many small records wait. Of large ones a few are much to fold again: a recovery is bounded by their number. */
export function isBacklog(ranges: readonly RecordRange[], bounds: Bounds): boolean {
  return isFullOfRecords(ranges, bounds) && !isFullOfBytes(ranges, bounds)
}

function isFullOfRecords(ranges: readonly RecordRange[], { batchRecordsMax }: Bounds): boolean {
  return ranges.reduce((sum, { records }) => sum + records.length, 0) >= batchRecordsMax
}

/** Of all their records. */
export function bytesOf(ranges: readonly RecordRange[]): number {
  return ranges.reduce((sum, range) => sum + rangeBytes(range), 0)
}

/** A poll that reached its bound in bytes ends somewhere below it. */
function isFullOfBytes(ranges: readonly RecordRange[], { batchBytesMax }: Bounds): boolean {
  return 2 * bytesOf(ranges) >= batchBytesMax
}
