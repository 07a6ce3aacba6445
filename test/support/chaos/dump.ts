// Dump: everything a log holds, as plain data, read through the log port or by a reader from outside. What the checker judges, and what mutation tests damage.
import type { Log } from '../../../system/ports/log.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'

export interface CommittedDump {
  readonly positions: ReadonlyMap<string, number>
  readonly metadata: string
}

export interface LogDump {
  /** Topic -> partition -> records in offset order. Compacted topics: the newest of each key. */
  readonly topics: ReadonlyMap<string, readonly (readonly LogRecord[])[]>
  /** `<group>/<partition>` -> what is committed. */
  readonly committed: ReadonlyMap<string, CommittedDump>
}

/** Of records in offset order those with from <= offset < to. There may be offsets without records. */
export function recordsBetween(records: readonly LogRecord[], from: number, to: number): readonly LogRecord[] {
  return records.slice(firstAt(records, from), firstAt(records, to))
}

function firstAt(records: readonly LogRecord[], offset: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((records[middle]?.offset ?? Infinity) < offset) low = middle + 1
    else high = middle
  }
  return low
}

export interface GroupTopics {
  readonly group: string
  readonly topics: readonly string[]
  readonly metadataTopic: string
}

/** The committed records of every partition of a topic, in offset order. */
export type TopicReader = (topic: string, partitions: number) => Promise<readonly (readonly LogRecord[])[]>

/** Reads all of it; records by `reader`, if one is given. Nobody may write meanwhile; the groups must have no other member. */
export async function dumpLog(log: Log, groups: readonly GroupTopics[], reader: TopicReader = readerOf(log)): Promise<LogDump> {
  const topics = new Map<string, readonly (readonly LogRecord[])[]>()
  for (const { name, partitions, cleanup } of await log.topics()) {
    const found = await reader(name, partitions)
    topics.set(name, cleanup === 'compact' ? found.map(newest) : found)
  }
  const committed = new Map<string, CommittedDump>()
  for (const group of groups) {
    const partitions = topics.get(group.metadataTopic)?.length ?? 0
    for (const [partition, found] of await committedOf(log, group, partitions)) committed.set(`${group.group}/${partition}`, found)
  }
  return { topics, committed }
}

const readerOf = (log: Log): TopicReader => (topic, partitions) => Promise.all(Array.from({ length: partitions }, (_, partition) => readAll(log, topic, partition)))

/** A cluster compacts when it likes. */
function newest(records: readonly LogRecord[]): readonly LogRecord[] {
  const last = new Map(records.map((record) => [String(record.key), record.offset]))
  return records.filter(({ key, offset }) => last.get(String(key)) === offset)
}

async function readAll(log: Log, topic: string, partition: number): Promise<readonly LogRecord[]> {
  const end = await log.offsetsAt(topic, partition, 'latest')
  const records: LogRecord[] = []
  for (let from = await log.offsetsAt(topic, partition, 'earliest'); from < end; ) {
    const range = await log.read(topic, partition, from, end, { recordsMax: 10_000, bytesMax: 16 << 20 })
    records.push(...range.records)
    from = range.to
  }
  return records
}

/** Positions are read as an owner reads them: after fencing. */
async function committedOf(log: Log, group: GroupTopics, partitions: number): Promise<ReadonlyMap<number, CommittedDump>> {
  const found = new Map<number, CommittedDump>()
  const all = Promise.withResolvers<void>()
  const member = await log.join(group, {
    assigned: (lease) => void lease.fence().then(() => lease.committed()).then((committed) => {
      found.set(lease.partition, committed ?? { positions: new Map(), metadata: '' })
      if (found.size === partitions) all.resolve()
    }),
  })
  if (partitions > 0) await all.promise
  await member.leave()
  return found
}
