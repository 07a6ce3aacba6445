// A feed: what was fetched of one topic partition for a lease, and not yet taken.
//
// Owns: the fetched pieces and where the next fetch begins. Does no I/O; `fetcher.ts` fills it.
//
// F1. What is answered from an offset begins at that offset: a jump of the reader drops what was fetched.
// F2. Taking does not consume: the same offset may be asked again. What lies before the asked offset is dropped.
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { RecordSet } from './record-set.ts'

export class Feed {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** A request for it is on its way. */
  isAsked = false
  /** Why it cannot be read; thrown at who asks. */
  failure: unknown
  #sets: RecordSet[] = []
  #bytes = 0
  /** Decoded, from `#start` on. */
  #records: LogRecord[] = []
  #start = 0
  /** Where the decoded records begin and end; offsets between records hold none. */
  #from = 0
  #decodedTo = 0
  #next = -1
  #round = 0

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
  }

  /** Where the next fetch begins; -1 until somebody asked for an offset. */
  get next(): number {
    return this.#next
  }

  /** Fetched and not taken. */
  get bytes(): number {
    return this.#bytes
  }

  /** Changes when the reader jumps: an answer to an earlier request is dropped. */
  get round(): number {
    return this.#round
  }

  /** The reader stands at an offset. */
  seek(from: number): void {
    if (this.#next === -1 || from < this.#from || from > this.#next) {
      this.#sets = []
      this.#bytes = 0
      this.#records = []
      this.#start = 0
      this.#decodedTo = from
      this.#next = from
      this.#round += 1
    }
    this.#from = from
    while (this.#start < this.#records.length && (this.#records[this.#start] as LogRecord).offset < from) this.#start += 1
    if (this.#start * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#start)
      this.#start = 0
    }
    if (this.#records.length === 0 && this.#decodedTo < from) this.#decodedTo = from
  }

  /** A piece came. */
  fill(set: RecordSet): void {
    this.#sets.push(set)
    this.#bytes += set.bytes
    this.#next = set.end
  }

  /** From the offset that `seek` named. */
  read(recordsMax: number, bytesMax: number, from: number): RecordRange {
    const records: LogRecord[] = []
    let bytes = 0
    let at = this.#start
    for (;;) {
      if (at === this.#records.length && !this.#decode(recordsMax - records.length)) break
      const record = this.#records[at]
      if (record === undefined) continue
      // A second read of one poll goes on behind the first.
      if (record.offset < from) {
        at += 1
        continue
      }
      if (records.length >= recordsMax) return this.#range(from, record.offset, records)
      bytes += recordBytes(record)
      if (records.length > 0 && bytes > bytesMax) return this.#range(from, record.offset, records)
      records.push(record)
      at += 1
    }
    return this.#range(from, Math.max(from, this.#decodedTo), records)
  }

  #range(from: number, to: number, records: readonly LogRecord[]): RecordRange {
    return { topic: this.topic, partition: this.partition, from, to, records }
  }

  /** False when nothing is left to decode. */
  #decode(wanted: number): boolean {
    const [set] = this.#sets
    if (set === undefined) {
      this.#decodedTo = Math.max(this.#decodedTo, this.#next)
      return false
    }
    set.take({ recordsMax: this.#records.length + Math.max(1, wanted), bytesMax: Infinity, to: Infinity }, this.#records)
    this.#decodedTo = Math.max(this.#decodedTo, set.position)
    if (set.isOver) {
      this.#sets.shift()
      this.#bytes -= set.bytes
    }
    return true
  }
}
