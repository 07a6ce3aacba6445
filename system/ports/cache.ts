// Port: the snapshot cache. Mirrors the state topic and nothing else; may lose, corrupt or roll back anything at any time (I6).
//
// A partition's snapshots live in B buckets, bucket = hash(id) mod B. Each bucket carries the mark of its last write and the journal's life.
// K1. A write is applied iff life and stored mark equal the write's `life` and `previous` (absent = mark 0 of any life).
// K2. Same life and stored mark >= next: `ignored` (a repeat). Anything else deletes the bucket: `lost`.
// K3. A write is atomic: mark and snapshots together.
// K4. `load` and `readAll` answer the bucket's mark as of the same moment as the snapshots.
import type { EntityId } from '../protocol/ids.ts'

export interface BucketAddress {
  /** `<app>.<type>`. */
  readonly group: string
  readonly partition: number
  readonly bucket: number
}

export interface BucketWrite extends BucketAddress {
  readonly life: string
  /** Mark (seq) that must stand stored; 0 = nothing stored. */
  readonly previous: number
  /** Mark after the write. */
  readonly next: number
  /** Null removes the snapshot. Bytes carry their own checksum. */
  readonly snapshots: readonly (readonly [EntityId, Uint8Array | null])[]
}

export interface BucketRead {
  readonly bucket: number
  /** Undefined: nothing stored. */
  readonly life: string | undefined
  readonly mark: number
  /** In the order of the ids asked for; undefined where there is none. */
  readonly snapshots: readonly (Uint8Array | undefined)[]
}

export interface BucketLoad {
  readonly bucket: number
  readonly ids: readonly EntityId[]
}

/** A whole bucket. */
export interface BucketContent {
  readonly life: string | undefined
  readonly mark: number
  readonly snapshots: readonly (readonly [EntityId, Uint8Array])[]
}

export interface SnapshotCache {
  /** One round trip. Rejects when the cache cannot be reached: the caller treats all buckets as lost. */
  load(group: string, partition: number, buckets: readonly BucketLoad[]): Promise<readonly BucketRead[]>
  /** Everything of one bucket, for the due index. */
  readAll(at: BucketAddress): Promise<BucketContent>
  write(write: BucketWrite): Promise<'applied' | 'ignored' | 'lost'>
  /** Replaces a whole bucket: staged, then swapped in with its mark. */
  replace(write: Omit<BucketWrite, 'previous'>): Promise<void>
  close(): Promise<void>
}
