// CachedStates: the state topic behind a snapshot cache that may lose, corrupt or roll back anything at any moment.
//
// Owns: per bucket the mark sent and the mark acknowledged. The cache owns nothing that cannot be rebuilt from the state topic.
//
// K5. A read of a bucket is valid iff it has our life and acknowledged <= mark <= sent; else the bucket is lost.
// K6. A lost bucket gets no writes until it is rebuilt from the state topic, with the mark expected then.
// K7. Writes of a bucket go in seq order; one that fails or is refused makes the bucket lost.
import { crc32c } from '../protocol/checksum.ts'
import { murmur2 } from '../protocol/murmur2.ts'
import { PARTITION_KEY, parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { BATCH_BYTES_MAX, CACHE_BUCKETS } from '../protocol/limits.ts'
import { equalBytes, utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { BucketWrite, SnapshotCache } from '../ports/cache.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { TypePlan } from './topology.ts'
import { armedOf, durableState, partitionState } from './state-store.ts'
import type { Armed, StateStore, StoredState, WrittenState } from './state-store.ts'
import type { PartitionRecord } from './states.ts'

type Bucket =
  | { readonly kind: 'lost' }
  | { readonly kind: 'kept'; readonly sent: number; readonly acknowledged: number }

const LOST: Bucket = { kind: 'lost' }

export class CachedStates implements StateStore {
  readonly buckets = CACHE_BUCKETS
  readonly #log: Log
  readonly #cache: SnapshotCache
  readonly #codec: Codec
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #telemetry: Telemetry
  readonly #state: Bucket[] = Array.from({ length: CACHE_BUCKETS }, () => LOST)
  readonly #expected: number[] = Array.from({ length: CACHE_BUCKETS }, () => 0)
  readonly #flights: Promise<void>[] = Array.from({ length: CACHE_BUCKETS }, () => Promise.resolve())
  #life = ''
  /** Buckets rebuilt since the start, for telemetry and tests. */
  rebuilt = 0

  constructor(log: Log, cache: SnapshotCache, codec: Codec, plan: TypePlan, partition: number, telemetry: Telemetry) {
    this.#log = log
    this.#cache = cache
    this.#codec = codec
    this.#plan = plan
    this.#partition = partition
    this.#telemetry = telemetry
  }

  bucketOf(id: EntityId): number {
    return (murmur2(utf8Encode(id)) & 0x7fffffff) % CACHE_BUCKETS
  }

  expect(life: string, marks: readonly number[]): void {
    this.#life = life
    for (let bucket = 0; bucket < CACHE_BUCKETS; bucket += 1) {
      const mark = marks[bucket] ?? 0
      this.#expected[bucket] = mark
      this.#state[bucket] = { kind: 'kept', sent: mark, acknowledged: mark }
    }
  }

  async load(ids: readonly EntityId[]): Promise<ReadonlyMap<EntityId, StoredState>> {
    const found = new Map<EntityId, StoredState>()
    const byBucket = new Map<number, EntityId[]>()
    for (const id of ids) {
      const bucket = this.bucketOf(id)
      const list = byBucket.get(bucket)
      if (list === undefined) byBucket.set(bucket, [id])
      else list.push(id)
    }
    const lost = new Set([...byBucket.keys()].filter((bucket) => this.#state[bucket]?.kind === 'lost'))
    const asked = [...byBucket].filter(([bucket]) => !lost.has(bucket)).map(([bucket, list]) => ({ bucket, ids: list }))
    await Promise.all(asked.map(({ bucket }) => this.#flights[bucket]))
    for (const bucket of await this.#read(asked, found)) lost.add(bucket)
    if (lost.size > 0) await this.#rebuild(new Set([...lost, ...this.#lostBuckets()]), new Set(ids), found)
    return found
  }

  /** Reads buckets into `found`; answers those whose read is not valid (K5). */
  async #read(asked: readonly { readonly bucket: number; readonly ids: readonly EntityId[] }[], found: Map<EntityId, StoredState>): Promise<readonly number[]> {
    if (asked.length === 0) return []
    const reads = await this.#cache.load(this.#plan.group, this.#partition, asked).catch((thrown: unknown) => {
      this.#telemetry.log('warn', `the snapshot cache does not answer; states come from the log: ${String(thrown)}`)
      return []
    })
    return asked.filter(({ bucket, ids }) => {
      const read = reads.find((one) => one.bucket === bucket)
      const known = this.#state[bucket]
      const mark = read?.life === undefined ? 0 : read.mark
      const valid = read !== undefined && known?.kind === 'kept' && (read.life === undefined || read.life === this.#life) && known.acknowledged <= mark && mark <= known.sent
      return !valid || !this.#take(ids, read.snapshots, found)
    }).map(({ bucket }) => bucket)
  }

  /** False when a cached snapshot is damaged. */
  #take(ids: readonly EntityId[], snapshots: readonly (Uint8Array | undefined)[], found: Map<EntityId, StoredState>): boolean {
    return ids.every((id, index) => {
      const bytes = snapshots[index]
      if (bytes === undefined) return true
      const decoded = this.#codec.decode(bytes)
      if (decoded.kind === 'failed' || !Array.isArray(decoded.value)) return false
      const [of, seq, crc, value] = decoded.value as readonly unknown[]
      if (of !== id || typeof seq !== 'number' || !(value instanceof Uint8Array) || crc !== checkOf(seq, value)) return false
      found.set(id, { seq, value })
      return true
    })
  }

  /** One scan of the state topic rebuilds all lost buckets. */
  async #rebuild(lost: ReadonlySet<number>, wanted: ReadonlySet<EntityId>, found: Map<EntityId, StoredState>): Promise<void> {
    const states = new Map<number, Map<EntityId, StoredState>>([...lost].map((bucket) => [bucket, new Map()]))
    await this.#scan((record) => {
      const id = entityIdOf(record)
      const bucket = id === undefined ? undefined : states.get(this.bucketOf(id))
      if (id === undefined || bucket === undefined) return
      if (record.value === null) bucket.delete(id)
      else bucket.set(id, durableState(this.#codec, this.#plan, this.#partition, record, record.value))
    })
    for (const [bucket, entities] of states) {
      this.rebuilt += 1
      for (const [id, state] of entities) if (wanted.has(id)) found.set(id, state)
      const next = this.#expected[bucket] ?? 0
      if (next === 0) {
        this.#state[bucket] = { kind: 'kept', sent: 0, acknowledged: 0 }
        continue
      }
      const snapshots = [...entities].map(([id, state]) => [id, this.#pack(id, state)] as const)
      try {
        await this.#cache.replace({ group: this.#plan.group, partition: this.#partition, bucket, life: this.#life, next, snapshots })
        this.#state[bucket] = { kind: 'kept', sent: next, acknowledged: next }
      } catch (thrown) {
        this.#telemetry.log('warn', `bucket ${bucket} could not be rebuilt in the snapshot cache: ${String(thrown)}`)
      }
    }
  }

  #lostBuckets(): readonly number[] {
    return this.#state.flatMap((bucket, index) => (bucket.kind === 'lost' ? [index] : []))
  }

  async #scan(take: (record: LogRecord) => void): Promise<void> {
    const { state } = this.#plan
    const end = await this.#log.offsetsAt(state, this.#partition, 'latest')
    for (let from = await this.#log.offsetsAt(state, this.#partition, 'earliest'); from < end; ) {
      const range = await this.#log.read(state, this.#partition, from, end, { recordsMax: 10_000, bytesMax: BATCH_BYTES_MAX })
      for (const record of range.records) take(record)
      from = range.to
    }
  }

  async armed(): Promise<readonly Armed[]> {
    const newest = new Map<EntityId, LogRecord>()
    await this.#scan((record) => {
      const id = entityIdOf(record)
      if (id === undefined) return
      if (record.value === null) newest.delete(id)
      else newest.set(id, { ...record, value: null })
    })
    return armedOf(this.#codec, [...newest.values()])
  }

  async partitionRecord(): Promise<{ readonly seq: number; readonly record: PartitionRecord } | undefined> {
    let newest: LogRecord | undefined
    await this.#scan((record) => {
      if (record.key !== null && equalBytes(record.key, PARTITION_KEY)) newest = record
    })
    return newest === undefined ? undefined : partitionState(this.#codec, newest)
  }

  written(seq: number, states: readonly WrittenState[]): void {
    const byBucket = new Map<number, WrittenState[]>()
    for (const written of states) {
      const bucket = this.bucketOf(written.id)
      const list = byBucket.get(bucket)
      if (list === undefined) byBucket.set(bucket, [written])
      else list.push(written)
    }
    for (const [bucket, list] of byBucket) {
      this.#expected[bucket] = seq
      const known = this.#state[bucket] ?? LOST
      if (known.kind === 'lost') continue
      const write: BucketWrite = {
        group: this.#plan.group, partition: this.#partition, bucket, life: this.#life, previous: known.sent, next: seq,
        snapshots: list.map(({ id, state }) => [id, state === null ? null : this.#pack(id, state)] as const),
      }
      this.#state[bucket] = { ...known, sent: seq }
      this.#flights[bucket] = (this.#flights[bucket] ?? Promise.resolve()).then(() => this.#send(write))
    }
  }

  async #send(write: BucketWrite): Promise<void> {
    if (this.#state[write.bucket]?.kind === 'lost') return
    this.#telemetry.probe('during-cache', this.#plan.group, this.#partition)
    const answer = await this.#cache.write(write).catch(() => 'lost' as const)
    const known = this.#state[write.bucket] ?? LOST
    if (known.kind === 'lost') return
    this.#state[write.bucket] = answer === 'lost' ? LOST : { ...known, acknowledged: Math.max(known.acknowledged, write.next) }
  }

  /** B1: its bucket acknowledges everything sent, or is lost and will be rebuilt. */
  mayLeave(id: EntityId): boolean {
    const known = this.#state[this.bucketOf(id)] ?? LOST
    return known.kind === 'lost' || known.acknowledged === known.sent
  }

  async flush(): Promise<void> {
    await Promise.all(this.#flights)
  }

  #pack(id: EntityId, state: StoredState): Uint8Array {
    return this.#codec.encode([id, state.seq, checkOf(state.seq, state.value), state.value])
  }
}

function entityIdOf(record: LogRecord): EntityId | undefined {
  const text = record.key === null ? undefined : utf8Decode(record.key)
  return text === undefined ? undefined : parseEntityId(text)
}

/** Covers the seq too: an older seq over newer bytes is damage. */
function checkOf(seq: number, value: Uint8Array): number {
  return (crc32c(value) ^ (seq >>> 0)) >>> 0
}
