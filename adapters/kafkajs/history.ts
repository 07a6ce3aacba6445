// Reads ranges of partitions without a group, and asks for offsets.
//
// Owns: what was fetched beyond the end of a read, so that reading on does not fetch it again.
import { OperationError } from '../../system/protocol/failures.ts'
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
import type { ReadOptions, Timepoint } from '../../system/ports/log.ts'
import type { Names } from '../../system/membership/names.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { Visibility } from '../../system/membership/visibility.ts'
import { codeOf } from './codes.ts'
import { errorOf } from './errors.ts'
import { fetchParts } from './fetch.ts'
import type { FetchedPart } from './fetch.ts'
import type { Leaders } from './leaders.ts'
import { committedRecords } from './records.ts'
import type { Piece } from './records.ts'
import type { Topics } from './topics.ts'

const OFFSET_NOT_AVAILABLE = 78
const FETCH_BYTES_MIN = 64 << 10
const FETCH_BYTES_MAX = 4 << 20
/** Pieces kept of partitions that are being read. */
const KEPT_MAX = 32

interface Kept {
  readonly piece: Piece
  /** The first offset, and the first record, that was not read yet. */
  readonly position: number
  readonly next: number
}

export class History {
  readonly #leaders: Leaders
  readonly #topics: Topics
  readonly #names: Names
  readonly #visibility: Visibility
  readonly #kept = new Map<string, Kept>()

  constructor(leaders: Leaders, topics: Topics, names: Names, visibility: Visibility) {
    this.#leaders = leaders
    this.#topics = topics
    this.#names = names
    this.#visibility = visibility
  }

  async read(topic: string, partition: number, from: number, to: number, { recordsMax, bytesMax, key }: ReadOptions): Promise<RecordRange> {
    await this.#topics.assertPartition(topic, partition)
    await this.#settled(topic, partition)
    const records: LogRecord[] = []
    let position = from
    let bytes = 0
    while (position < to && records.length < recordsMax) {
      const kept = this.#takeKept(topic, partition, position) ?? (await this.#fetch(topic, partition, position, bytesMax))
      if (kept === undefined) break
      const { piece } = kept
      let next = kept.next
      let isFull = false
      for (; next < piece.records.length && !isFull; next += 1) {
        const record = piece.records[next] as LogRecord
        const isWanted = key === undefined || isKey(record, key)
        const size = isWanted ? recordBytes(record) : 0
        isFull = record.offset >= to || (isWanted && (records.length >= recordsMax || (records.length > 0 && bytes + size > bytesMax)))
        position = isFull ? record.offset : record.offset + 1
        if (isFull) break
        bytes += size
        if (isWanted) records.push(record)
      }
      // Behind the last record, what holds none belongs to the range.
      position = isFull ? position : Math.max(position, piece.end)
      if (!isFull) continue
      this.#keep(topic, partition, { piece, position: Math.min(position, to), next })
      break
    }
    return { topic, partition, from, to: Math.min(Math.max(position, from), Math.max(to, from)), records }
  }

  async offsetAt(topic: string, partition: number, at: Timepoint): Promise<number> {
    await this.#topics.assertPartition(topic, partition)
    if (at !== 'earliest') await this.#settled(topic, partition)
    const name = this.#names.of(topic)
    if (typeof at === 'string') return this.#list(name, partition, at)
    const found = await this.#list(name, partition, at)
    return found < 0 ? this.#list(name, partition, 'latest') : found
  }

  #settled(topic: string, partition: number): Promise<void> {
    return this.#visibility.settled(this.#names.of(topic), partition, (name, index) => this.#list(name, index, 'latest'))
  }

  /** The latest is the end of what is committed. -1: no record is that new. */
  async #list(topic: string, partition: number, at: Timepoint): Promise<number> {
    const { cluster } = this.#leaders
    const wanted = { topic, partitions: [{ partition }] }
    return this.#leaders.ask(topic, partition, async () => {
      const [found] = await cluster.fetchTopicsOffset([typeof at === 'string' ? { ...wanted, fromBeginning: at === 'earliest' } : { ...wanted, fromTimestamp: at.timeMs }])
      const offset = found?.partitions[0]?.offset
      if (offset === undefined) throw new OperationError('kafka/offsets', `partition ${partition} of ${topic} answered no offset`)
      return Number(offset)
    })
  }

  async #fetch(topic: string, partition: number, offset: number, bytesMax: number): Promise<Kept | undefined> {
    const name = this.#names.of(topic)
    const wanted = Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES_MAX, Math.floor(bytesMax * 1.25)))
    const part = await this.#leaders.ask(name, partition, async (broker) => {
      const [found] = await fetchParts(broker, { parts: [{ topic: name, partition, offset, bytesMax: wanted }], waitMsMax: 0, bytesMax: wanted })
      if (found === undefined) throw new OperationError('kafka/fetch', `partition ${partition} of ${topic} answered nothing`)
      // What it says to be readable it has not looked up yet: nothing of it is no answer.
      if (found.errorCode === 0 && found.bytes.length === 0 && found.stableEnd > offset) throw errorOf(OFFSET_NOT_AVAILABLE, topic, partition)
      if (found.errorCode === 0) return found
      const thrown = errorOf(found.errorCode, topic, partition)
      if (codeOf(thrown) !== 'OFFSET_OUT_OF_RANGE') throw thrown
      return found
    })
    if (part.errorCode !== 0) return this.#outOfRange(topic, partition, offset, part, bytesMax)
    if (part.bytes.length === 0) return undefined
    const piece = await committedRecords(part.bytes, part.aborted, offset)
    return piece.end > offset ? { piece, position: offset, next: 0 } : undefined
  }

  /** Before the start: what is left begins there, and the reader sees the gap. Past the end: there is nothing. */
  async #outOfRange(topic: string, partition: number, offset: number, part: FetchedPart, bytesMax: number): Promise<Kept | undefined> {
    const start = part.start >= 0 ? part.start : await this.offsetAt(topic, partition, 'earliest')
    return offset < start ? this.#fetch(topic, partition, start, bytesMax) : undefined
  }

  #takeKept(topic: string, partition: number, offset: number): Kept | undefined {
    const name = `${topic}/${partition}`
    const kept = this.#kept.get(name)
    if (kept?.position !== offset) return undefined
    this.#kept.delete(name)
    return kept
  }

  #keep(topic: string, partition: number, kept: Kept): void {
    const name = `${topic}/${partition}`
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
  }
}

function isKey({ key }: LogRecord, wanted: Uint8Array): boolean {
  return key !== null && key.length === wanted.length && key.every((byte, index) => byte === wanted[index])
}
