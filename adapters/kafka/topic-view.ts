// Topic view: who leads the partitions of a topic, as far as is known.
import type { metadataV12 } from './topic-requests.ts'

export interface TopicView {
  readonly id: string
  /** Leader by partition index; -1 while there is none. */
  readonly leaders: readonly number[]
  /** Grows with every change of the leader. */
  readonly epochs: readonly number[]
  readonly replicas: number
}

type MetadataTopic = Awaited<ReturnType<typeof metadataV12>>['topics'][number]

/** The newer of both, partition by partition. They are only ever added: who tells of fewer has not heard of the rest. */
export function viewOf({ topicId, partitions }: MetadataTopic, before: TopicView | undefined): TopicView {
  const known = before?.id === topicId ? before : undefined
  const count = Math.max(partitions.length, known?.leaders.length ?? 0)
  const leaders = Array.from({ length: count }, (_, index) => known?.leaders[index] ?? -1)
  const epochs = Array.from({ length: count }, (_, index) => known?.epochs[index] ?? -1)
  for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
    if (leaderEpoch < (epochs[partitionIndex] ?? -1)) continue
    leaders[partitionIndex] = leaderId
    epochs[partitionIndex] = leaderEpoch
  }
  return { id: topicId, leaders, epochs, replicas: partitions[0]?.replicaNodes.length ?? 0 }
}
