// The snapshot cache in memory, with the full mark protocol (K1-K4), and the torments that a cache may be put to at any time (I6).
import type { EntityId } from '../../system/protocol/ids.ts'
import type { BucketAddress, BucketContent, BucketLoad, BucketRead, BucketWrite, SnapshotCache } from '../../system/ports/cache.ts'

/**
 * Changed in place: a write costs what it brings, however much the bucket holds. Bytes are kept as texts of one character each: hundreds of thousands of
 * small buffers would burden every collection of garbage.
 */
interface Bucket {
  readonly life: string
  mark: number
  readonly snapshots: Map<EntityId, string>
}

/** Everything the cache held at one moment. */
export type CacheCopy = ReadonlyMap<string, Bucket>

const nameOf = (at: BucketAddress): string => `${at.group}/${at.partition}/${at.bucket}`

export class MemoryCache implements SnapshotCache {
  #buckets = new Map<string, Bucket>()
  #dropsLeft = 0
  #unreachable: string | undefined

  async load(group: string, partition: number, buckets: readonly BucketLoad[]): Promise<readonly BucketRead[]> {
    this.#reach()
    return buckets.map(({ bucket, ids }) => {
      const stored = this.#buckets.get(nameOf({ group, partition, bucket }))
      return { bucket, life: stored?.life, mark: stored?.mark ?? 0, snapshots: ids.map((id) => maybeUnpacked(stored?.snapshots.get(id))) }
    })
  }

  async readAll(at: BucketAddress): Promise<BucketContent> {
    this.#reach()
    const stored = this.#buckets.get(nameOf(at))
    return { life: stored?.life, mark: stored?.mark ?? 0, snapshots: [...(stored?.snapshots ?? [])].map(([id, text]) => [id, unpacked(text)] as const) }
  }

  async write(write: BucketWrite): Promise<'applied' | 'ignored' | 'lost'> {
    this.#reach()
    const name = nameOf(write)
    const stored = this.#buckets.get(name)
    const isNext = stored === undefined ? write.previous === 0 : stored.life === write.life && stored.mark === write.previous
    if (isNext) {
      if (!this.#drops()) this.#apply(name, stored ?? { life: write.life, mark: 0, snapshots: new Map() }, write)
      return 'applied'
    }
    if (stored?.life === write.life && stored.mark >= write.next) return 'ignored'
    this.#buckets.delete(name)
    return 'lost'
  }

  async replace(write: Omit<BucketWrite, 'previous'>): Promise<void> {
    this.#reach()
    if (this.#drops()) return
    this.#apply(nameOf(write), { life: write.life, mark: 0, snapshots: new Map() }, write)
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
    const bytes = maybeUnpacked(stored?.snapshots.get(id))
    if (stored === undefined || bytes === undefined || bytes.length === 0) return false
    const index = Math.floor(pick * bytes.length)
    bytes[index] = (bytes[index] ?? 0) ^ 0xa5
    stored.snapshots.set(id, packed(bytes))
    return true
  }

  /** For `rollBack`. */
  copy(): CacheCopy {
    return copyOf(this.#buckets)
  }

  /** Torment: everything is as it was at an earlier moment, as by a stale replica. */
  rollBack(to: CacheCopy): void {
    this.#buckets = copyOf(to)
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

  #apply(name: string, bucket: Bucket, { next, snapshots }: Pick<BucketWrite, 'next' | 'snapshots'>): void {
    for (const [id, bytes] of snapshots) {
      if (bytes === null) bucket.snapshots.delete(id)
      else bucket.snapshots.set(id, packed(bytes))
    }
    bucket.mark = next
    this.#buckets.set(name, bucket)
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

const packed = ({ buffer, byteOffset, length }: Uint8Array): string => Buffer.from(buffer, byteOffset, length).toString('latin1')

function unpacked(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  Buffer.from(bytes.buffer).write(text, 'latin1')
  return bytes
}

const maybeUnpacked = (text: string | undefined): Uint8Array | undefined => (text === undefined ? undefined : unpacked(text))

function copyOf(buckets: ReadonlyMap<string, Bucket>): Map<string, Bucket> {
  return new Map([...buckets].map(([name, bucket]) => [name, { ...bucket, snapshots: new Map(bucket.snapshots) }]))
}
