// Outputs: what a finished run wrote, read back for its scenario.
import { OperationError } from '../../system/protocol/failures.ts'
import { utf8Decode } from '../../system/protocol/utf8.ts'
import type { LogRecord } from '../../system/protocol/record.ts'
import type { Log } from '../../system/ports/log.ts'
import type { OutputReader } from '../../system/authoring/scenario.ts'

const READ = { recordsMax: 2000, bytesMax: 8 << 20 }

/** Every record of a topic, in partition and offset order. */
export async function* recordsOf(log: Log, topic: string): AsyncGenerator<{ readonly partition: number; readonly record: LogRecord }> {
  const spec = (await log.topics()).find(({ name }) => name === topic)
  if (spec === undefined) throw new OperationError('topic/unknown', `there is no topic '${topic}'`)
  for (let partition = 0; partition < spec.partitions; partition += 1) {
    const end = await log.offsetsAt(topic, partition, 'latest')
    for (let at = await log.offsetsAt(topic, partition, 'earliest'); at < end;) {
      const range = await log.read(topic, partition, at, end, READ)
      for (const record of range.records) yield { partition, record }
      if (range.to <= at) break
      at = range.to
    }
  }
}

export function outputReader(log: Log): OutputReader {
  return {
    async *outputs(topic) {
      for await (const { partition, record } of recordsOf(log, topic)) {
        const text = record.value === null ? undefined : utf8Decode(record.value)
        if (text === undefined) continue
        yield { key: (record.key === null ? undefined : utf8Decode(record.key)) ?? '', event: JSON.parse(text) as Record<string, unknown>, partition, offset: record.offset }
      }
    },
  }
}
