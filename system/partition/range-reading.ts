// Range reading: the records of a range that must be there, and of a journalled one, checked against what the journal says of them (V2).
//
// W1. That a log shows less than it has (a leader that has just taken over, markers that still travel) is no end: whoever reads waits for it.
import { Unreachable } from '../protocol/failures.ts'
import { BATCH_BYTES_MAX } from '../protocol/limits.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import { rangeOf } from './arrivals.ts'
import type { InputRange, JournalRecord } from './journal.ts'

/** History that recovery needs is not there any more, or is not what it was. */
export class Gone extends TypeError {
  override readonly name = 'Gone'
}

/** What a log shows ends before what it said to have. */
export class Hidden extends Unreachable {
  constructor(topic: string, partition: number, at: number, end: number) {
    super('log/unreachable', `topic ${topic}, partition ${partition} can only be read up to offset ${at} now, and has records up to ${end}`)
  }
}

const PIECE = { recordsMax: 2000, bytesMax: BATCH_BYTES_MAX }

/** In pieces, up to what the log said to be its end, or what was written there. Ends early only where the records were removed. Throws Hidden (W1). */
export async function* recordsUpTo(log: Log, topic: string, partition: number, from: number, end: number): AsyncGenerator<readonly LogRecord[]> {
  for (let at = from; at < end;) {
    const range = await log.read(topic, partition, at, end, PIECE)
    yield range.records
    if (range.to <= at && (await log.offsetsAt(topic, partition, 'earliest')) > at) return
    if (range.to <= at) throw new Hidden(topic, partition, at, end)
    at = range.to
  }
}

/** For whoever read nothing at an offset. Throws Hidden where the log has what stands there (W1). */
export async function assertShown(log: Log, topic: string, partition: number, offset: number): Promise<void> {
  const [start, end] = await Promise.all([log.offsetsAt(topic, partition, 'earliest'), log.offsetsAt(topic, partition, 'latest')])
  if (start <= offset && offset < end) throw new Hidden(topic, partition, offset, end)
}

/** Throws Gone when records are missing or were changed, Hidden while they cannot be read (W1). */
export async function readRange(log: Log, partition: number, range: InputRange): Promise<RecordRange> {
  const records: LogRecord[] = []
  for (let from = range.from; from < range.to; ) {
    const read = await log.read(range.topic, partition, from, range.to, { recordsMax: 10_000, bytesMax: BATCH_BYTES_MAX })
    records.push(...read.records)
    if (read.to <= from) {
      await assertShown(log, range.topic, partition, from)
      break
    }
    from = read.to
  }
  const found = rangeOf(range.topic, range.from, range.to, records)
  if (found.n !== range.n || found.sum !== range.sum) {
    throw new Gone(`topic ${range.topic}, partition ${partition}, offsets ${range.from}..${range.to - 1}: ${found.n} of ${range.n} inputs are left${found.n === range.n ? ', and they were changed' : ''}. Restore them, or restore the data from a backup.`)
  }
  return { topic: range.topic, partition, from: range.from, to: range.to, records }
}

/** All inputs of a journal record. Throws Gone. */
export function rangesOf(log: Log, partition: number, { inputs }: JournalRecord): Promise<readonly RecordRange[]> {
  return Promise.all(inputs.map((range) => readRange(log, partition, range)))
}
