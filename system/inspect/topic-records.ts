// Topic records: one partition of a topic from its first record to its end as of now.
import type { LogRecord } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import { assertShown } from '../partition/range-reading.ts'

const READ = { recordsMax: 1000, bytesMax: 8 << 20 }

/** In offset order; what is appended meanwhile is left out. Throws Unreachable while the log shows less than it has. */
export async function* recordsIn(log: Log, topic: string, partition: number): AsyncGenerator<LogRecord> {
  const end = await log.offsetsAt(topic, partition, 'latest')
  for (let at = await log.offsetsAt(topic, partition, 'earliest'); at < end;) {
    const range = await log.read(topic, partition, at, end, READ)
    yield* range.records
    if (range.to <= at) return await assertShown(log, topic, partition, at)
    at = range.to
  }
}
