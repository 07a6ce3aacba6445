// Entity: one actor in memory, and its stored form.
//
// Owns: the shape. `entities.ts` owns the table, `fold.ts` alone changes an entity.
//
// N1. `decode(encode(entity))` steps exactly like the entity.
// N2. A blank entity (no machine, not stopped, nothing armed or seen) is stored as a tombstone.
import type { MachineEvent } from '../protocol/data.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { FailureClass } from '../protocol/failures.ts'
import type { EngineState, StoredMachine } from '../ports/engine.ts'
import type { Codec } from '../ports/codec.ts'
import type { ActorDefinition } from '../authoring/definition.ts'
import type { Origin } from './envelope.ts'
import { BLANK_BYTES, memoryBytes } from './state-sizes.ts'

export interface Timer {
  readonly generation: string
  readonly dueMs: number
  readonly event: MachineEvent
}

export interface Task {
  readonly key: string
  readonly src: string
  readonly input: unknown
  readonly attempt: number
  /** When it is started again if no result has come, processing time. */
  readonly dueMs: number
}

/** An event that waits for the watermark, with everything its turn will need. */
export interface Held {
  readonly timeMs: number
  readonly rank: number
  readonly origin: Origin
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly event: MachineEvent
}

/** An input seen before, for dedup; a command keeps its reply. */
export interface Seen {
  readonly key: string
  readonly timeMs: number
  reply?: unknown
  /** Of a command's event, where its sender gave it. */
  readonly sum?: number
}

/** Dedup key of a command; no topic name holds a ':', so no source's ids meet it. */
export const commandKey = (id: string): string => `:command/${id}`

export const isCommandKey = (key: string): boolean => key.startsWith(':command/')

export interface Entity {
  readonly id: EntityId
  /** Undefined: the entity does not exist yet (or any more). */
  machine: EngineState | undefined
  stopped: boolean
  timers: ReadonlyMap<string, Timer>
  tasks: ReadonlyMap<string, Task>
  /** In the order in which they will be stepped. */
  holds: Held[]
  seen: readonly Seen[]
  expireAtMs: number | undefined
  /** Taken out of the fold: nothing steps it, nothing of it is due, its events are put aside. */
  parked: Parked | undefined
  /** Newest commit that changed it; 0: none. */
  seq: number
  /** Commit whose state was loaded from the state topic: inputs up to it are in it already. 0: never stored. */
  savedSeq: number
  /** Oldest commit whose change is not yet on the state topic; 0: clean. */
  dirtySeq: number
  dirtyAtMs: number
  /** Estimated memory, bytes. */
  bytes: number
  /** Its neighbours by last use, whether it was used since it came to its place, and whether it is in the table at all; `entities.ts` alone knows them. */
  isUsed: boolean
  isInMemory: boolean
  older: Entity | undefined
  newer: Entity | undefined
}

/** Why an entity is parked, and which commits' inputs its state lacks because they could not be folded. */
export interface Parked {
  readonly class: FailureClass
  readonly unfolded?: readonly [from: number, to: number]
}

function parkedOf([failureClass, from, to]: NonNullable<StoredEntity['p']>): Parked {
  return from === undefined || to === undefined ? { class: failureClass } : { class: failureClass, unfolded: [from, to] }
}

/** What few entities have. */
type Rest = Readonly<Pick<Entity, 'stopped' | 'timers' | 'tasks' | 'holds' | 'seen' | 'expireAtMs' | 'parked'>>

/** Those that have nothing of it share this. Whoever adds something makes a new list or map. */
const NOTHING: Rest = { stopped: false, timers: new Map(), tasks: new Map(), holds: Object.freeze([]) as unknown as never[], seen: Object.freeze([]) as unknown as never[], expireAtMs: undefined, parked: undefined }

/** Hundreds of thousands are in memory: what few of them have stands apart. */
class MemoryEntity implements Entity {
  readonly id: EntityId
  machine: EngineState | undefined = undefined
  seq = 0
  savedSeq = 0
  dirtySeq = 0
  dirtyAtMs = 0
  bytes = BLANK_BYTES
  isUsed = false
  isInMemory = false
  older: Entity | undefined = undefined
  newer: Entity | undefined = undefined
  rest = NOTHING

  constructor(id: EntityId) {
    this.id = id
  }

