// A feed: what was fetched of one topic partition for a lease, and not yet taken.
//
// Owns: the fetched records and where the next fetch begins. Does no I/O; `fetcher.ts` fills it.
//
// F1. What is answered from an offset begins at that offset: a jump of the reader drops what was fetched.
// F2. Taking does not consume: the same offset may be asked again. What lies before the asked offset is dropped.
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { Piece } from './records.ts'

/** What a record takes beside its bytes. */
const RECORD_BYTES = 100

export class Feed {
  readonly topic: string
  readonly partition: number
  /** A request for it is on its way. */
  isAsked = false
  /** Why it cannot be read; thrown at who asks. */
  failure: unknown
  #records: LogRecord[] = []
  /** Of the first record that is not dropped. */
  #start = 0
  #bytes = 0
  #from = 0
  #next = -1
  #round = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
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
      this.#records = []
      this.#start = 0
      this.#bytes = 0
      this.#next = from
      this.#round += 1
    }
    this.#from = from
    for (; this.#start < this.#records.length; this.#start += 1) {
      const record = this.#records[this.#start] as LogRecord
      if (record.offset >= from) break
      this.#bytes -= bytesOf(record)
    }
    if (this.#start * 2 <= this.#records.length) return
    this.#records = this.#records.slice(this.#start)
    this.#start = 0
  }

  /** A piece came. */
  fill({ records, end }: Piece): void {
    for (const record of records) {
      this.#records.push(record)
      this.#bytes += bytesOf(record)
    }
    this.#next = end
  }

  /** From an offset at or behind the one that `seek` named. */
  read(recordsMax: number, bytesMax: number, from: number): RecordRange {
    const records: LogRecord[] = []
    let bytes = 0
    for (let at = this.#start; at < this.#records.length; at += 1) {
      const record = this.#records[at] as LogRecord
      // A second read of one poll goes on behind the first.
      if (record.offset < from) continue
      bytes += recordBytes(record)
      if (records.length >= recordsMax || (records.length > 0 && bytes > bytesMax)) return this.#range(from, record.offset, records)
      records.push(record)
    }
    return this.#range(from, Math.max(from, this.#next), records)
  }

  #range(from: number, to: number, records: readonly LogRecord[]): RecordRange {
    return { topic: this.topic, partition: this.partition, from, to, records }
  }
}

const bytesOf = (record: LogRecord): number => RECORD_BYTES + recordBytes(record)
