// Backward reader: one partition of a topic from an end to its beginning, one record at a time.
//
// Owns: the piece that was read and has not been taken yet.
//
// W1. `end` is the offset up to which, without it, everything is left to be taken: who goes on from there later misses nothing.
import type { LogRecord } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import { assertShown, Hidden } from '../partition/range-reading.ts'
import type { Shortages } from './shortages.ts'

const PIECE_MIN = 64
const PIECE_MAX = 256
const BYTES_MAX = 4 << 20

interface Taken<T> {
  readonly offset: number
  readonly value: T
}

export class BackwardReader<T> {
  readonly topic: string
  readonly partition: number
  readonly #log: Log
  readonly #shortages: Shortages | undefined
  readonly #view: (record: LogRecord) => T | undefined
  readonly #piece: Taken<T>[] = []
  #start: number | undefined
  #end: number | undefined
  #begunAt: number | undefined
  #from = 0
  #length = PIECE_MIN

  /** `end`: where it begins; undefined: at the end of the partition. What `view` answers nothing for is passed over. `shortages`: tell of an end that is no more. */
  constructor(log: Log, topic: string, partition: number, end: number | undefined, view: (record: LogRecord) => T | undefined, shortages?: Shortages) {
    this.#log = log
    this.#shortages = shortages
    this.topic = topic
    this.partition = partition
    this.#end = end
    this.#view = view
  }

  /** The newest that is left; undefined: there is none, or it was not read yet. */
  get head(): T | undefined {
    return this.#piece.at(-1)?.value
  }

  get end(): number {
    return this.#end ?? Infinity
  }

  get hasBegun(): boolean {
    return this.#start !== undefined && this.#end !== undefined
  }

  /** Something was read. */
  get hasMoved(): boolean {
    return this.#begunAt !== undefined && this.end < this.#begunAt
  }

  /** Nothing is left. */
  get isDone(): boolean {
    return this.#start !== undefined && this.end <= this.#start
  }

  /** Reads as far as it takes to have a head, or to be done. Throws Unreachable while the log shows less than it has. */
  async ready(): Promise<void> {
    const start = this.#start ?? await this.#begin()
    while (this.#piece.length === 0 && !this.isDone) {
      const { end } = this
      this.#from = Math.max(start, end - this.#length)
      for (let at = this.#from; at < end;) {
        const range = await this.#log.read(this.topic, this.partition, at, end, { recordsMax: this.#length, bytesMax: BYTES_MAX })
        for (const record of range.records) {
          const value = this.#view(record)
          if (value !== undefined) this.#piece.push({ offset: record.offset, value })
        }
        if (range.to <= at) {
          await assertShown(this.#log, this.topic, this.partition, at)
          break
        }
        at = range.to
      }
      this.#length = Math.min(PIECE_MAX, this.#length * 2)
      if (this.#piece.length === 0) this.#end = this.#from
    }
  }

  /** A page that is gone on with ended where the log had records. Throws Unreachable where it does not show them now; where they are no more it begins at the end. */
  async #begin(): Promise<number> {
    const [start, latest] = await Promise.all([this.#log.offsetsAt(this.topic, this.partition, 'earliest'), this.#log.offsetsAt(this.topic, this.partition, 'latest')])
    const end = this.#end ?? latest
    const place = this.#shortages?.at(this.topic, this.partition, end, latest) ?? (end > latest ? 'hidden' : 'shown')
    if (place === 'hidden') throw new Hidden(this.topic, this.partition, latest, end)
    this.#end = Math.min(end, latest)
    this.#begunAt = this.#end
    this.#start = start
    return start
  }

  /** Takes the head. */
  async take(): Promise<void> {
    this.#end = this.#piece.pop()?.offset ?? this.#end
    if (this.#piece.length > 0) return
    this.#end = this.#from
    await this.ready()
  }
}
