// CachedStates: the state topic behind a snapshot cache that may lose, corrupt or roll back anything at any moment.
//
// Owns: the writes in flight. The cache owns nothing that cannot be rebuilt from the state topic. `bucket-marks.ts` knows what is valid.
//
// K7. Writes of a bucket go in seq order; one that fails or is refused makes the bucket lost.
import { murmur2 } from '../protocol/murmur2.ts'
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { CACHE_BUCKETS } from '../protocol/limits.ts'
import { equalBytes, utf8Encode } from '../protocol/utf8.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { BucketAddress, BucketRead, SnapshotCache } from '../ports/cache.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { BucketMarks } from './bucket-marks.ts'
import type { BucketHead } from './bucket-marks.ts'
import { packCached, unpackCached } from './cached-bytes.ts'
import { DueBucket } from './due-bucket.ts'
import type { JournalRecord } from './journal.ts'
import { LoadGroups } from './load-groups.ts'
import { entityIdOf, StateScan } from './state-scan.ts'
import type { TypePlan } from './topology.ts'
import { durableState, partitionState } from './state-store.ts'
import type { Armed, StateStart, StateStore, StoredState, WrittenState } from './state-store.ts'
import type { PartitionRecord } from './states.ts'

/** The bucket behind the entities' own. */
const DUE_BUCKET = CACHE_BUCKETS

/** What a scan found of a bucket: all up to `mark`, and what came since as far as it was seen. */
interface Scanned {
  mark: number
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
  readonly #cache: SnapshotCache
  readonly #codec: Codec
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #clock: Clock
  readonly #telemetry: Telemetry
  readonly #marks = new BucketMarks(CACHE_BUCKETS + 1)
  readonly #flights: Promise<void>[] = Array.from({ length: CACHE_BUCKETS + 1 }, () => Promise.resolve())
  /** Of loads that need buckets which are lost. */
  readonly #groups = new LoadGroups((ids) => this.#restore(ids))
  readonly #scan: StateScan
  readonly #dues: DueBucket
  /** Buckets rebuilt by a whole scan, and caught up, since the start. */
  rebuilt = 0
  caughtUp = 0

  constructor({ log, cache, codec, clock, telemetry }: CachedStatesDeps, plan: TypePlan, partition: number) {
    this.#cache = cache
    this.#codec = codec
    this.#clock = clock
    this.#telemetry = telemetry
    this.#plan = plan
    this.#partition = partition
    this.#scan = new StateScan(log, plan, partition)
    this.#dues = new DueBucket({ cache, codec, marks: this.#marks, scan: this.#scan, at: this.#at(DUE_BUCKET) })
  }

  bucketOf(id: EntityId): number {
    return (murmur2(utf8Encode(id)) & 0x7fffffff) % CACHE_BUCKETS
  }

  expect(life: string, marks: readonly number[], journal: readonly StateStart[]): void {
    this.#marks.expect(life, [...Array.from({ length: CACHE_BUCKETS }, (_, bucket) => marks[bucket] ?? 0), Math.max(0, ...marks)], journal)
  }

