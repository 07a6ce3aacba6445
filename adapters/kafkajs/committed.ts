// What a group has committed for a partition index: positions of its topics, and the metadata on one of them.
import type { Admin } from 'kafkajs'
import type { Committed, Membership as Reading } from '../../system/ports/log.ts'
import { read } from '../../system/membership/metadata.ts'
import type { Names } from '../../system/membership/names.ts'
import { codeOf, isForbidden, refusal } from './codes.ts'

/** Null when nothing was ever committed. Commits whose transaction is ending are seen when its markers have arrived. */
export async function readCommitted(admin: Admin, names: Names, reading: Reading, partition: number): Promise<Committed | null> {
  const [groupId, topics] = [names.of(reading.group), reading.topics.map((topic) => names.of(topic))]
  const found = await admin.fetchOffsets({ groupId, topics }).catch((thrown: unknown) => {
    throw isForbidden(codeOf(thrown)) ? refusal(thrown, { group: groupId, topics }) : thrown
  })
  const positions = new Map<string, number>()
  let metadata = ''
  for (const { topic: onCluster, partitions } of found) {
    const topic = names.shown(onCluster)
    const at = partitions.find((each) => each.partition === partition)
    if (topic === undefined || at === undefined || Number(at.offset) < 0) continue
    const { text, isPosition } = read(at.metadata ?? '')
    if (topic === reading.metadataTopic) metadata = text
    if (isPosition) positions.set(topic, Number(at.offset))
  }
  return positions.size === 0 && metadata === '' ? null : { positions, metadata }
}
