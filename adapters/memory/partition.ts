// One topic partition in memory: records in offset order, with gaps where compaction removed some.
//
// Owns: the bytes (copied in, as a disk would). Does not know leases, transactions or waiting.
import { headerOf } from '../../system/protocol/record.ts'
import type { LogRecord, OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { ReadOptions, Timepoint } from '../../system/ports/log.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import { copyRecord, keyText, sameBytes } from './bytes.ts'

export class MemoryPartition {
  readonly #topic: string
  readonly #partition: number
  readonly #compacted: boolean
  #records: LogRecord[] = []
  /** Newest record of each key; compacted topics only. */
  readonly #newest = new Map<string, LogRecord>()
  /** Records still in the list that a newer one of their key replaced. */
  readonly #stale = new Set<LogRecord>()
  #start = 0
  #end = 0

  constructor(spec: TopicSpec, partition: number) {
    this.#topic = spec.name
    this.#partition = partition
    this.#compacted = spec.cleanup === 'compact'
  }

  get end(): number {
    return this.#end
  }

  /** Stores a record at the next offset and answers it. */
  append(record: OutRecord): number {
    const stored = copyRecord(record, this.#end)
    this.#end += 1
    this.#records.push(stored)
    if (this.#compacted) this.#replace(stored)
    return stored.offset
  }

  /** Skips offsets, as transaction markers do. */
  skip(count: number): void {
    this.#end += count
  }

  read(from: number, to: number, options: ReadOptions): RecordRange {
    const until = Math.min(to, this.#end)
    const records: LogRecord[] = []
    let bytes = 0
    for (let at = this.#indexOf(from); at < this.#records.length; at += 1) {
      const record = this.#records[at]
      if (record === undefined || record.offset >= until) break
      if (this.#stale.has(record)) continue
      if (options.key !== undefined && !sameBytes(options.key, record.key)) continue
      bytes += recordBytes(record)
      const full = records.length === options.recordsMax || bytes > options.bytesMax
      if (full && (records.length > 0 || options.recordsMax === 0)) return this.#range(from, record.offset, records)
      records.push(record)
    }
    return this.#range(from, Math.max(from, until), records)
  }

  get(key: Uint8Array): LogRecord | undefined {
    const newest = this.#newest.get(keyText(key))
    return newest?.value === null ? undefined : newest
  }

  armed(): LogRecord[] {
    return this.#records
      .filter((record) => !this.#stale.has(record) && headerOf(record.headers, 'armed') !== undefined)
      .map((record) => ({ ...record, value: null }))
  }

  offsetAt(at: Timepoint): number {
    if (at === 'latest') return this.#end
    if (at === 'earliest') return this.#start
    const first = this.#records.find((record) => record.timestampMs >= at.timeMs && !this.#stale.has(record))
    return first?.offset ?? this.#end
  }

  /** Retention: forgets everything before an offset. */
  truncate(before: number): void {
    this.#start = Math.min(Math.max(this.#start, before), this.#end)
    const forgotten = this.#records.splice(0, this.#indexOf(this.#start))
    for (const record of forgotten) {
      if (record.key === null) continue
      if (!this.#stale.delete(record)) this.#newest.delete(keyText(record.key))
    }
  }

  #replace(stored: LogRecord): void {
    if (stored.key === null) return
    const key = keyText(stored.key)
    const old = this.#newest.get(key)
    if (old !== undefined) this.#stale.add(old)
    this.#newest.set(key, stored)
    if (this.#stale.size <= 1000 || this.#stale.size * 2 < this.#records.length) return
    this.#records = this.#records.filter((record) => !this.#stale.has(record))
    this.#stale.clear()
  }

  /** Index of the first record at or after an offset. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#records[middle]?.offset ?? Infinity) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #range(from: number, to: number, records: readonly LogRecord[]): RecordRange {
    return { topic: this.#topic, partition: this.#partition, from, to, records }
  }
}
