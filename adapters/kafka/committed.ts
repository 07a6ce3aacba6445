// What a group has committed for a partition index: positions of its topics, and the metadata on one of them.
import type { Committed, Membership as Reading } from '../../system/ports/log.ts'
import type { Cluster, Effort } from './cluster.ts'
import { read } from '../../system/membership/metadata.ts'
import type { Names } from '../../system/membership/names.ts'
import { offsetFetchV9 } from './group-requests.ts'

/** Waits for transactions that are ending. Null when nothing was ever committed. */
export async function readCommitted(cluster: Cluster, names: Names, reading: Reading, partition: number, use: string, effort: Effort): Promise<Committed | null> {
  const group = names.of(reading.group)
  const topics = reading.topics.map((topic) => ({ name: names.of(topic), partitionIndexes: [partition] }))
  const { groups } = await cluster.atCoordinator('group', group, use, (connection) => offsetFetchV9(connection, [{ groupId: group, memberId: null, memberEpoch: -1, topics }], true), effort, { topics: topics.map(({ name }) => name) })
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
