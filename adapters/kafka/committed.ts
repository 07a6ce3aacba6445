// What a group has committed for a partition index: positions of its topics, and the metadata on one of them.
import type { Committed, Membership as Reading } from '../../system/ports/log.ts'
import { codeOf } from './codes.ts'
import { explained } from './cluster.ts'
import type { Cluster, Effort } from './cluster.ts'
import { read } from '../../system/membership/metadata.ts'
import type { Names } from '../../system/membership/names.ts'
import { offsetFetchV9 } from './wire.ts'
import type { Connection } from './wire.ts'

interface Asked {
  readonly name: string
  readonly partitionIndexes: number[]
}

/** Waits for transactions that are ending. Null when nothing was ever committed. */
export async function readCommitted(cluster: Cluster, names: Names, reading: Reading, partition: number, use: string, effort: Effort): Promise<Committed | null> {
  const group = names.of(reading.group)
  const topics = reading.topics.map((topic) => ({ name: names.of(topic), partitionIndexes: [partition] }))
  const { groups } = await cluster.atCoordinator('group', group, use, (connection) => fetched(connection, group, topics), effort)
  const positions = new Map<string, number>()
  let metadata = ''
  for (const { name, partitions } of groups[0]?.topics ?? []) {
    const topic = names.shown(name)
    const found = partitions[0]
    if (topic === undefined || found === undefined || found.committedOffset < 0n) continue
    const { text, isPosition } = read(found.metadata ?? '')
    if (topic === reading.metadataTopic) metadata = text
    if (isPosition) positions.set(topic, Number(found.committedOffset))
  }
  return positions.size === 0 && metadata === '' ? null : { positions, metadata }
}

/** One topic that may not be read fails the whole request, unnamed: each is asked for alone then. */
async function fetched(connection: Connection, groupId: string, topics: Asked[]): ReturnType<typeof offsetFetchV9.api.async> {
  try {
    return await offsetFetchV9.api.async(connection, [{ groupId, memberId: null, memberEpoch: -1, topics }], true)
  } catch (thrown) {
    const [first] = topics
    if (codeOf(thrown) !== 'TOPIC_AUTHORIZATION_FAILED' || first === undefined) throw thrown
    if (topics.length === 1) throw explained(thrown, `topic '${first.name}'`)
    for (const topic of topics) await fetched(connection, groupId, [topic])
    throw thrown
  }
}
