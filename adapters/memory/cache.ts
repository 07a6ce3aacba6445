// The snapshot cache in memory, with the full mark protocol (K1-K4), and the torments that a cache may be put to at any time (I6).
import type { EntityId } from '../../system/protocol/ids.ts'
import type { BucketAddress, BucketContent, BucketLoad, BucketRead, BucketWrite, SnapshotCache } from '../../system/ports/cache.ts'

interface Bucket {
  readonly life: string
  readonly mark: number
  readonly snapshots: ReadonlyMap<EntityId, Uint8Array>
}

/** Everything the cache held at one moment. */
export type CacheCopy = ReadonlyMap<string, Bucket>

const nameOf = (at: BucketAddress): string => `${at.group}/${at.partition}/${at.bucket}`

export class MemoryCache implements SnapshotCache {
  // Buckets are never changed, only replaced: a copy of the map is a copy of the cache.
  #buckets = new Map<string, Bucket>()
  #dropsLeft = 0
  #unreachable: string | undefined

  async load(group: string, partition: number, buckets: readonly BucketLoad[]): Promise<readonly BucketRead[]> {
    this.#reach()
    return buckets.map(({ bucket, ids }) => {
      const stored = this.#buckets.get(nameOf({ group, partition, bucket }))
      return { bucket, life: stored?.life, mark: stored?.mark ?? 0, snapshots: ids.map((id) => stored?.snapshots.get(id)?.slice()) }
    })
  }

  async readAll(at: BucketAddress): Promise<BucketContent> {
    this.#reach()
    const stored = this.#buckets.get(nameOf(at))
    return { life: stored?.life, mark: stored?.mark ?? 0, snapshots: [...(stored?.snapshots ?? [])].map(([id, bytes]) => [id, bytes.slice()] as const) }
  }

  async write(write: BucketWrite): Promise<'applied' | 'ignored' | 'lost'> {
    this.#reach()
    const name = nameOf(write)
    const stored = this.#buckets.get(name)
    const isNext = stored === undefined ? write.previous === 0 : stored.life === write.life && stored.mark === write.previous
    if (isNext) {
      if (!this.#drops()) this.#buckets.set(name, { life: write.life, mark: write.next, snapshots: merged(stored?.snapshots ?? new Map(), write.snapshots) })
      return 'applied'
    }
    if (stored?.life === write.life && stored.mark >= write.next) return 'ignored'
    this.#buckets.delete(name)
    return 'lost'
  }

  async replace(write: Omit<BucketWrite, 'previous'>): Promise<void> {
    this.#reach()
    if (this.#drops()) return
    this.#buckets.set(nameOf(write), { life: write.life, mark: write.next, snapshots: merged(new Map(), write.snapshots) })
  }

  async close(): Promise<void> {}

  /** Torment: everything is gone. */
  flush(): void {
    this.#buckets.clear()
  }

  /** Torment: one bucket is gone, as by eviction. */
  deleteBucket(at: BucketAddress): void {
    this.#buckets.delete(nameOf(at))
  }

  /** Torment: flips bits of one byte of a stored snapshot. Answers false when there is none. `pick` is in [0, 1). */
  corrupt(at: BucketAddress, id: EntityId, pick: number): boolean {
    const stored = this.#buckets.get(nameOf(at))
    const bytes = stored?.snapshots.get(id)?.slice()
    if (stored === undefined || bytes === undefined || bytes.length === 0) return false
    const index = Math.floor(pick * bytes.length)
    bytes[index] = (bytes[index] ?? 0) ^ 0xa5
    this.#buckets.set(nameOf(at), { ...stored, snapshots: new Map([...stored.snapshots, [id, bytes]]) })
    return true
  }

  /** For `rollBack`. */
  copy(): CacheCopy {
    return new Map(this.#buckets)
  }

  /** Torment: everything is as it was at an earlier moment, as by a stale replica. */
  rollBack(to: CacheCopy): void {
    this.#buckets = new Map(to)
  }

  /** Torment: the next writes are confirmed and not kept. */
  dropWrites(count: number): void {
    this.#dropsLeft = count
  }

  /** Torment: two buckets change places, marks and lives included. */
  swap(a: BucketAddress, b: BucketAddress): void {
    const [first, second] = [this.#buckets.get(nameOf(a)), this.#buckets.get(nameOf(b))]
    this.#put(nameOf(a), second)
    this.#put(nameOf(b), first)
  }

  /** Torment: the bucket says it is of another life. */
  relive(at: BucketAddress, life: string): void {
    const stored = this.#buckets.get(nameOf(at))
    if (stored !== undefined) this.#buckets.set(nameOf(at), { ...stored, life })
  }

  /** Torment: calls reject with this text until it is undefined again. */
  unreachable(reason: string | undefined): void {
    this.#unreachable = reason
  }

  /** What is stored, for whoever torments: addresses, marks and the ids in them. */
  addresses(): readonly { readonly at: BucketAddress; readonly mark: number; readonly ids: readonly EntityId[] }[] {
    return [...this.#buckets].map(([name, { mark, snapshots }]) => {
      const [bucket = '0', partition = '0', ...group] = name.split('/').reverse()
      const at = { group: group.reverse().join('/'), partition: Number(partition), bucket: Number(bucket) }
      return { at, mark, ids: [...snapshots.keys()] }
    })
  }

  #put(name: string, bucket: Bucket | undefined): void {
    if (bucket === undefined) this.#buckets.delete(name)
    else this.#buckets.set(name, bucket)
  }

  #drops(): boolean {
    if (this.#dropsLeft === 0) return false
    this.#dropsLeft -= 1
    return true
  }

  #reach(): void {
    if (this.#unreachable !== undefined) throw new CacheUnreachable(this.#unreachable)
  }
}

/** What callers of an unreachable cache get. */
export class CacheUnreachable extends TypeError {
  override readonly name = 'CacheUnreachable'
}

export function memoryCache(): MemoryCache {
  return new MemoryCache()
}

function merged(stored: ReadonlyMap<EntityId, Uint8Array>, changes: BucketWrite['snapshots']): ReadonlyMap<EntityId, Uint8Array> {
  const snapshots = new Map(stored)
  for (const [id, bytes] of changes) {
    if (bytes === null) snapshots.delete(id)
    else snapshots.set(id, bytes.slice())
  }
  return snapshots
}
