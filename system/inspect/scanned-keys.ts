// Keyed reads for those who only look, over a log that has none: the newest record of each key of a compacted partition, found by reading it whole.
//
// Owns: what it has read, as long as it lives. One look costs the whole partition; a runtime uses a snapshot cache instead.
//
// K1. A partition is read by one scan at a time: two would write older records over newer ones. Who comes while one runs shares the next, so that each
//     sees what was committed before it asked.
// K2. What is not shown now is not taken for absent: Unreachable instead (I12). What is stored again while it is read may have what it replaces removed before
//     that is read: it is read on until the end stands still for a moment.
import { assertShown } from '../partition/range-reading.ts'
import type { KeyedReads, Log } from '../ports/log.ts'
import { Unreachable } from '../protocol/failures.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord } from '../protocol/record.ts'
import { SharedTurns } from './shared-turns.ts'

const READ = { recordsMax: 10_000, bytesMax: 8 << 20 }
/** To an end that has moved on, in one scan. */
const PASSES_MAX = 50
const ARMED_HEADER = 'armed'

interface Scanned {
  readonly newest: Map<string, LogRecord>
  to: number
}

export class ScannedKeys implements KeyedReads {
  readonly #log: Log
  readonly #partitions = new Map<string, Scanned>()
  readonly #turns = new SharedTurns<Scanned>()

  constructor(log: Log) {
    this.#log = log
  }

  async get(topic: string, partition: number, keys: readonly Uint8Array[]): Promise<readonly (LogRecord | undefined)[]> {
    const { newest } = await this.#scan(topic, partition)
    return keys.map((key) => newest.get(nameOf(key)))
  }

  async armed(topic: string, partition: number): Promise<readonly LogRecord[]> {
    const { newest } = await this.#scan(topic, partition)
    return [...newest.values()].filter(({ headers }) => headerOf(headers, ARMED_HEADER) !== undefined).map((record) => ({ ...record, value: null })).sort((a, b) => a.offset - b.offset)
  }

  /** K1. */
  #scan(topic: string, partition: number): Promise<Scanned> {
    const name = `${topic}/${partition}`
    return this.#turns.next(name, () => this.#read(name, topic, partition))
  }

  /** Reads on to the end of the partition. */
  async #read(name: string, topic: string, partition: number): Promise<Scanned> {
    const known = this.#partitions.get(name) ?? { newest: new Map(), to: await this.#log.offsetsAt(topic, partition, 'earliest') }
    this.#partitions.set(name, known)
    const latest = (): Promise<number> => this.#log.offsetsAt(topic, partition, 'latest')
    let end = await latest()
    for (let passes = 0; known.to < end;) {
      const range = await this.#log.read(topic, partition, known.to, end, READ)
      for (const record of range.records) {
        if (record.key === null) continue
        if (record.value === null) known.newest.delete(nameOf(record.key))
        else known.newest.set(nameOf(record.key), record)
      }
      if (range.to <= known.to) {
        await assertShown(this.#log, topic, partition, known.to)
        break
      }
      known.to = range.to
      if (known.to < end) continue
      if ((passes += 1) === PASSES_MAX) throw new Unreachable('log/unreachable', `${name} is written faster than it is read`)
      end = await latest()
    }
    return known
  }
}

/** Keys are bytes: one char for each. */
const nameOf = (key: Uint8Array): string => String.fromCharCode(...key)
