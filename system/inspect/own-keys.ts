// Own keys: keyed reads for those who look at one entity: of its key and of its partition's own. Where the log has none, their newest records are found by
// reading the partition through. Holds nothing but these; what else is armed, which may be a lot, is not read.
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord } from '../protocol/record.ts'
import { equalBytes, utf8Encode } from '../protocol/utf8.ts'
import type { KeyedReads, Log } from '../ports/log.ts'
import { ARMED_HEADER } from '../partition/states.ts'
import { recordsIn } from './topic-records.ts'

/** Of other keys it says that there is nothing: for a look that loads the entity alone. */
export function ownKeys(log: Log, id: EntityId): KeyedReads {
  const own = utf8Encode(id)
  const read = log.keyed ?? scanned(log, [own, PARTITION_KEY])
  return {
    get: (topic, partition, keys) => read.get(topic, partition, keys),
    armed: async (topic, partition) => (await read.get(topic, partition, [own])).filter((record) => record !== undefined && headerOf(record.headers, ARMED_HEADER) !== undefined).map((record) => ({ ...(record as LogRecord), value: null })),
  }
}

function scanned(log: Log, wanted: readonly Uint8Array[]): Pick<KeyedReads, 'get'> {
  let found: Promise<readonly LogRecord[]> | undefined
  const newest = async (topic: string, partition: number): Promise<readonly LogRecord[]> => {
    const records: (LogRecord | undefined)[] = []
    for await (const record of recordsIn(log, topic, partition)) {
      const at = wanted.findIndex((key) => record.key !== null && equalBytes(key, record.key))
      if (at !== -1) records[at] = record.value === null ? undefined : record
    }
    return records.filter((record) => record !== undefined)
  }
  return {
    get: async (topic, partition, keys) => {
      const records = await (found ??= newest(topic, partition))
      return keys.map((key) => records.find((record) => record.key !== null && equalBytes(record.key, key)))
    },
  }
}
