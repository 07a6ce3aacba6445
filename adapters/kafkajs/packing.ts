// Packs the records of a commit or an append into sends, one after the other.
//
// Owns: which record is in which send. What one record exceeds alone is refused before anything is sent.
//
// I8. No record is refused for its neighbours. What a topic takes may change at any time: it is asked for again before a record is refused for it.
import type { RecordMetadata } from 'kafkajs'
import { OperationError } from '../../system/protocol/failures.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Names } from '../../system/membership/names.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { Written } from '../../system/membership/visibility.ts'
import { encodedBytesMax } from '../kafka-format/record-writer.ts'
import { TopicList } from './messages.ts'
import type { TopicSettings, Topics } from './topics.ts'

export interface Refusal {
  readonly records: readonly number[]
  readonly reason: string
}

/** Each is a round trip, and holds up everything else while kafkajs encodes it. */
export const SEND_RECORDS_MAX = 2000
export const SEND_BYTES_MAX = 8 << 20
const BATCH_HEAD_BYTES = 61

export interface Placed {
  readonly index: number
  readonly record: OutRecord
  readonly onCluster: string
}

/** Sent as one request for each topic partition: its records of one are one batch. */
export class Send {
  readonly placed: readonly Placed[]

  constructor(placed: readonly Placed[]) {
    this.placed = placed
  }

  /** As the cluster calls them. */
  get topics(): readonly string[] {
    return [...new Set(this.placed.map(({ onCluster }) => onCluster))]
  }

  get topicMessages(): { readonly topic: string; readonly messages: TopicList }[] {
    const topics = new Map<string, TopicList>()
    for (const { record, onCluster } of this.placed) {
      let messages = topics.get(onCluster)
      if (messages === undefined) topics.set(onCluster, (messages = new TopicList()))
      messages.add(record)
    }
    return [...topics].map(([topic, messages]) => ({ topic, messages }))
  }

  /** One send for each topic partition. */
  split(): readonly Send[] {
    return [...Map.groupBy(this.placed, ({ record, onCluster }) => `${onCluster}/${record.partition}`).values()].map((placed) => new Send(placed))
  }

  /** The same records, those of a topic partition one after the other. */
  byPartition(): Send {
    return new Send(this.split().flatMap(({ placed }) => placed))
  }

  /** Of at least two records. */
  halves(): readonly [Send, Send] {
    const middle = this.placed.length >> 1
    return [new Send(this.placed.slice(0, middle)), new Send(this.placed.slice(middle))]
  }

  /** Notes where its records stand, by their indexes. Throws when some were not written. */
  note(answer: readonly RecordMetadata[], offsets: number[]): void {
    const cursors = answer.map(({ topicName, partition, baseOffset }) => ({ topicName, partition, next: Number(baseOffset ?? -1) }))
    let cursor = cursors[0]
    for (const { index, record, onCluster } of this.placed) {
      // Mostly that of the record before.
      if (cursor?.topicName !== onCluster || cursor.partition !== record.partition) cursor = cursors.find(({ topicName, partition }) => topicName === onCluster && partition === record.partition)
      // kafkajs passes over, without a word, records of a partition that its metadata does not have yet.
      if (cursor === undefined) throw new OperationError('kafka/partition', `partition ${record.partition} of ${onCluster} was not written to: it is not known yet`)
      offsets[index] = cursor.next
      if (cursor.next >= 0) cursor.next += 1
    }
  }
}

/** Where each partition ends that was written to. */
export function writtenBy(sends: readonly Send[], offsets: readonly number[]): readonly Written[] {
  const written: { topic: string; partition: number; end: number }[] = []
  let last: (typeof written)[number] | undefined
  for (const { placed } of sends) {
    for (const { index, record: { partition }, onCluster } of placed) {
      if (last?.topic !== onCluster || last.partition !== partition) last = written.find((one) => one.topic === onCluster && one.partition === partition)
      if (last === undefined) written.push((last = { topic: onCluster, partition, end: 0 }))
      last.end = (offsets[index] ?? -1) + 1
    }
  }
  return written
}

export class Packer {
  readonly #topics: Topics
  readonly #names: Names
  readonly #recordBytesMax: number
  readonly #known = new Map<string, TopicSettings & { readonly onCluster: string }>()

  constructor(topics: Topics, names: Names, recordBytesMax: number) {
    this.#topics = topics
    this.#names = names
    this.#recordBytesMax = recordBytesMax
  }

