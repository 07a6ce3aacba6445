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

/** Longer than brokers take to hear of what another one has heard. */
const OLDER_MS = 30_000

type MetadataTopic = Awaited<ReturnType<typeof metadataV12>>['topics'][number]

/** The newer of both, partition by partition. They are only ever added: who tells of fewer has not heard of the rest. */
function viewOf({ topicId, partitions }: MetadataTopic, before: TopicView | undefined): TopicView {
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

const isOlder = ({ topicId, partitions }: MetadataTopic, known: TopicView | undefined): boolean => known?.id === topicId && partitions.some(({ partitionIndex, leaderEpoch }) => leaderEpoch < (known.epochs[partitionIndex] ?? -1))

/** Who told it, who else may be asked, and when. */
export interface Telling {
  readonly by: string
  readonly all: readonly string[]
  readonly nowMs: number
}

/** What brokers tell in turn: one that is cut off tells less than the others. Where each of them does, and none tells more for OLDER_MS, the log went back, as after a restore: that counts then. */
export class Newest {
  /** By topic: since when, and who. */
  readonly #older = new Map<string, { readonly sinceMs: number; readonly by: Set<string> }>()

  of(told: MetadataTopic, known: TopicView | undefined, { by, all, nowMs }: Telling): TopicView {
    const name = told.name ?? ''
    if (!isOlder(told, known)) {
      this.#older.delete(name)
      return viewOf(told, known)
    }
    const older = this.#older.get(name) ?? { sinceMs: nowMs, by: new Set() }
    this.#older.set(name, older)
    older.by.add(by)
    if (nowMs - older.sinceMs < OLDER_MS || !all.every((broker) => older.by.has(broker))) return viewOf(told, known)
    this.#older.delete(name)
    return viewOf(told, undefined)
  }
}
