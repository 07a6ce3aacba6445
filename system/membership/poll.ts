// How one poll is shared among topics, for drivers that can read each of them at once.
import type { Header, LogRecord, OutRecord, RecordRange } from '../protocol/record.ts'
import type { PollRequest } from '../ports/log.ts'

/** What a record counts against a limit in bytes: key, value and headers. */
export function recordBytes(record: OutRecord | LogRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
  const { headers } = record
  for (let at = 0; at < headers.length; at += 1) {
    const [name, value] = headers[at] as Header
    bytes += name.length + value.length
  }
  return bytes
}

export type RangeReader = (topic: string, from: number, recordsMax: number, bytesMax: number) => RecordRange

/**
 * Ranges that get on: with records, or past offsets that hold none. Every topic may take its share of what is left; what all of them leave then goes to those that have more, so that a poll is
 * only smaller than it may be when nothing more is there. `turn` says which topic comes first: counting it up keeps one from starving the rest.
 * The first record is taken however large.
 */
export function pollInTurn(request: PollRequest, turn: number, read: RangeReader): RecordRange[] {
  const ranges: RecordRange[] = []
  const topics = [...request.from]
  let { recordsMax, bytesMax } = request
  /** Places in `ranges` whose topic may have more. */
  const cut: number[] = []
  for (let at = 0; at < topics.length; at += 1) {
    const [topic, from] = topics[(at + turn) % topics.length] ?? ['', 0]
    const shares = topics.length - at
    if (recordsMax <= 0 || (ranges.length > 0 && bytesMax <= 0)) break
    const recordsShare = Math.ceil(recordsMax / shares)
    const bytesShare = Math.ceil(bytesMax / shares)
    const range = read(topic, from, recordsShare, bytesShare)
    if (range.to === range.from) continue
    const bytes = rangeBytes(range)
    // A range always holds one record: one that is too large for what is left waits for its topic's turn.
    if (ranges.length > 0 && bytes > bytesMax) continue
    if (shares > 1 && (range.records.length === recordsShare || 2 * bytes > bytesShare)) cut.push(ranges.length)
    ranges.push(range)
    recordsMax -= range.records.length
    bytesMax -= bytes
  }
  for (const at of cut) {
    const first = ranges[at]
    if (first === undefined || recordsMax <= 0 || bytesMax <= 0) break
    const more = read(first.topic, first.to, recordsMax, bytesMax)
    const bytes = rangeBytes(more)
    if (more.records.length === 0 || bytes > bytesMax) continue
    ranges[at] = { ...first, to: more.to, records: first.records.concat(more.records) }
    recordsMax -= more.records.length
    bytesMax -= bytes
  }
  return ranges
}

export const rangeBytes = (range: RecordRange): number => range.records.reduce((sum, record) => sum + recordBytes(record), 0)
