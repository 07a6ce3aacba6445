// A feed: what was fetched of one topic partition for a lease, and not yet consumed.
//
// Owns: the fetched pieces and where the next fetch begins. Does no I/O; `fetcher.ts` fills it. Keeps bytes, not records: what is decoded belongs to who asked.
//
// F1. What is answered from an offset begins at that offset: a jump of the reader drops what was fetched.
// F2. Reading does not consume: the same offset may be asked again. What lies before the asked offset is dropped.
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
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
  #from = 0
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
      this.#next = from
      this.#round += 1
    }
    this.#from = from
    while (this.#sets.length > 0 && (this.#sets[0] as RecordSet).end <= from) this.#bytes -= (this.#sets.shift() as RecordSet).bytes
    this.#sets[0]?.rewind(from)
    // They are read in order: behind one that was not begun none was.
    for (let index = 1; this.#sets[index]?.isBegun === true; index += 1) this.#sets[index]?.rewind(from)
  }

  /** A piece came. */
  fill(set: RecordSet): void {
    this.#sets.push(set)
    this.#bytes += set.bytes
    this.#next = set.end
  }

  /** From the offset that `seek` named, or on from where the last read ended. */
  read(recordsMax: number, bytesMax: number, from: number): RecordRange {
    const records: LogRecord[] = []
    let left = bytesMax
    let to = from
    for (const set of this.#sets) {
      if (set.isOver && set.position <= from) continue
      left -= set.take({ recordsMax, bytesMax: left, to: Infinity }, records)
      to = Math.max(to, set.position)
      if (!set.isOver) break
    }
    return { topic: this.topic, partition: this.partition, from, to, records }
  }
}
