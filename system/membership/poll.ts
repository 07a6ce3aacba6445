// How one poll is shared among topics, for drivers that can read each of them at once.
import type { LogRecord, OutRecord, RecordRange } from '../protocol/record.ts'
import type { PollRequest } from '../ports/log.ts'

/** What a record counts against a limit in bytes: key, value and headers. */
export function recordBytes(record: OutRecord | LogRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const [name, value] of record.headers) bytes += name.length + value.length
  return bytes
}

export type RangeReader = (topic: string, from: number, recordsMax: number, bytesMax: number) => RecordRange

/**
 * Ranges with records, none larger than its topic's share of what is left; what a topic leaves goes to the later ones.
 * `turn` says which topic comes first: counting it up keeps one from starving the rest. The first record is taken however large.
 */
export function pollInTurn(request: PollRequest, turn: number, read: RangeReader): RecordRange[] {
  const ranges: RecordRange[] = []
  const topics = [...request.from]
  let { recordsMax, bytesMax } = request
  for (let at = 0; at < topics.length; at += 1) {
    const [topic, from] = topics[(at + turn) % topics.length] ?? ['', 0]
    const shares = topics.length - at
    if (recordsMax <= 0 || (ranges.length > 0 && bytesMax <= 0)) break
    const range = read(topic, from, Math.ceil(recordsMax / shares), Math.ceil(bytesMax / shares))
    if (range.records.length === 0) continue
    const bytes = range.records.reduce((sum, record) => sum + recordBytes(record), 0)
    // A range always holds one record: one that is too large for what is left waits for its topic's turn.
    if (ranges.length > 0 && bytes > bytesMax) continue
    ranges.push(range)
    recordsMax -= range.records.length
    bytesMax -= bytes
  }
  return ranges
}