  get stopped(): boolean {
    return this.rest.stopped
  }

  set stopped(stopped: boolean) {
    if (stopped !== this.rest.stopped) this.rest = { ...this.rest, stopped }
  }

  get timers(): ReadonlyMap<string, Timer> {
    return this.rest.timers
  }

  set timers(timers: ReadonlyMap<string, Timer>) {
    this.rest = { ...this.rest, timers }
  }

  get tasks(): ReadonlyMap<string, Task> {
    return this.rest.tasks
  }

  set tasks(tasks: ReadonlyMap<string, Task>) {
    this.rest = { ...this.rest, tasks }
  }

  get holds(): Held[] {
    return this.rest.holds
  }

  set holds(holds: Held[]) {
    this.rest = { ...this.rest, holds }
  }

  get seen(): readonly Seen[] {
    return this.rest.seen
  }

  set seen(seen: readonly Seen[]) {
    this.rest = { ...this.rest, seen }
  }

  get expireAtMs(): number | undefined {
    return this.rest.expireAtMs
  }

  set expireAtMs(expireAtMs: number | undefined) {
    if (expireAtMs !== this.rest.expireAtMs) this.rest = { ...this.rest, expireAtMs }
  }

  get parked(): Parked | undefined {
    return this.rest.parked
  }

  set parked(parked: Parked | undefined) {
    if (parked !== this.rest.parked) this.rest = { ...this.rest, parked }
  }
}

/** `given`: what it is to have nevertheless. */
export function blankEntity(id: EntityId, given?: Partial<Omit<Entity, 'id'>>): Entity {
  const entity = new MemoryEntity(id)
  return given === undefined ? entity : Object.assign(entity, given)
}

/** As it is now, for those who look. The replies of what it has seen are shared with it. */
export function copyOf(entity: Entity): Entity {
  const copy = new MemoryEntity(entity.id)
  copy.machine = entity.machine
  copy.seq = entity.seq
  copy.rest = (entity as MemoryEntity).rest
  // Taken out and put in where they are.
  if (entity.holds.length > 0) copy.holds = [...entity.holds]
  return copy
}

export function isBlank(entity: Entity): boolean {
  return entity.machine === undefined && !entity.stopped && entity.expireAtMs === undefined && entity.holds.length === 0 && entity.seen.length === 0 && entity.parked === undefined
}

interface StoredEntity {
  readonly v: 1
  /** Version of the actor type that wrote it. */
  readonly a: number
  readonly m?: StoredMachine
  readonly t?: readonly (readonly [id: string, generation: string, dueMs: number, event: MachineEvent])[]
  readonly k?: readonly (readonly [id: string, key: string, src: string, input: unknown, attempt: number, dueMs: number])[]
  readonly h?: readonly (readonly [timeMs: number, rank: number, source: string, id: string, topic: string, partition: number, offset: number, event: MachineEvent])[]
  readonly d?: readonly (readonly [key: string, timeMs: number, reply?: unknown, sum?: number])[]
  readonly x?: number
  readonly stopped?: true
  readonly p?: readonly [failureClass: FailureClass, unfoldedFrom?: number, unfoldedTo?: number]
}

/** Canonical bytes of the stored form (N1). Throws NotPlainData for a context that cannot be stored. */
export function encodeEntity(codec: Codec, definition: ActorDefinition, entity: Entity): Uint8Array {
  // Put together part by part: most entities have one or two of them, and many are written in every commit.
  const stored: { -readonly [Part in keyof StoredEntity]: StoredEntity[Part] } = { v: 1, a: definition.version }
  if (entity.machine !== undefined) stored.m = definition.machine.store(entity.machine)
  if (entity.timers.size > 0) stored.t = [...entity.timers].map(([id, { generation, dueMs, event }]) => [id, generation, dueMs, event] as const).sort(byId)
  if (entity.tasks.size > 0) stored.k = [...entity.tasks].map(([id, { key, src, input, attempt, dueMs }]) => [id, key, src, input, attempt, dueMs] as const).sort(byId)
  if (entity.holds.length > 0) stored.h = entity.holds.map((held) => [held.timeMs, held.rank, held.origin.source, held.origin.id, held.topic, held.partition, held.offset, held.event] as const)
  if (entity.seen.length > 0) stored.d = entity.seen.map(storedSeen)
  if (entity.expireAtMs !== undefined) stored.x = entity.expireAtMs
  if (entity.stopped) stored.stopped = true
  if (entity.parked !== undefined) stored.p = [entity.parked.class, ...(entity.parked.unfolded ?? [])] as const
  return codec.canonical(stored)
}

