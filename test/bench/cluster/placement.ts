// Placement: which brokers have what a partition of W1 needs: its topics, and the brokers' own ones that make their leaders coordinators.
//
// As brokers told it once; who leads changes with every kill.
import type { Admin } from 'kafkajs'
import { OUTPUT, SOURCE } from '../w1/system.ts'

/** Of the members of the group. */
export const NAME = 'failover'
export const GROUP = `${NAME}.account`
export const JOURNAL = `${GROUP}.journal`
/** What a commit writes. */
export const WRITTEN = [OUTPUT, JOURNAL, `${GROUP}.state`]

const OFFSETS = '__consumer_offsets'
const TRANSACTIONS = '__transaction_state'

interface Place {
  readonly leader: number
  /** Who leads first stands first. */
  readonly replicas: readonly number[]
}

export class Placement {
  /** By topic and partition. */
  readonly #places: ReadonlyMap<string, readonly Place[]>

  constructor(places: ReadonlyMap<string, readonly Place[]>) {
    this.#places = places
  }

  static async read(admin: Admin): Promise<Placement> {
    const { topics } = await admin.fetchTopicMetadata()
    return new Placement(new Map(topics.map(({ name, partitions }) => [name, partitions.toSorted((a, b) => a.partitionId - b.partitionId)])))
  }

  /** What of a partition a broker leads. */
  ledBy(node: number, partition: number): readonly string[] {
    const parts = [...[SOURCE, ...WRITTEN].map((topic) => [topic, topic, partition] as const), ['its group', OFFSETS, this.#slot(OFFSETS, GROUP)] as const, ['its transactions', TRANSACTIONS, this.#slot(TRANSACTIONS, idOf(partition))] as const]
    return parts.flatMap(([what, topic, at]) => (this.#places.get(topic)?.[at]?.leader === node ? [what] : []))
  }

  /** For a topic whose partitions are to be led by the same brokers at all times. */
  replicasOf(topic: string): { readonly partition: number; readonly replicas: number[] }[] {
    return (this.#places.get(topic) ?? []).map(({ replicas }, partition) => ({ partition, replicas: [...replicas] }))
  }

  /** Another group that the same broker coordinates at all times. */
  twinGroup(prefix: string): string {
    return this.#twin(OFFSETS, GROUP, prefix)
  }

  /** The same of a partition's transactional id. */
  twinId(prefix: string, partition: number): string {
    return this.#twin(TRANSACTIONS, idOf(partition), `${prefix}/${partition}`)
  }

  #twin(topic: string, key: string, prefix: string): string {
    const slot = this.#slot(topic, key)
    for (let n = 0; ; n += 1) if (this.#slot(topic, `${prefix}/${n}`) === slot) return `${prefix}/${n}`
  }

  /** As brokers choose it. */
  #slot(topic: string, key: string): number {
    const count = this.#places.get(topic)?.length
    if (count === undefined) throw new TypeError(`the brokers have no ${topic} yet`)
    return Math.abs([...key].reduce((hash, char) => (Math.imul(hash, 31) + char.charCodeAt(0)) | 0, 0)) % count
  }
}

const idOf = (partition: number): string => `${GROUP.replace('.', '/')}/${partition}`
