// The records of a send as kafkajs takes them: written by ourselves, handed over in lists that answer what kafkajs asks of lists of messages.
//
// Owns: the bytes of the records. kafkajs makes an object with a buffer of its own of each record, which took a third of all time; puts messages into groups with
// the square of their number; and knows headers as an object, which has no order among names and no name twice in other places. Head and checksum of a batch are
// kafkajs' own. What it asks is said in `internals.ts`.
import type { Message } from 'kafkajs'
import type { OutRecord } from '../../system/protocol/record.ts'
import { RecordWriter } from '../kafka-format/record-writer.ts'

const CAPACITY_BYTES = 16 * 1024

/** kafkajs sorts times as texts, and takes the first for what the records' times are relative to. This list has them in their order. */
class Times extends Array<string> {
  override sort(): this {
    return this
  }
}

/**
 * The records of one topic partition. Its length is their number. kafkajs maps it to times, and then to encoders, of which it writes the bytes one behind the other:
 * that list has one encoder, with the bytes of all records, and holes.
 */
export class PartitionMessages extends Array<Message> {
  readonly #writer = new RecordWriter(0, CAPACITY_BYTES)
  readonly #partition: number
  /** How often their bytes were handed out: requests that were made of them. */
  requests = 0

  constructor(partition: number) {
    super()
    this.#partition = partition
  }

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  add(record: OutRecord): void {
    this.#writer.add(record)
    this.length = this.#writer.count
  }

  /** As a message: a batch of at least one record. */
  get head(): Message {
    return { key: null, value: null, partition: this.#partition, timestamp: String(this.#writer.firstMs) }
  }

  override map<T>(each: (message: Message, index: number, all: Message[]) => T): T[] {
    const made = each(this.head, 0, this)
    const { bytes, firstMs, lastMs } = this.#writer
    if (typeof made === 'string') return Times.of(String(firstMs), String(lastMs)) as unknown as T[]
    this.requests += 1
    const encoders: T[] = [{ buf: bytes, buffer: bytes } as T]
    encoders.length = this.length
    return encoders
  }
}

/** Messages of one topic: one for each partition. kafkajs groups them with the list's own `reduce`; the groups are at hand. */
export class TopicList extends Array<Message> {
  readonly #groups: Record<number, PartitionMessages> = {}

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  add(record: OutRecord): void {
    let group = this.#groups[record.partition]
    if (group === undefined) this.#groups[record.partition] = group = new PartitionMessages(record.partition)
    group.add(record)
    if (group.length === 1) this.push(group.head)
  }

  override reduce<T>(): T {
    return this.#groups as T
  }

  /** Of the partition that has most of them. */
  get requests(): number {
    return Math.max(0, ...Object.values(this.#groups).map(({ requests }) => requests))
  }
}
