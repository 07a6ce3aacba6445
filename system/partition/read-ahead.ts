// ReadAhead: inputs and states that the fold of the journal's tail will need, for many records at once: one by one each would wait for its own.
//
// Owns: what was read and not yet folded, of whom no state was found, and how large states were. Changes nothing but who is in memory.
//
// E1. States are loaded for as long as memory has room for them; the rest is left to the fold, which loads what one record needs (I9).
import type { EntityId } from '../protocol/ids.ts'
import { BATCH_UNKNOWN_MAX } from '../protocol/limits.ts'
import type { RecordRange } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { bytesOf } from './fullness.ts'
import type { JournalRecord } from './journal.ts'
import { loadEntities } from './loading.ts'
import type { Memory } from './memory.ts'
import { rangesOf } from './range-reading.ts'
import type { StateStore } from './state-store.ts'
import type { Survey } from './survey.ts'

export interface ReadAheadDeps {
  readonly log: Log
  readonly codec: Codec
  readonly partition: number
  readonly states: StateStore
}

/** Of inputs. */
const AHEAD_BYTES = 4 << 20
/** Of memory's bound, once it is reached: what the next states find room in. */
const ROOM_SHARE = 1 / 2

export class ReadAhead {
  readonly #deps: ReadAheadDeps
  readonly #memory: Memory
  readonly #unfolded: Survey['unfolded']
  /** By seq. */
  readonly #ranges = new Map<number, readonly RecordRange[]>()
  readonly #stateless = new Set<EntityId>()
  /** Asked for so far, and what they take in memory. */
  #asked = 0
  #askedBytes = 0

  /** `unfolded`: who is left to the fold. */
  constructor(deps: ReadAheadDeps, memory: Memory, unfolded: Survey['unfolded']) {
    this.#deps = deps
    this.#memory = memory
    this.#unfolded = unfolded
  }

  /** Of these records, in order. `ownersOf`: whose inputs they are. */
  async read(records: readonly JournalRecord[], ownersOf: (range: RecordRange) => readonly (EntityId | undefined)[]): Promise<void> {
    const wanted = new Set<EntityId>()
    const want = (id: EntityId | undefined): void => {
      if (id !== undefined && !this.#memory.entities.has(id) && !this.#stateless.has(id) && !this.#unfolded.has(id)) wanted.add(id)
    }
    let bytes = 0
    for (const record of records) {
      // The rest is read when it is folded.
      if (bytes > AHEAD_BYTES) break
      const ranges = await rangesOf(this.#deps.log, this.#deps.partition, record)
      bytes += bytesOf(ranges)
      this.#ranges.set(record.seq, ranges)
      for (const range of ranges) for (const id of ownersOf(range)) want(id)
      for (const { due } of record.timers) want(due.entity)
    }
    await this.#load([...wanted])
  }

  /** The inputs of a record; they are not kept. */
  take({ seq }: JournalRecord): readonly RecordRange[] | undefined {
    const ranges = this.#ranges.get(seq)
    this.#ranges.delete(seq)
    return ranges
  }

  /** Those of them of whom it is not known that they have no state. */
  unknownOf(ids: ReadonlySet<EntityId>): ReadonlySet<EntityId> {
    return this.#stateless.size === 0 ? ids : new Set([...ids].filter((id) => !this.#stateless.has(id)))
  }

  /** E1: a first few tell how many more there is room for. */
  async #load(ids: readonly EntityId[]): Promise<void> {
    const { codec, states } = this.#deps
    const { entities, plan: { definition: { limits: { entityBytesMax } } } } = this.#memory
    if (entities.bytes >= entityBytesMax) entities.evict(entityBytesMax * ROOM_SHARE, ({ id }) => states.mayLeave(id))
    for (let at = 0; at < ids.length && entities.bytes < entityBytesMax;) {
      const most = this.#asked === 0 ? BATCH_UNKNOWN_MAX : Math.ceil((entityBytesMax - entities.bytes) / (this.#askedBytes / this.#asked))
      const some = ids.slice(at, at + most)
      const before = entities.bytes
      await loadEntities(this.#memory, codec, states, new Set(some), false)
      for (const id of some) if (!entities.has(id)) this.#stateless.add(id)
      this.#asked += some.length
      this.#askedBytes += entities.bytes - before
      at += some.length
    }
  }
}