function storedSeen({ key, timeMs, reply, sum }: Seen): NonNullable<StoredEntity['d']>[number] {
  if (sum !== undefined) return [key, timeMs, reply, sum]
  return reply === undefined ? [key, timeMs] : [key, timeMs, reply]
}

const byId = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number => (a[0] < b[0] ? -1 : 1)

export type EntityRead =
  | { readonly kind: 'ok'; readonly entity: Entity }
  /** The bytes are damaged: the copy is worthless, not the entity. */
  | { readonly kind: 'damaged'; readonly reason: string }
  /** No migration leads from the stored version to this one. */
  | { readonly kind: 'unfit'; readonly reason: string }

/** Restores an entity from its stored form, through the type's migrations when an older version wrote it. */
export function decodeEntity(codec: Codec, definition: ActorDefinition, id: EntityId, seq: number, bytes: Uint8Array): EntityRead {
  const decoded = codec.decode(bytes)
  if (decoded.kind === 'failed') return { kind: 'damaged', reason: decoded.reason }
  if (!isStored(decoded.value)) return { kind: 'damaged', reason: 'not a stored entity' }
  const stored = decoded.value
  const entity = blankEntity(id)
  if (stored.m !== undefined) {
    const restored = migrated(definition, stored.a, stored.m)
    if (typeof restored === 'string') return { kind: 'unfit', reason: restored }
    entity.machine = restored
  }
  if (stored.t !== undefined) entity.timers = new Map(stored.t.map(([timer, generation, dueMs, event]) => [timer, { generation, dueMs, event }]))
  if (stored.k !== undefined) entity.tasks = new Map(stored.k.map(([task, key, src, input, attempt, dueMs]) => [task, { key, src, input, attempt, dueMs }]))
  if (stored.h !== undefined) entity.holds = stored.h.map(([timeMs, rank, source, origin, topic, partition, offset, event]) => ({ timeMs, rank, origin: { source, id: origin }, topic, partition, offset, event }))
  if (stored.d !== undefined) entity.seen = stored.d.map(([key, timeMs, reply, sum]) => ({ key, timeMs, ...(reply === undefined ? {} : { reply }), ...(sum === undefined ? {} : { sum }) }))
  entity.expireAtMs = stored.x
  entity.stopped = stored.stopped === true
  entity.parked = stored.p === undefined ? undefined : parkedOf(stored.p)
  entity.seq = seq
  entity.savedSeq = seq
  entity.bytes = memoryBytes(bytes.length)
  return { kind: 'ok', entity }
}

/** Damage behind a checksum is no accident, but it must not throw either. */
function isStored(value: unknown): value is StoredEntity {
  if (typeof value !== 'object' || value === null) return false
  const { v, a, t, k, h, d, x, p } = value as Readonly<Record<string, unknown>>
  const isRows = (part: unknown, columns: number): boolean => part === undefined || (Array.isArray(part) && part.every((row) => Array.isArray(row) && row.length >= columns))
  return v === 1 && typeof a === 'number' && isRows(t, 4) && isRows(k, 6) && isRows(h, 8) && isRows(d, 2) && (x === undefined || typeof x === 'number') && (p === undefined || (Array.isArray(p) && typeof p[0] === 'string'))
}

function migrated(definition: ActorDefinition, from: number, stored: StoredMachine): EngineState | string {
  let current = stored
  for (let version = from; version < definition.version; version += 1) {
    const step = definition.migrations.find((migration) => migration.from === version)
    // A version without a migration may still fit: the engine has the last word.
    if (step === undefined) continue
    try {
      current = step.migrate(current)
    } catch (thrown) {
      return `migrate[${version}] of '${definition.name}' threw: ${thrown instanceof Error ? thrown.message : typeof thrown}. Correct it; the stored state is untouched.`
    }
  }
  const state = from > definition.version ? undefined : definition.machine.restore(current)
  if (state !== undefined) return state
  return `stored by version ${from} of '${definition.name}', which version ${definition.version} cannot read. Add migrate: { ${from}: (stored) => ... } to the actor type.`
}
