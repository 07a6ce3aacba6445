// Entities: the actors of one partition that are in memory, which of them are dirty, and what is due for all of them.
//
// Owns: the table, the two due indexes, the byte estimate. Does no I/O: `snapshots.ts` reads and writes states.
//
// B1. Only a clean entity leaves memory (its newest state stands on the state topic).
// B2. The due indexes hold exactly what the entities have armed, in memory or not.
// B3. The dirty entities are iterated oldest first.
import type { EntityId } from '../protocol/ids.ts'
import type { Befores } from './befores.ts'
import { DueIndex } from './due-index.ts'
import type { Due } from './due-index.ts'
import { duesOf } from './dues.ts'
import { blankEntity } from './entity.ts'
import type { Entity } from './entity.ts'
import { KeyIndex } from './key-index.ts'
import { memoryBytes, StateSizes } from './state-sizes.ts'

export class Entities {
  readonly #table = new Map<EntityId, Entity>()
  readonly #byKey = new KeyIndex()
  /**
   * The ends of the list by last use, which runs through the entities themselves. A use only marks its entity, because moving it touches two others
   * that are in no processor's cache; whoever is marked moves to the end when room is looked for (second chance).
   */
  #oldest: Entity | undefined
  #newest: Entity | undefined
  readonly #dirty = new Set<Entity>()
  /** Held events, and timers of event-time types. */
  readonly eventDues = new DueIndex()
  /** Everything that counts processing time. */
  readonly clockDues = new DueIndex()
  readonly #eventTimers: boolean
  readonly sizes = new StateSizes<Entity>()
  /** Set while a batch is in hand and somebody looks. */
  befores: Befores | undefined
  #bytes = 0

  constructor(eventTimers: boolean) {
    this.#eventTimers = eventTimers
  }

  get size(): number {
    return this.#table.size
  }

  /** Estimate. */
  get bytes(): number {
    return this.#bytes + this.#dirty.size * this.sizes.growthBytes
  }

  /** Its part of the estimate. */
  bytesOf(entity: Entity): number {
    return entity.dirtySeq === 0 ? entity.bytes : entity.bytes + this.sizes.growthBytes
  }

  has(id: EntityId): boolean {
    return this.#table.has(id)
  }

  /** The entity in memory; undefined: not loaded. */
  peek(id: EntityId): Entity | undefined {
    return this.#table.get(id)
  }

  /** The entity in memory that has this record's key for its id; undefined: ask for the id. */
  peekByKey(key: Uint8Array): Entity | undefined {
    return this.#byKey.find(key)
  }

  /** An entity in memory was met by the key of a record: the next one finds it by that. */
  metBy(key: Uint8Array, entity: Entity): void {
    this.#byKey.note(key, entity, this.#table.size)
  }

  /** The entity, made blank when there is none; counts as a use. Whoever is not in memory must have been loaded before. `found`: by an earlier `peek`. */
  use(id: EntityId, found?: Entity): Entity {
    const known = found?.isInMemory === true ? found : this.#table.get(id)
    if (known !== undefined) {
      known.isUsed = true
      this.befores?.note(known)
      return known
    }
    const entity = blankEntity(id)
    this.befores?.note(entity)
    this.add(entity)
    return entity
  }

  /** Puts a loaded entity into memory. Its dues are already indexed (B2). */
  add(entity: Entity): void {
    const before = this.#table.get(entity.id)
    if (before !== undefined) this.#drop(before)
    this.#table.set(entity.id, entity)
    entity.isInMemory = true
    this.#link(entity)
    this.#bytes += entity.bytes
  }

  #link(entity: Entity): void {
    entity.older = this.#newest
    if (this.#newest === undefined) this.#oldest = entity
    else this.#newest.newer = entity
    this.#newest = entity
  }

  #unlink(entity: Entity): void {
    const { older, newer } = entity
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    entity.older = undefined
    entity.newer = undefined
  }

  #drop(entity: Entity): void {
    this.#table.delete(entity.id)
    this.#byKey.drop(entity)
    entity.isInMemory = false
    this.#unlink(entity)
    this.#bytes -= entity.bytes
  }

  indexOf(due: Due): DueIndex {
    return due.kind === 0 || (due.kind === 1 && this.#eventTimers) ? this.eventDues : this.clockDues
  }

  arm(due: Due): void {
    this.indexOf(due).set(due)
  }

  disarm(due: Pick<Due, 'entity' | 'kind' | 'id'>): void {
    this.indexOf({ ...due, dueMs: 0 }).delete(due.entity, due.kind, due.id)
  }

  /** Arms everything an entity's state says (recovery). */
  armAll(entity: Entity): void {
    for (const due of duesOf(entity)) this.arm(due)
  }

  /** The entity was changed by commit `seq`. */
  touch(entity: Entity, seq: number, nowMs: number): void {
    this.sizes.touched(entity, entity.seq !== seq)
    entity.seq = seq
    if (entity.dirtySeq !== 0) return
    entity.dirtySeq = seq
    entity.dirtyAtMs = nowMs
    this.#dirty.add(entity)
  }

  /** The entity's newest state stands on the state topic; `bytes` is its size there. */
  clean(entity: Entity, bytes: number): void {
    entity.dirtySeq = 0
    this.#dirty.delete(entity)
    const estimate = memoryBytes(bytes)
    this.#bytes += estimate - entity.bytes
    entity.bytes = estimate
  }

  /** Oldest first (B3). */
  dirty(): IterableIterator<Entity> {
    return this.#dirty.values()
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  /** Seq of the oldest change not yet on the state topic, undefined when all is clean. */
  oldestDirtySeq(): number | undefined {
    for (const entity of this.#dirty) return entity.dirtySeq
    return undefined
  }

  /** Drops least recently used clean entities until the estimate is within `bytesMax`. Answers whether it is (B1). */
  evict(bytesMax: number, mayLeave: (entity: Entity) => boolean): boolean {
    if (this.bytes <= bytesMax) return true
    for (const entity of this.values()) {
      if (entity.dirtySeq !== 0 || !mayLeave(entity)) continue
      this.#drop(entity)
      if (this.bytes <= bytesMax) return true
    }
    return false
  }

  /** Forgets a clean entity, for tests of passivation and after a failed turn of an entity that never existed. */
  forget(entity: Entity): void {
    if (entity.dirtySeq !== 0 || this.#table.get(entity.id) !== entity) return
    this.#drop(entity)
  }

  /** Those first that were not used since they were last passed over. The one in hand may leave meanwhile. */
  *values(): IterableIterator<Entity> {
    for (let entity = this.#oldest; entity !== undefined;) {
      const { newer, isUsed }: Entity = entity
      entity.isUsed = false
      if (isUsed && newer !== undefined) {
        this.#unlink(entity)
        this.#link(entity)
      } else yield entity
      entity = newer
    }
  }
}
