// Packs the records of a commit or an append into record batches, one of a topic partition in each request.
//
// Owns: which record is in which batch. A batch is kept below what its topic takes; what one record exceeds alone is refused before anything is sent.
//
// I8. No record is refused for its neighbours: what leaders refuse together is cut into smaller batches, down to one record. What a topic takes may change at any
//     time: it is asked for again before a record is refused for it, and after a batch was.
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { Names } from '../../system/membership/names.ts'
import { encodedBytesMax } from '../kafka-format/record-writer.ts'
import { HEAD_BYTES, RecordBatch } from './record-batch.ts'
import { RecordSet } from './record-set.ts'
import type { TopicSettings, Topics } from './topics.ts'
import type { PlannedBatch, Refusal as RefusedBatch } from './transaction-plan.ts'

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

  /** Which records are refused: those that the leader names, or the only one of the batch; none where it may be that they are too much together. */
  refused({ batch, records: named }: RefusedBatch): readonly number[] {
    const records = this.#all.find(({ planned }) => planned === batch)?.records ?? []
    return records.length === 1 ? records : named.flatMap((nth) => records[nth] ?? [])
  }

  topicOf(batch: PlannedBatch): string {
    return this.#all.find(({ planned }) => planned === batch)?.topic ?? ''
  }

  /** The same records, those of a topic in batches of at most `bytesMax`, or of one record. */
  recut(topic: string, bytesMax: number): Packed {
    const rounds: Open[][] = []
    const rounded = new Map<string, number>()
    for (const open of this.#all) {
      for (const piece of open.topic === topic && open.planned.batch.bytes > bytesMax ? cut(open, bytesMax) : [open]) {
        const name = `${piece.topic}/${piece.planned.partition}`
        const at = rounded.get(name) ?? 0
        rounded.set(name, at + 1)
        const round = rounds[at] ?? []
        rounds[at] = round
        round.push(piece)
      }
    }
    return new Packed(rounds)
  }

  /** The offset behind the last record of a partition index, by topic; undefined where a broker had a batch already and does not say where it stands. */
  ends(offsets: ReadonlyMap<PlannedBatch, number>, partition: number): ReadonlyMap<string, number> | undefined {
    const ends = new Map<string, number>()
    for (const { planned, records, topic } of this.#all) {
      if (planned.partition !== partition) continue
      const base = offsets.get(planned) ?? -1
      if (base < 0) return undefined
      ends.set(topic, base + records.length)
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
    const anew = new Set<string>()
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index] as OutRecord
      let settings = this.#known.get(record.topic) ?? (await this.#learn(record.topic, false))
      const bytes = encodedBytesMax(record)
      let why = this.#whyNot(record, bytes, settings)
      if (why !== undefined && !anew.has(record.topic)) {
        anew.add(record.topic)
        settings = await this.#learn(record.topic, true)
        why = this.#whyNot(record, bytes, settings)
      }
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
        current = { at, batch: opened(record.topic, { topic: onCluster, partition: record.partition }, bytes) }
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

  /** Smaller batches than the refused one for its topic: as large as it takes by now, or half as large where that is said to be enough. */
  async recut(packed: Packed, { batch }: RefusedBatch): Promise<Packed> {
    const topic = packed.topicOf(batch)
    const { bytes } = batch.batch
    const bytesMax = await this.#learn(topic, true).then(({ batchBytesMax }) => batchBytesMax, () => Infinity)
    return packed.recut(topic, bytesMax < bytes ? bytesMax : Math.floor(bytes / 2))
  }

  #whyNot(record: OutRecord, encodedBytes: number, { cleanup, batchBytesMax }: TopicSettings): string | undefined {
    // What it takes in a batch is more than its own bytes.
    if (encodedBytes > this.#recordBytesMax && recordBytes(record) > this.#recordBytesMax) return `a record of ${recordBytes(record)} bytes for ${record.topic}; the limit is ${this.#recordBytesMax}`
    if (HEAD_BYTES + encodedBytes > batchBytesMax) return `a record of ${recordBytes(record)} bytes for ${record.topic}, whose max.message.bytes is ${batchBytesMax}`
    return record.key === null && cleanup === 'compact' ? `a record without key for the compacted topic ${record.topic}` : undefined
  }

  async #learn(topic: string, isAnew: boolean): Promise<TopicSettings & { readonly onCluster: string }> {
    const known = { ...(await this.#topics.settings(topic, isAnew)), onCluster: this.#names.of(topic) }
    this.#known.set(topic, known)
    return known
  }
}

const opened = (topic: string, { topic: onCluster, partition }: Pick<PlannedBatch, 'topic' | 'partition'>, bytes: number): Open => ({
  topic, records: [], planned: { topic: onCluster, partition, batch: new RecordBatch(HEAD_BYTES + bytes) },
})

/** From the bytes: nobody keeps the records while they are written. */
function cut({ topic, records, planned }: Open, bytesMax: number): readonly Open[] {
  const decoded: LogRecord[] = []
  new RecordSet(planned.batch.finish({ producerId: -1n, epoch: -1, sequence: 0, isTransactional: false }), [], 0).take({ recordsMax: Infinity, bytesMax: Infinity, to: Infinity }, decoded)
  const pieces: Open[] = []
  for (const [nth, record] of decoded.entries()) {
    const out: OutRecord = { ...record, topic, partition: planned.partition }
    const bytes = encodedBytesMax(out)
    let last = pieces.at(-1)
    if (last === undefined || last.planned.batch.bytes + bytes > bytesMax) pieces.push((last = opened(topic, planned, bytes)))
    last.planned.batch.add(out)
    last.records.push(records[nth] as number)
  }
  return pieces
}
