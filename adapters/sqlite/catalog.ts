// Which topics there are and the number (`tp`) of each partition. Topics are never changed or removed, so what was read stays true.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { OperationError } from '../../system/protocol/failures.ts'
import type { TopicSpec } from '../../system/protocol/record.ts'

export interface CatalogTopic extends TopicSpec {
  /** `tp` of partition 0; the others follow. */
  readonly first: number
}

export class Catalog {
  readonly #all: StatementSync
  #topics = new Map<string, CatalogTopic>()

  constructor(db: DatabaseSync) {
    this.#all = db.prepare('SELECT name, partitions, cleanup, first FROM topics ORDER BY id')
  }

  /** Reads the list again: another process may have created topics. */
  all(): readonly CatalogTopic[] {
    const topics = this.#all.all().map((row): CatalogTopic => ({
      name: String(row['name']),
      partitions: Number(row['partitions']),
      cleanup: row['cleanup'] === 'compact' ? 'compact' : 'delete',
      first: Number(row['first']),
    }))
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]))
    return topics
  }

  topic(name: string): CatalogTopic | undefined {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    this.all()
    return this.#topics.get(name)
  }

  /** Undefined when there is no such partition. */
  find(name: string, partition: number): number | undefined {
    const topic = this.topic(name)
    if (topic === undefined || !Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) return undefined
    return topic.first + partition
  }

  /** Throws `topic/unknown`. */
  tp(name: string, partition: number): number {
    const tp = this.find(name, partition)
    if (tp === undefined) throw new OperationError('topic/unknown', `there is no partition ${partition} of topic ${name}: create the topic before using it`)
    return tp
  }
}