  async load(ids: readonly EntityId[]): Promise<ReadonlyMap<EntityId, StoredState>> {
    const found = new Map<EntityId, StoredState>()
    return (await this.#read(this.#byBucket(ids), found)) ? found : this.#groups.load(ids)
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

  /** Reads buckets into `found`, each once nothing of it is in flight. False: some of them are lost, or were found to be. */
  async #read(asked: ReadonlyMap<number, readonly EntityId[]>, found: Map<EntityId, StoredState>): Promise<boolean> {
    await Promise.all([...asked.keys()].map((bucket) => this.#flights[bucket]))
    const wanted = [...asked].filter(([bucket]) => !this.#marks.isLost(bucket)).map(([bucket, ids]) => ({ bucket, ids, least: this.#marks.acknowledged(bucket) }))
    let isWhole = wanted.length === asked.size
    if (wanted.length === 0) return isWhole
    const reads = await this.#cache.load(this.#plan.group, this.#partition, wanted).catch((thrown: unknown): readonly BucketRead[] => {
      // Told by whoever drives the cache, once for as long as it lasts.
      this.#telemetry.log('debug', `the snapshot cache does not answer; states come from the log: ${String(thrown)}`)
      return []
    })
    for (const { bucket, ids, least } of wanted) {
      const read = reads.find((one) => one.bucket === bucket)
      const isValid = read !== undefined && this.#marks.isValid(bucket, read, least)
      if (isValid && this.#take(ids, read.snapshots, found)) continue
      isWhole = false
      this.#marks.lose(bucket, isValid || read === undefined ? undefined : this.#marks.catchUpFrom(bucket, read))
    }
    return isWhole
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

  /** Makes lost buckets whole again from the state topic: some by catching up, the rest anew. */
  async #restore(wanted: ReadonlySet<EntityId>): Promise<ReadonlyMap<EntityId, StoredState>> {
    const found = new Map<EntityId, StoredState>()
    const asked = this.#byBucket([...wanted])
    if (await this.#read(asked, found)) return found
    await this.#catchUp()
    if (!(await this.#read(asked, found))) await this.#rebuild(wanted, found)
    return found
  }

  async #rebuild(wanted: ReadonlySet<EntityId>, found: Map<EntityId, StoredState>): Promise<void> {
    const rest = this.#marks.lost().filter((bucket) => bucket !== DUE_BUCKET)
    const startedMs = this.#clock.monotonicMs()
    const states = this.#toScan(rest)
    await this.#scanInto(states, await this.#scan.earliest())
    let [buckets, count] = [0, 0]
    for (const [bucket, { mark, entities }] of states) {
      for (const [id, state] of entities) if (state !== null && wanted.has(id)) found.set(id, state)
      const snapshots = [...entities].flatMap(([id, state]) => (state === null ? [] : [[id, packCached(id, state)] as const]))
      if (!(await this.#replace(bucket, mark, snapshots))) continue
      buckets += 1
      count += snapshots.length
    }
    this.rebuilt += buckets
    const tookMs = Math.max(1, Math.round(this.#clock.monotonicMs() - startedMs))
    if (buckets > 0) this.#telemetry.log('info', `${this.#plan.group}/${this.#partition}: ${buckets} buckets of the snapshot cache made anew from the log: ${count} states in ${tookMs} ms (${Math.round((count * 1000) / tookMs)} a second)`)
  }

  #toScan(buckets: readonly number[]): Map<number, Scanned> {
    return new Map(buckets.map((bucket) => [bucket, { mark: 0, entities: new Map() }]))
  }

  /** Brings buckets at an older mark up to date. */
  async #catchUp(): Promise<void> {
    const starts = this.#marks.lost().flatMap((bucket) => {
      const from = this.#marks.lostFrom(bucket)
      return from === undefined || bucket === DUE_BUCKET ? [] : [{ bucket, from }]
    })
    if (starts.length === 0) return
    const states = this.#toScan(starts.map(({ bucket }) => bucket))
    const scannedFrom = Math.min(...starts.map(({ from }) => from))
    await this.#scanInto(states, scannedFrom)
    const heads = await this.#cache.load(this.#plan.group, this.#partition, starts.map(({ bucket }) => ({ bucket, ids: [] }))).catch((): readonly BucketRead[] => [])
    await Promise.all([...states].map(async ([bucket, scanned]) => {
      const isCaughtUp = await this.#advance(bucket, heads.find((head) => head.bucket === bucket), scanned, scannedFrom)
      if (isCaughtUp) this.caughtUp += 1
      else this.#marks.lose(bucket)
    }))
  }

  /** Writes what was scanned from an offset on; false where that is not all that the bucket lacks: it may have been rolled back meanwhile. */
  async #advance(bucket: number, head: BucketHead | undefined, { mark, entities }: Scanned, scannedFrom: number): Promise<boolean> {
    const from = head === undefined ? undefined : this.#marks.catchUpFrom(bucket, head)
    if (head === undefined || from === undefined || from < scannedFrom) return false
    // A scan does not find tombstones that were compacted away.
    for (const [id, seq] of this.#marks.endedAfter(head.mark)) if (this.bucketOf(id) === bucket && (entities.get(id)?.seq ?? 0) <= seq) entities.set(id, null)
    const snapshots = [...entities].map(([id, state]) => [id, state === null ? null : packCached(id, state)] as const)
    const answer = await this.#cache.write({ ...this.#at(bucket), life: this.#marks.lifeOf(bucket), previous: head.mark, next: mark, snapshots }).catch(() => 'lost' as const)
    return answer === 'applied' && this.#marks.rebuilt(bucket, mark)
  }

  async #scanInto(states: ReadonlyMap<number, Scanned>, from: number): Promise<void> {
    const take = (record: LogRecord): void => {
      const id = entityIdOf(record)
      if (id === undefined) return
      states.get(this.bucketOf(id))?.entities.set(id, record.value === null ? null : durableState(this.#codec, this.#plan, this.#partition, record, record.value))
    }
    await this.#scan.run(from, take, () => {
      for (const [bucket, scanned] of states) scanned.mark = this.#marks.expected(bucket)
    })
  }

  /** False: the cache did not take it, or a commit came meanwhile. */
  async #replace(bucket: number, mark: number, snapshots: readonly (readonly [EntityId, Uint8Array])[]): Promise<boolean> {
    try {
      await this.#cache.replace({ ...this.#at(bucket), life: this.#marks.lifeOf(bucket), next: mark, snapshots })
      return this.#marks.rebuilt(bucket, mark)
    } catch (thrown) {
      this.#telemetry.log('debug', `bucket ${bucket} could not be rebuilt in the snapshot cache: ${String(thrown)}`)
      return false
    }
  }

  async armed(): Promise<readonly Armed[]> {
    const { armed, by } = await this.#dues.find()
    if (by === 'scan') this.rebuilt += 1
    if (by === 'catch-up') this.caughtUp += 1
    return armed
  }

  async partitionRecord({ partitionFrom }: JournalRecord): Promise<{ readonly seq: number; readonly record: PartitionRecord } | undefined> {
    let newest: LogRecord | undefined
    await this.#scan.run(partitionFrom, (record) => {
      if (record.key !== null && equalBytes(record.key, PARTITION_KEY)) newest = record
    })
    return newest === undefined ? undefined : partitionState(this.#codec, newest)
  }

  written(seq: number, states: readonly WrittenState[], end: number): void {
    this.#scan.writtenEnd = end
    const byBucket = new Map<number, [EntityId, Uint8Array | null][]>()
    for (const { id, state } of states) {
      const bucket = this.bucketOf(id)
      if (state === null) this.#marks.ended(bucket)
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