  /** Which records can never be written; undefined when all can. `isAnew`: by what the topics take now. Throws `topic/unknown`. */
  async refused(records: readonly OutRecord[], isAnew = false): Promise<Refusal | undefined> {
    const refused: number[] = []
    const learned = new Set<string>()
    let reason = ''
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as OutRecord
      let settings = this.#known.get(record.topic)
      // It may have grown.
      if (settings === undefined || record.partition >= settings.partitions || (isAnew && !learned.has(record.topic))) {
        settings = await this.#learn(record.topic, record.partition, isAnew)
        if (isAnew) learned.add(record.topic)
      }
      let why = this.#whyNot(record, settings)
      if (why !== undefined && !learned.has(record.topic)) {
        why = this.#whyNot(record, await this.#learn(record.topic, record.partition, true))
        learned.add(record.topic)
      }
      if (why === undefined) continue
      refused.push(index)
      if (reason === '') reason = why
    }
    return refused.length === 0 ? undefined : { records: refused, reason }
  }

  /** What is to be said, by what the topics take now, of a send of these records that was refused; undefined: nothing. */
  async judge(records: readonly OutRecord[], send: Send): Promise<Refusal | 'crowded' | undefined> {
    const refused = await this.refused(records, true).catch(() => undefined)
    if (refused !== undefined) return refused
    return this.#fits(send.placed.map(({ record }) => record)) ? undefined : 'crowded'
  }

  /** Of records that are not refused; at most so many in a send. */
  pack(records: readonly OutRecord[], recordsMax = SEND_RECORDS_MAX): readonly Send[] {
    const sends: Send[] = []
    let placed: Placed[] = []
    let bytes = 0
    let bytesMax = SEND_BYTES_MAX
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as OutRecord
      const { onCluster, batchBytesMax } = this.#settings(record.topic)
      const size = encodedBytesMax(record)
      if (placed.length > 0 && (placed.length === recordsMax || bytes + size > Math.min(bytesMax, batchBytesMax))) {
        sends.push(new Send(placed))
        placed = []
        bytes = BATCH_HEAD_BYTES
        bytesMax = SEND_BYTES_MAX
      }
      placed.push({ index, record, onCluster })
      bytes += size
      bytesMax = Math.min(bytesMax, batchBytesMax)
    }
    if (placed.length > 0) sends.push(new Send(placed))
    return sends
  }

  /** All in one, so that the records of a partition are written together; undefined when that is more than a partition takes. */
  together(records: readonly OutRecord[]): Send | undefined {
    return this.#fits(records) ? new Send(records.map((record, index) => ({ index, record, onCluster: this.#settings(record.topic).onCluster }))) : undefined
  }

  /** True when no partition is sent more of them than it takes at once. */
  #fits(records: readonly OutRecord[]): boolean {
    const bytes = new Map<string, number>()
    for (const record of records) {
      const name = `${record.topic}/${record.partition}`
      const sum = (bytes.get(name) ?? BATCH_HEAD_BYTES) + encodedBytesMax(record)
      if (sum > Math.min(this.#settings(record.topic).batchBytesMax, SEND_BYTES_MAX) && bytes.has(name)) return false
      bytes.set(name, sum)
    }
    return true
  }

  #whyNot(record: OutRecord, { cleanup, batchBytesMax }: TopicSettings): string | undefined {
    const bytes = recordBytes(record)
    if (bytes > this.#recordBytesMax) return `a record of ${bytes} bytes for ${record.topic}; the limit is ${this.#recordBytesMax}`
    if (BATCH_HEAD_BYTES + encodedBytesMax(record) > batchBytesMax) return `a record of ${bytes} bytes for ${record.topic}, whose max.message.bytes is ${batchBytesMax}`
    return record.key === null && cleanup === 'compact' ? `a record without key for the compacted topic ${record.topic}` : undefined
  }

  #settings(topic: string): TopicSettings & { readonly onCluster: string } {
    return this.#known.get(topic) as TopicSettings & { readonly onCluster: string }
  }

  /** Throws `topic/unknown`. */
  async #learn(topic: string, partition: number, isAnew: boolean): Promise<TopicSettings & { readonly onCluster: string }> {
    await this.#topics.assertPartition(topic, partition)
    const known = { ...(await this.#topics.settings(topic, isAnew)), onCluster: this.#names.of(topic) }
    this.#known.set(topic, known)
    return known
  }
}
