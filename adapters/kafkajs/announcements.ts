// Announcements of what a transaction writes to. kafkajs announces the partitions of each request for itself: a round trip and a write of the coordinator before each
// of them, and where two come at once the second is refused until the first is written.
//
// Owns: what transactional ids are about to write to, and what a coordinator has taken of the transaction under way.
//
// N1. Nothing counts as announced but what the coordinator has taken in this transaction, from this producer and epoch.
// N2. One announcement after the other; the first names all that its transaction is about to write to.
// N3. A partition that is refused is refused by itself: who writes to the others does not hear of it.
import { codeOf, isFenced, isNotYet } from './codes.ts'

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface Announcement {
  readonly transactionalId: string
  readonly producerId: number | string
  readonly producerEpoch: number
  readonly topics: readonly TopicPartitions[]
}

/** By transactional id. Two producers of one id in a process may announce each other's partitions: a transaction may name more than it writes to. */
const planned = new Map<string, readonly TopicPartitions[]>()

/** While `write` runs its first announcement names all of these. */
export async function announcing<T>(transactionalId: string, topics: readonly TopicPartitions[], write: () => Promise<T>): Promise<T> {
  planned.set(transactionalId, topics)
  try {
    return await write()
  } finally {
    if (planned.get(transactionalId) === topics) planned.delete(transactionalId)
  }
}

/** What one coordinator has taken, of one transactional id. */
export class Announced {
  readonly #tell: (announcement: Announcement) => Promise<unknown>
  readonly #taken = new Set<string>()
  #producer = ''
  #last: Promise<unknown> = Promise.resolve()

  constructor(tell: (announcement: Announcement) => Promise<unknown>) {
    this.#tell = tell
  }

  add(announcement: Announcement): Promise<void> {
    const done = this.#last.then(() => this.#add(announcement))
    this.#last = done.catch(() => undefined)
    return done
  }

  /** The transaction is about to end, or another one to begin. */
  over(): void {
    this.#taken.clear()
  }

  async #add(announcement: Announcement): Promise<void> {
    const producer = `${announcement.producerId} ${announcement.producerEpoch}`
    if (producer !== this.#producer) this.over()
    this.#producer = producer
    const missing = this.#untaken(announcement.topics)
    if (missing.length === 0) return
    const all = this.#untaken(merged([...announcement.topics, ...planned.get(announcement.transactionalId) ?? []]))
    try {
      await this.#take(announcement, all)
    } catch (thrown) {
      const code = codeOf(thrown)
      // N3. Another log in this process may plan what is not on this cluster.
      if ((isNotYet(code) && code !== 'UNKNOWN_TOPIC_OR_PARTITION') || isFenced(code) || count(all) === count(missing)) throw thrown
      await this.#take(announcement, missing)
    }
  }

  async #take(announcement: Announcement, topics: readonly TopicPartitions[]): Promise<void> {
    await this.#tell({ ...announcement, topics })
    for (const { topic, partitions } of topics) for (const partition of partitions) this.#taken.add(`${topic}/${partition}`)
  }

  #untaken(topics: readonly TopicPartitions[]): readonly TopicPartitions[] {
    return topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.filter((partition) => !this.#taken.has(`${topic}/${partition}`)) })).filter(({ partitions }) => partitions.length > 0)
  }
}

function merged(topics: readonly TopicPartitions[]): readonly TopicPartitions[] {
  const found = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) found.set(topic, new Set([...(found.get(topic) ?? []), ...partitions]))
  return [...found].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }))
}

const count = (topics: readonly TopicPartitions[]): number => topics.reduce((sum, { partitions }) => sum + partitions.length, 0)
