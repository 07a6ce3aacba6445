// Own keys: keyed reads for those who look at single entities: of their keys and of their partition's own. Where the log has none, their newest records are found
// by reading the partition through, and read on from there.
//
// Owns: the newest records of the keys that were looked at last, KEPT_MAX of them or KEPT_BYTES_MAX, and how far they were read. Of what else is armed, which
// may be a lot, nothing is kept.
//
// K1. A partition is read by one at a time. Who comes while one reads shares the next read, so that each sees what was committed before it asked.
// K2. What is not shown now is not taken for absent: Unreachable instead (I12). What is stored again while it is read may have what it replaces removed before
//     that is read: it is read on until the end stands still for a moment.
// K3. A key is read from the beginning once, for as long as it is kept, also where that takes longer than who asked waits. Keys that were read up to one place
//     are read on together; after TOMBSTONES_KEPT_MS without that they are read anew, or one that has ended since would be there.
// K4. What was read beside one life of the partition's journal counts for no other: its topics were made anew, and may have grown past what was read.
// K5. No more bytes are kept than KEPT_BYTES_MAX, also while much is read: of whom was asked for longest ago nothing is kept then, and who waits for that is told
//     so. What is kept is of its own, and holds nothing else of the answer that it was read in.
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { Unreachable } from '../protocol/failures.ts'
import { FOLLOWED_MAX, TOMBSTONES_KEPT_MS } from '../protocol/limits.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord } from '../protocol/record.ts'
import { equalBytes, utf8Encode } from '../protocol/utf8.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeyedReads, Log } from '../ports/log.ts'
import { Hidden } from '../partition/range-reading.ts'
import { ARMED_HEADER } from '../partition/states.ts'
import { SharedTurns } from './shared-turns.ts'

const READ = { recordsMax: 10_000, bytesMax: 8 << 20 }
/** To an end that has moved on, in one read. */
const PASSES_MAX = 50
/** Everybody who is followed, partitions, and some more. */
const KEPT_MAX = FOLLOWED_MAX + 200
const KEPT_BYTES_MAX = 128 << 20

/** Keys that were read up to the same place; undefined: there is none, or it has ended. */
interface Group {
  /** Of the journal that they were read beside; undefined: nobody said. */
  readonly life: string | undefined
  at: number
  readonly newest: Map<string, LogRecord | undefined>
}

/** Reads for one look. */
export interface OwnReads extends KeyedReads {
  /** Said before anything is read: the life of the journal that it is read beside (K4). */
  readonly beside?: (topic: string, partition: number, life: string) => void
}

export class OwnKeys {
  readonly #bytesMax: number
  readonly #open: () => Log
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #partitions = new Map<string, Group[]>()
  /** That was said last, by partition. */
  readonly #lives = new Map<string, string>()
  /** Whole, by partition. */
  readonly #readMs = new Map<string, number>()
  readonly #turns = new SharedTurns<void>()
  /** Those that were asked for last at the end. */
  readonly #asked = new Map<string, { readonly place: string; readonly name: string }>()
  /** Of what is kept. */
  #bytes = 0

  /** `open`: the log, for as long as one read of it may take. */
  constructor(open: () => Log, clock: Pick<Clock, 'monotonicMs'>, bytesMax = KEPT_BYTES_MAX) {
    this.#open = open
    this.#clock = clock
    this.#bytesMax = bytesMax
  }

  /** Of other keys than the partition's and the entity's, if there is one, it says that there is nothing: for a look that loads that entity alone. */
  of(id?: EntityId): OwnReads {
    let life: string | undefined
    const own = id === undefined ? [] : [utf8Encode(id)]
    const known = [PARTITION_KEY, ...own]
    const get: KeyedReads['get'] = async (topic, partition, keys) => {
      const found = await this.#newest(topic, partition, known.filter((one) => keys.some((key) => equalBytes(key, one))).map(nameOf), life)
      return keys.map((key) => found.get(nameOf(key)))
    }
    const beside = (topic: string, partition: number, said: string): void => {
      life = said
      this.#lives.set(placeOf(topic, partition), said)
    }
    return { get, beside, armed: async (topic, partition) => (await get(topic, partition, own)).filter(isArmed).map((record) => ({ ...record, value: null })) }
  }

  async #newest(topic: string, partition: number, names: readonly string[], life: string | undefined): Promise<ReadonlyMap<string, LogRecord | undefined>> {
    if (names.length === 0) return new Map()
    const place = placeOf(topic, partition)
    for (const name of names) this.#keep(place, name)
    // Whoever looks at an entity asks for its partition's own as well.
    if (this.#asked.has(askOf(place, PARTITION_NAME))) this.#keep(place, PARTITION_NAME)
    await this.#turns.next(place, () => this.#read(place, topic, partition))
    const groups = this.#partitions.get(place) ?? []
    return new Map(names.map((name) => {
      const group = groups.find(({ newest }) => newest.has(name))
      if (group === undefined) throw new Unreachable('log/unreachable', `more is looked at in ${place} than is kept of it`)
      if (life !== undefined && group.life !== life) throw new Unreachable('log/unreachable', `${place} was made anew while it was looked at`)
      return [name, group.newest.get(name)]
    }))
  }

