// CachedStates: the state topic behind a snapshot cache that may lose, corrupt or roll back anything at any moment.
//
// Owns: the writes in flight. The cache owns nothing that cannot be rebuilt from the state topic. `bucket-marks.ts` knows what is valid.
//
// K7. Writes of a bucket go in seq order; one that fails or is refused makes the bucket lost.
// K8. The due index is one more bucket; a partition does not go live while it is missing.
import { murmur2 } from '../protocol/murmur2.ts'
import { PARTITION_KEY, parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { BATCH_BYTES_MAX, CACHE_BUCKETS } from '../protocol/limits.ts'
import { equalBytes, utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { LogRecord } from '../protocol/record.ts'
import { headerOf } from '../protocol/record.ts'
import type { BucketAddress, BucketRead, SnapshotCache } from '../ports/cache.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { BucketMarks } from './bucket-marks.ts'
import { packCached, unpackCached } from './cached-bytes.ts'
import type { TypePlan } from './topology.ts'
import { armedOf, durableState, partitionState } from './state-store.ts'
import type { Armed, StateStart, StateStore, StoredState, WrittenState } from './state-store.ts'
import { ARMED_HEADER, readArmed, readStateHeader } from './states.ts'
import type { PartitionRecord } from './states.ts'

/** The bucket behind the entities' own. */
const DUE_BUCKET = CACHE_BUCKETS

/** What a scan found of a bucket, which holds all up to `mark`. */
interface Scanned {
  readonly mark: number
  readonly entities: Map<EntityId, StoredState | null>
}

export interface CachedStatesDeps {
  readonly log: Log
  readonly cache: SnapshotCache
  readonly codec: Codec
  readonly clock: Clock
  readonly telemetry: Telemetry
}

export class CachedStates implements StateStore {
  readonly buckets = CACHE_BUCKETS
  readonly #log: Log
  readonly #cache: SnapshotCache
  readonly #codec: Codec
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #clock: Clock
  readonly #telemetry: Telemetry
  readonly #marks = new BucketMarks(CACHE_BUCKETS + 1)
  readonly #flights: Promise<void>[] = Array.from({ length: CACHE_BUCKETS + 1 }, () => Promise.resolve())
  /** Buckets rebuilt by a whole scan, and caught up, since the start. */
  rebuilt = 0
  caughtUp = 0

  constructor({ log, cache, codec, clock, telemetry }: CachedStatesDeps, plan: TypePlan, partition: number) {
    this.#log = log
    this.#cache = cache
    this.#codec = codec
    this.#clock = clock
    this.#telemetry = telemetry
    this.#plan = plan
    this.#partition = partition
  }

  bucketOf(id: EntityId): number {
    return (murmur2(utf8Encode(id)) & 0x7fffffff) % CACHE_BUCKETS
  }

  expect(life: string, marks: readonly number[], journal: readonly StateStart[]): void {
    this.#marks.expect(life, [...Array.from({ length: CACHE_BUCKETS }, (_, bucket) => marks[bucket] ?? 0), Math.max(0, ...marks)], journal)
  }

  async load(ids: readonly EntityId[]): Promise<ReadonlyMap<EntityId, StoredState>> {
    const found = new Map<EntityId, StoredState>()
    const asked = this.#byBucket(ids)
    await Promise.all([...asked.keys()].map((bucket) => this.#flights[bucket]))
    const lost = new Map<number, number | undefined>()
    for (const bucket of this.#marks.lost()) if (bucket !== DUE_BUCKET && asked.has(bucket)) lost.set(bucket, undefined)
    await this.#read(asked, lost, found)
    if (lost.size > 0) await this.#rebuild(lost, new Set(ids), found)
    return found
  }

  #byBucket(ids: readonly EntityId[]): Map<number, EntityId[]> {
    const byBucket = new Map<number, EntityId[]>()
    for (const id of ids) {
      const bucket = this.bucketOf(id)
      const list = byBucket.get(bucket)
      if (list === undefined) byBucket.set(bucket, [id])
      else list.push(id)
    }
    return byBucket
  }

  /** Reads buckets into `found`; adds those whose read is not valid to `lost`, with where they can be caught up from. */
  async #read(asked: ReadonlyMap<number, readonly EntityId[]>, lost: Map<number, number | undefined>, found: Map<EntityId, StoredState>): Promise<void> {
    const wanted = [...asked].filter(([bucket]) => !lost.has(bucket)).map(([bucket, ids]) => ({ bucket, ids }))
    if (wanted.length === 0) return
    const reads = await this.#cache.load(this.#plan.group, this.#partition, wanted).catch((thrown: unknown): readonly BucketRead[] => {
      // Told by whoever drives the cache, once for as long as it lasts.
      this.#telemetry.log('debug', `the snapshot cache does not answer; states come from the log: ${String(thrown)}`)
      return []
    })
    for (const { bucket, ids } of wanted) {
      const read = reads.find((one) => one.bucket === bucket)
      if (read !== undefined && this.#marks.isValid(bucket, read)) {
        if (this.#take(ids, read.snapshots, found)) continue
        lost.set(bucket, undefined)
      } else {
        lost.set(bucket, read === undefined ? undefined : this.#marks.catchUpFrom(bucket, read))
      }
      this.#marks.lose(bucket)
    }
  }

  /** False when a cached snapshot is damaged. */
  #take(ids: readonly EntityId[], snapshots: readonly (Uint8Array | undefined)[], found: Map<EntityId, StoredState>): boolean {
    return ids.every((id, index) => {
      const bytes = snapshots[index]
      if (bytes === undefined) return true
      const state = unpackCached(id, bytes)
      if (state !== undefined) found.set(id, state)
      return state !== undefined
    })
  }

  /** Makes lost buckets whole again from the state topic. A bucket that can be caught up is only then read from the cache, by the next load. */
  async #rebuild(lost: ReadonlyMap<number, number | undefined>, wanted: ReadonlySet<EntityId>, found: Map<EntityId, StoredState>): Promise<void> {
    const caught = await this.#catchUp(lost)
    if (caught.size > 0) {
      const again = new Map<number, number | undefined>()
      const asked = this.#byBucket([...wanted].filter((id) => caught.has(this.bucketOf(id))))
      await this.#read(asked, again, found)
      for (const bucket of again.keys()) caught.delete(bucket)
    }
    const rest = [...new Set([...lost.keys(), ...this.#marks.lost()])].filter((bucket) => !caught.has(bucket) && bucket !== DUE_BUCKET)
    if (rest.length === 0) return
    const startedMs = this.#clock.monotonicMs()
    const states = this.#toScan(rest)
    await this.#scanInto(states, await this.#log.offsetsAt(this.#plan.state, this.#partition, 'earliest'))
    let whole = 0
    for (const [bucket, { mark, entities }] of states) {
      this.rebuilt += 1
      for (const [id, state] of entities) if (state !== null && wanted.has(id)) found.set(id, state)
      const snapshots = [...entities].flatMap(([id, state]) => (state === null ? [] : [[id, packCached(id, state)] as const]))
      await this.#replace(bucket, mark, snapshots)
      whole += snapshots.length
    }
    const tookMs = Math.max(1, Math.round(this.#clock.monotonicMs() - startedMs))
    this.#telemetry.log('info', `${this.#plan.group}/${this.#partition}: ${rest.length} buckets of the snapshot cache made anew from the log: ${whole} states in ${tookMs} ms (${Math.round((whole * 1000) / tookMs)} a second)`)
  }

  /** Before their scan begins: commits come while it goes on, and are not in it (K6). */
  #toScan(buckets: readonly number[]): Map<number, Scanned> {
    return new Map(buckets.map((bucket) => [bucket, { mark: this.#marks.expected(bucket), entities: new Map() }]))
  }

  /** Brings buckets at an older mark up to date; answers those that took it. */
  async #catchUp(lost: ReadonlyMap<number, number | undefined>): Promise<Set<number>> {
    const caught = new Set<number>()
    const starts = [...lost].flatMap(([bucket, from]) => (from === undefined ? [] : [{ bucket, from }]))
    if (starts.length === 0) return caught
    const states = this.#toScan(starts.map(({ bucket }) => bucket))
    const scannedFrom = Math.min(...starts.map(({ from }) => from))
    await this.#scanInto(states, scannedFrom)
    for (const [bucket, { mark, entities }] of states) {
      const read = await this.#cache.readAll(this.#at(bucket)).catch(() => undefined)
      const from = read === undefined ? undefined : this.#marks.catchUpFrom(bucket, read)
      // It may have been rolled back meanwhile.
      if (read === undefined || from === undefined || from < scannedFrom) continue
      const snapshots = [...entities].map(([id, state]) => [id, state === null ? null : packCached(id, state)] as const)
      const answer = await this.#cache.write({ ...this.#at(bucket), life: this.#marks.lifeOf(bucket), previous: read.mark, next: mark, snapshots }).catch(() => 'lost' as const)
      if (answer !== 'applied' || !this.#marks.rebuilt(bucket, mark)) continue
      this.caughtUp += 1
      caught.add(bucket)
    }
    return caught
  }

  async #scanInto(states: ReadonlyMap<number, Scanned>, from: number): Promise<void> {
    await this.#scan(from, (record) => {
      const id = entityIdOf(record)
      if (id === undefined) return
      states.get(this.bucketOf(id))?.entities.set(id, record.value === null ? null : durableState(this.#codec, this.#plan, this.#partition, record, record.value))
    })
  }

  async #replace(bucket: number, mark: number, snapshots: readonly (readonly [EntityId, Uint8Array])[]): Promise<void> {
    try {
      await this.#cache.replace({ ...this.#at(bucket), life: this.#marks.lifeOf(bucket), next: mark, snapshots })
      this.#marks.rebuilt(bucket, mark)
    } catch (thrown) {
      this.#telemetry.log('debug', `bucket ${bucket} could not be rebuilt in the snapshot cache: ${String(thrown)}`)
    }
  }

  /** To an end that stood still: what is written while it reads may have what it replaces compacted away before that is read. */
  async #scan(start: number, take: (record: LogRecord) => void): Promise<void> {
    const { state } = this.#plan
    const latest = (): Promise<number> => this.#log.offsetsAt(state, this.#partition, 'latest')
    let from = start
    for (let end = await latest(); from < end; end = await latest()) {
      while (from < end) {
        const range = await this.#log.read(state, this.#partition, from, end, { recordsMax: 10_000, bytesMax: BATCH_BYTES_MAX })
        for (const record of range.records) take(record)
        if (range.to <= from) return
        from = range.to
      }
    }
  }

  /** K8. */
  async armed(): Promise<readonly Armed[]> {
    const read = await this.#cache.readAll(this.#at(DUE_BUCKET)).catch(() => undefined)
    if (read !== undefined && this.#marks.isValid(DUE_BUCKET, read)) {
      const armed = this.#unpackArmed(read.snapshots)
      if (armed !== undefined) return armed
    }
    const newest = new Map<EntityId, LogRecord>()
    const mark = this.#marks.expected(DUE_BUCKET)
    await this.#scan(await this.#log.offsetsAt(this.#plan.state, this.#partition, 'earliest'), (record) => {
      const id = entityIdOf(record)
      if (id === undefined) return
      if (record.value === null) newest.delete(id)
      else newest.set(id, { ...record, value: null })
    })
    this.rebuilt += 1
    await this.#replace(DUE_BUCKET, mark, [...newest].flatMap(([id, record]) => {
      const bytes = headerOf(record.headers, ARMED_HEADER)
      const header = readStateHeader(this.#codec, record)
      return bytes === undefined || header === undefined ? [] : [[id, packCached(id, { seq: header.seq, value: bytes })] as const]
    }))
    return armedOf(this.#codec, [...newest.values()])
  }

  /** Undefined when an entry is damaged. */
  #unpackArmed(snapshots: readonly (readonly [EntityId, Uint8Array])[]): readonly Armed[] | undefined {
    const armed: Armed[] = []
    for (const [id, bytes] of snapshots) {
      const state = unpackCached(id, bytes)
      if (state === undefined) return undefined
      armed.push({ seq: state.seq, dues: readArmed(this.#codec, id, state.value) })
    }
    return armed
  }

  async partitionRecord(from: number): Promise<{ readonly seq: number; readonly record: PartitionRecord } | undefined> {
    let newest: LogRecord | undefined
    await this.#scan(from, (record) => {
      if (record.key !== null && equalBytes(record.key, PARTITION_KEY)) newest = record
    })
    return newest === undefined ? undefined : partitionState(this.#codec, newest)
  }

  written(seq: number, states: readonly WrittenState[]): void {
    const byBucket = new Map<number, [EntityId, Uint8Array | null][]>()
    for (const { id, state } of states) {
      const bucket = this.bucketOf(id)
      const entry: [EntityId, Uint8Array | null] = [id, state === null ? null : packCached(id, state)]
      const list = byBucket.get(bucket)
      if (list === undefined) byBucket.set(bucket, [entry])
      else list.push(entry)
    }
    byBucket.set(DUE_BUCKET, states.map(({ id, armed }) => [id, armed === undefined ? null : packCached(id, { seq, value: armed })]))
    for (const [bucket, snapshots] of byBucket) {
      const previous = this.#marks.send(bucket, seq)
      if (previous === undefined) continue
      this.#flights[bucket] = (this.#flights[bucket] ?? Promise.resolve()).then(() => this.#send(bucket, previous, seq, snapshots))
    }
  }

  async #send(bucket: number, previous: number, next: number, snapshots: readonly (readonly [EntityId, Uint8Array | null])[]): Promise<void> {
    if (this.#marks.isLost(bucket)) return
    this.#telemetry.probe('during-cache', this.#plan.group, this.#partition)
    const answer = await this.#cache.write({ ...this.#at(bucket), life: this.#marks.lifeOf(bucket), previous, next, snapshots }).catch(() => 'lost' as const)
    if (answer === 'lost') this.#marks.lose(bucket)
    else this.#marks.acknowledge(bucket, next)
  }

  /** B1: everything sent of its bucket is acknowledged, or the bucket is lost and will be rebuilt. */
  mayLeave(id: EntityId): boolean {
    return this.#marks.isSettled(this.bucketOf(id))
  }

  async flush(): Promise<void> {
    await Promise.all(this.#flights)
  }

  #at(bucket: number): BucketAddress {
    return { group: this.#plan.group, partition: this.#partition, bucket }
  }
}

function entityIdOf(record: LogRecord): EntityId | undefined {
  const text = record.key === null ? undefined : utf8Decode(record.key)
  return text === undefined ? undefined : parseEntityId(text)
}
