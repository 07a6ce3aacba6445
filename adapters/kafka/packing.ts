// Packs the records of a commit or an append into record batches, one of a topic partition in each request.
//
// Owns: which record is in which batch. A batch is kept below what its topic takes; what one record exceeds alone is refused before anything is sent.
import type { OutRecord } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { Names } from '../../system/membership/names.ts'
import { HEAD_BYTES, RecordBatch, encodedBytesMax } from './record-batch.ts'
import type { TopicSettings, Topics } from './topics.ts'
import type { PlannedBatch } from './transaction.ts'

export interface Refusal {
  readonly records: readonly number[]
  readonly reason: string
}

/** A batch is no larger than this, whatever its topic takes: the next one of its partition goes with the next request. */
const BATCH_BYTES_MAX = 8 << 20

interface Open {
  readonly planned: PlannedBatch
  readonly records: number[]
  readonly topic: string
}

export class Packed {
  readonly rounds: readonly (readonly PlannedBatch[])[]
  readonly #all: readonly Open[]

  constructor(rounds: readonly (readonly Open[])[]) {
    this.rounds = rounds.map((round) => round.map(({ planned }) => planned))
    this.#all = rounds.flat()
  }

  recordsOf(batch: PlannedBatch): readonly number[] {
    return this.#all.find(({ planned }) => planned === batch)?.records ?? []
  }

  /** The offset behind the last record of a partition index, by topic. */
  ends(offsets: ReadonlyMap<PlannedBatch, number>, partition: number): ReadonlyMap<string, number> {
    const ends = new Map<string, number>()
    for (const { planned, records, topic } of this.#all) {
      if (planned.partition === partition) ends.set(topic, (offsets.get(planned) ?? -1) + records.length)
    }
    return ends
  }

  /** Of each record, in the order in which they were packed. */
  offsetsOf(offsets: ReadonlyMap<PlannedBatch, number>): readonly number[] {
    const found: number[] = []
    for (const { planned, records } of this.#all) {
      const base = offsets.get(planned) ?? -1
      for (const [nth, index] of records.entries()) found[index] = base < 0 ? -1 : base + nth
    }
    return found
  }
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

  /** Or answers which records can never be written. */
  async pack(records: readonly OutRecord[]): Promise<Packed | Refusal> {
    const refused: number[] = []
    let reason = ''
    const rounds: Open[][] = []
    const open = new Map<string, Map<number, { at: number; batch: Open }>>()
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as OutRecord
      const settings = this.#known.get(record.topic) ?? (await this.#learn(record.topic))
      const bytes = encodedBytesMax(record)
      const why = this.#whyNot(record, bytes, settings)
      if (why !== undefined) {
        refused.push(index)
        if (reason === '') reason = why
        continue
      }
      const { onCluster, batchBytesMax } = settings
      let partitions = open.get(record.topic)
      if (partitions === undefined) open.set(record.topic, partitions = new Map())
      let current = partitions.get(record.partition)
      if (current === undefined || current.batch.planned.batch.bytes + bytes > Math.min(batchBytesMax, BATCH_BYTES_MAX)) {
        const at = current === undefined ? 0 : current.at + 1
        current = { at, batch: { topic: record.topic, records: [], planned: { topic: onCluster, partition: record.partition, batch: new RecordBatch(HEAD_BYTES + bytes) } } }
        partitions.set(record.partition, current)
        const round = rounds[at] ?? []
        rounds[at] = round
        round.push(current.batch)
      }
      current.batch.planned.batch.add(record)
      current.batch.records.push(index)
    }
    return refused.length === 0 ? new Packed(rounds) : { records: refused, reason }
  }

  #whyNot(record: OutRecord, encodedBytes: number, { cleanup, batchBytesMax }: TopicSettings): string | undefined {
    // What it takes in a batch is more than its own bytes.
    if (encodedBytes > this.#recordBytesMax && recordBytes(record) > this.#recordBytesMax) return `a record of ${recordBytes(record)} bytes for ${record.topic}; the limit is ${this.#recordBytesMax}`
    if (HEAD_BYTES + encodedBytes > batchBytesMax) return `a record of ${recordBytes(record)} bytes for ${record.topic}, whose max.message.bytes is ${batchBytesMax}`
    return record.key === null && cleanup === 'compact' ? `a record without key for the compacted topic ${record.topic}` : undefined
  }

  async #learn(topic: string): Promise<TopicSettings & { readonly onCluster: string }> {
    const known = { ...(await this.#topics.settings(topic)), onCluster: this.#names.of(topic) }
    this.#known.set(topic, known)
    return known
  }
}