  #keep(place: string, name: string): void {
    const ask = askOf(place, name)
    this.#asked.delete(ask)
    this.#asked.set(ask, { place, name })
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= KEPT_MAX) return
      this.#drop(oldest)
    }
  }

  #drop(ask: string): void {
    const { place = '', name = '' } = this.#asked.get(ask) ?? {}
    this.#asked.delete(ask)
    for (const { newest } of this.#partitions.get(place) ?? []) {
      this.#bytes -= bytesOf(newest.get(name))
      newest.delete(name)
    }
  }

  /** K5. */
  #take({ newest }: Group, name: string, record: LogRecord): void {
    const taken = record.value === null ? undefined : copyOf(record)
    this.#bytes += bytesOf(taken) - bytesOf(newest.get(name))
    newest.set(name, taken)
    for (const [ask, asked] of this.#asked) {
      if (this.#bytes <= this.#bytesMax) return
      if (this.#partitions.get(asked.place)?.some((group) => group.newest.get(asked.name) !== undefined) === true) this.#drop(ask)
    }
  }

  async #read(place: string, topic: string, partition: number): Promise<void> {
    const log = this.#open()
    // As said before anything of it is looked up: what is said meanwhile is of the next read.
    const life = this.#lives.get(place)
    const start = await log.offsetsAt(topic, partition, 'earliest')
    let end = await log.offsetsAt(topic, partition, 'latest')
    const isOld = this.#clock.monotonicMs() - (this.#readMs.get(place) ?? -Infinity) > TOMBSTONES_KEPT_MS
    // It was made anew, or shows less than before: what it shows is read.
    const known = isOld ? [] : (this.#partitions.get(place) ?? []).filter((group) => group.life === life && group.at <= end && group.newest.size > 0)
    if (known.length === 0) this.#readMs.set(place, this.#clock.monotonicMs())
    const unread = [...this.#asked.values()].filter((one) => one.place === place && !known.some(({ newest }) => newest.has(one.name)))
    if (unread.length > 0) known.push({ life, at: start, newest: new Map(unread.map(({ name }) => [name, undefined])) })
    this.#partitions.set(place, known)
    this.#bytes = [...this.#partitions.values()].flat().reduce((sum, { newest }) => [...newest.values()].reduce((bytes, record) => bytes + bytesOf(record), sum), 0)
    for (let passes = 1; await this.#readUpTo(log, topic, partition, known, end); passes += 1) {
      if (passes === PASSES_MAX) throw new Unreachable('log/unreachable', `${place} is written faster than it is read`)
      const latest = await log.offsetsAt(topic, partition, 'latest')
      if (latest <= end) break
      end = latest
    }
    this.#readMs.set(place, this.#clock.monotonicMs())
  }

  /** Whoever is furthest behind first. False: nothing was to be read. */
  async #readUpTo(log: Log, topic: string, partition: number, known: Group[], end: number): Promise<boolean> {
    for (let hasRead = false; ; hasRead = true) {
      const group = known.reduce<Group>((a, b) => (b.at < a.at ? b : a), { life: undefined, at: end, newest: new Map() })
      if (group.at >= end) return hasRead
      const to = Math.min(end, ...known.flatMap(({ at }) => (at > group.at ? [at] : [])))
      await this.#readOn(log, topic, partition, group, to)
      for (const other of known.filter((one) => one !== group && one.at === group.at)) {
        for (const [name, record] of other.newest) group.newest.set(name, record)
        known.splice(known.indexOf(other), 1)
      }
    }
  }

  async #readOn(log: Log, topic: string, partition: number, group: Group, to: number): Promise<void> {
    const range = await log.read(topic, partition, group.at, to, READ)
    for (const record of range.records) {
      const name = record.key === null ? undefined : nameOf(record.key)
      if (name !== undefined && group.newest.has(name)) this.#take(group, name, record)
    }
    const next = range.to > group.at ? range.to : await log.offsetsAt(topic, partition, 'earliest')
    if (next <= group.at) throw new Hidden(topic, partition, group.at, to)
    group.at = Math.min(next, to)
  }
}

const isArmed = (record: LogRecord | undefined): record is LogRecord => record !== undefined && headerOf(record.headers, ARMED_HEADER) !== undefined

/** What is read for one look grows no older. */
const ONCE = { monotonicMs: () => 0 }

/** Keyed reads for one look; those of the log where it has them. */
export function ownKeys(log: Log, id: EntityId, kept: OwnKeys = new OwnKeys(() => log, ONCE)): OwnReads {
  return log.keyed ?? kept.of(id)
}

const bytesOf = (record: LogRecord | undefined): number => (record === undefined ? 0 : record.headers.reduce((bytes, [, value]) => bytes + value.length, (record.key?.length ?? 0) + (record.value?.length ?? 0)))

/** What is read are views on all that came with it. */
function copyOf(record: LogRecord): LogRecord {
  const own = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : new Uint8Array(bytes))
  return { ...record, key: own(record.key), value: own(record.value), headers: record.headers.map(([name, value]) => [name, new Uint8Array(value)]) }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`

const askOf = (place: string, name: string): string => `${place} ${name}`

/** Keys are bytes: one char for each. */
const nameOf = (key: Uint8Array): string => String.fromCharCode(...key)

const PARTITION_NAME = nameOf(PARTITION_KEY)
