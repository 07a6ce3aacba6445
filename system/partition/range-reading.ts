// Range reading: the records of a journalled range, checked against what the journal says of them (V2).
import { BATCH_BYTES_MAX } from '../protocol/limits.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import { rangeOf } from './arrivals.ts'
import type { InputRange, JournalRecord } from './journal.ts'

/** History that recovery needs is not there any more, or is not what it was. */
export class Gone extends TypeError {
  override readonly name = 'Gone'
}

/** Throws Gone when records are missing or were changed. */
export async function readRange(log: Log, partition: number, range: InputRange): Promise<RecordRange> {
  const records: LogRecord[] = []
  for (let from = range.from; from < range.to; ) {
    const read = await log.read(range.topic, partition, from, range.to, { recordsMax: 10_000, bytesMax: BATCH_BYTES_MAX })
    records.push(...read.records)
    if (read.to <= from) break
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
