// Reads ranges of partitions without a group, and asks for offsets.
//
// Owns: what was fetched beyond the end of a read, so that reading on does not fetch it again.
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
import type { ReadOptions, Timepoint } from '../../system/ports/log.ts'
import type { Cluster, Effort } from './cluster.ts'
import { fetchParts } from './fetch.ts'
import type { FetchedPart } from './fetch.ts'
import type { Names } from '../../system/membership/names.ts'
import { OffsetQueries, EARLIEST, LATEST } from './offset-queries.ts'
import { RecordSet } from './record-set.ts'
import type { Topics } from './topics.ts'
import type { Visibility } from '../../system/membership/visibility.ts'
import { errorName } from './wire.ts'
import type { Clock } from '../../system/ports/clock.ts'

const FETCH_BYTES_MIN = 64 << 10
const FETCH_BYTES_MAX = 4 << 20
/** Pieces kept of partitions that are being read. */
const KEPT_MAX = 32
const CONNECTIONS = 4

class Unreadable extends TypeError {
  readonly apiId: string
  constructor(apiId: string, topic: string, partition: number) {
    super(`partition ${partition} of ${topic} cannot be read: ${apiId}`)
    this.apiId = apiId
  }
}

export class History {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #topics: Topics
  readonly #names: Names
  readonly #visibility: Visibility
  readonly #readMsMax: number
  readonly #kept = new Map<string, RecordSet>()
  readonly #offsets: OffsetQueries

  constructor(cluster: Cluster, clock: Clock, topics: Topics, names: Names, visibility: Visibility, readMsMax: number) {
    this.#cluster = cluster
    this.#clock = clock
    this.#topics = topics
    this.#names = names
    this.#visibility = visibility
    this.#readMsMax = readMsMax
    this.#offsets = new OffsetQueries(cluster)
  }

  async read(topic: string, partition: number, from: number, to: number, { recordsMax, bytesMax, key }: ReadOptions): Promise<RecordRange> {
    await this.#topics.assertPartition(topic, partition)
    await this.#settled(topic, partition)
    const records: LogRecord[] = []
    let position = from
    let bytes = 0
    while (position < to && records.length < recordsMax) {
      const set = this.#keptAt(topic, partition, position) ?? (await this.#fetch(topic, partition, position, bytesMax))
      if (set === undefined) break
      const before = records.length
      bytes += set.take({ recordsMax, bytesMax: bytesMax - bytes, to, ...(key === undefined ? {} : { accept: (record) => isKey(record, key) }) }, records)
      const isOver = set.isOver
      if (!isOver) this.#keep(topic, partition, set)
      const isStuck = set.position === position && records.length === before
      position = Math.max(position, set.position)
      // What is left of the piece did not fit.
      if (!isOver || isStuck) break
    }
    return { topic, partition, from, to: Math.min(Math.max(position, from), Math.max(to, from)), records }
  }

  async offsetAt(topic: string, partition: number, at: Timepoint): Promise<number> {
    await this.#topics.assertPartition(topic, partition)
    if (at !== 'earliest') await this.#settled(topic, partition)
    const timestamp = at === 'latest' ? LATEST : at === 'earliest' ? EARLIEST : BigInt(at.timeMs)
    const name = this.#names.of(topic)
    const found = await this.#list(name, partition, timestamp)
    return found < 0 ? this.#list(name, partition, LATEST) : found
  }

  #settled(topic: string, partition: number): Promise<void> {
    return this.#visibility.settled(this.#names.of(topic), partition, (name, index) => this.#list(name, index, LATEST))
  }

  #list(name: string, partition: number, timestamp: bigint): Promise<number> {
    return this.#offsets.ask(name, partition, timestamp, this.#effort())
  }

  async #fetch(topic: string, partition: number, offset: number, bytesMax: number): Promise<RecordSet | undefined> {
    const name = this.#names.of(topic)
    const wanted = Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES_MAX, bytesMax * 1.25))
    const part = await this.#cluster.atLeader(`read ${partition % CONNECTIONS}`, name, partition, async (connection, leaderEpoch) => {
      // What is known of the topic by now: a broker that knew nothing of it may have been asked before.
      const { parts } = await fetchParts(connection, { parts: [{ topicId: (await this.#cluster.topic(name))?.id ?? '', partition, offset, bytesMax: wanted, leaderEpoch }], waitMsMax: 0, bytesMax: wanted })
      const [found] = parts
      if (found === undefined) throw new Unreadable('UNKNOWN_TOPIC_ID', topic, partition)
      if (found.errorCode !== 0 && errorName(found.errorCode) !== 'OFFSET_OUT_OF_RANGE') throw new Unreadable(errorName(found.errorCode), topic, partition)
      // What it says to be readable it has not looked up yet: nothing of it is no answer.
      if (found.errorCode === 0 && found.bytes.length === 0 && found.stableEnd > offset) throw new Unreadable('OFFSET_NOT_AVAILABLE', topic, partition)
      return found
    }, this.#effort())
    if (part.errorCode !== 0) return this.#outOfRange(topic, partition, offset, part, bytesMax)
    return part.bytes.length === 0 ? undefined : new RecordSet(part.bytes, part.aborted, offset)
  }

  /** Before the start: what is left begins there, and the reader sees the gap. Past the end: there is nothing. */
  async #outOfRange(topic: string, partition: number, offset: number, part: FetchedPart, bytesMax: number): Promise<RecordSet | undefined> {
    const start = part.start >= 0 ? part.start : await this.offsetAt(topic, partition, 'earliest')
    return offset < start ? this.#fetch(topic, partition, start, bytesMax) : undefined
  }

  #keptAt(topic: string, partition: number, offset: number): RecordSet | undefined {
    const name = `${topic}/${partition}`
    const set = this.#kept.get(name)
    if (set?.position !== offset) return undefined
    this.#kept.delete(name)
    return set
  }

  #keep(topic: string, partition: number, set: RecordSet): void {
    const name = `${topic}/${partition}`
    this.#kept.delete(name)
    this.#kept.set(name, set)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
  }

  #effort(): Effort {
    return { untilMs: this.#clock.monotonicMs() + this.#readMsMax }
  }
}

function isKey({ key }: LogRecord, wanted: Uint8Array): boolean {
  return key !== null && key.length === wanted.length && key.every((byte, index) => byte === wanted[index])
}

