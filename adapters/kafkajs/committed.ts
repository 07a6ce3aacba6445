// What a group has committed for a partition index: positions of its topics, and the metadata on one of them. And what a commit is to say of it.
import type { Admin } from 'kafkajs'
import type { CommitBatch, Committed, Membership as Reading } from '../../system/ports/log.ts'
import { carried, read } from '../../system/membership/metadata.ts'
import type { Names } from '../../system/membership/names.ts'
import { codeOf, isForbidden, refusal } from './codes.ts'
import type { OffsetToCommit } from './transaction-plan.ts'

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

/** `metadataAt`: the committed offset of the topic that carries the metadata, where it has one. */
export function offsetsOf({ positions, metadata }: CommitBatch, names: Names, { metadataTopic }: Reading, metadataAt: number | undefined): readonly OffsetToCommit[] {
  const offsets: OffsetToCommit[] = []
  for (const [topic, offset] of positions) offsets.push({ topic: names.of(topic), offset, metadata: topic === metadataTopic ? metadata : '' })
  if (!positions.has(metadataTopic) && metadata !== '') offsets.push({ topic: names.of(metadataTopic), offset: metadataAt ?? 0, metadata: metadataAt === undefined ? carried(metadata) : metadata })
  return offsets
}

/** `offsets`: of each record. Behind the last ones of the owner's own partition, by topic. */
export function endsOf({ records }: CommitBatch, partition: number, offsets: readonly number[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>()
  for (const [index, record] of records.entries()) if (record.partition === partition) ends.set(record.topic, (offsets[index] ?? -1) + 1)
  return ends
}

/** Whether the group says what such a commit said. */
export function shows(committed: Committed | null, said: readonly OffsetToCommit[], names: Names, { metadataTopic }: Reading): boolean {
  const metadata = committed?.metadata ?? ''
  return said.every((one) => {
    const topic = names.shown(one.topic) ?? ''
    if (topic === metadataTopic && one.metadata !== carried(metadata) && one.metadata !== metadata) return false
    return committed?.positions.get(topic) === one.offset || one.metadata === carried(metadata)
  })
}

/** In words that change with every commit of another owner. */
export const witnessOf = (committed: Committed | null): string => JSON.stringify([committed?.metadata ?? '', [...committed?.positions ?? []].sort()])
