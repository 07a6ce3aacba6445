// Requests: what a write becomes on its way: fields and values, in requests that Redis takes without anybody waiting for long.
import type { BucketWrite } from '../../system/ports/cache.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { removalField, snapshotField } from './keys.ts'
import type { Argument } from './scripts.ts'

/** Of one request: what a script may take in one go. More is staged. */
export const REQUEST_BYTES_MAX = 4 << 20
/** What an argument costs beside its bytes. */
const ARGUMENT_BYTES = 16

export interface Entry {
  readonly field: string
  readonly value: Buffer
}

/** Snapshots of one write: the newest of each entity. */
export interface Parted {
  readonly kept: readonly Entry[]
  readonly removed: readonly EntityId[]
  readonly bytes: number
}

export function partedOf(snapshots: BucketWrite['snapshots']): Parted {
  const newest = new Map(snapshots)
  const kept: Entry[] = []
  const removed: EntityId[] = []
  let bytes = 0
  for (const [id, snapshot] of newest) {
    if (snapshot === null) removed.push(id)
    else kept.push({ field: snapshotField(id), value: bufferOf(snapshot) })
    bytes += id.length + (snapshot?.length ?? 0) + 2 * ARGUMENT_BYTES
  }
  return { kept, removed, bytes }
}

/** What is staged of them; removals are entries too. */
export function stagedOf({ kept, removed }: Parted): readonly Entry[] {
  return [...kept, ...removed.map((id) => ({ field: removalField(id), value: Buffer.alloc(0) }))]
}

export interface Chunk {
  readonly args: readonly Argument[]
  readonly bytes: number
}

/** Entries in requests of at most REQUEST_BYTES_MAX, or of one entry. */
export function* chunksOf(entries: readonly Entry[]): Generator<Chunk> {
  let args: Argument[] = []
  let bytes = 0
  for (const { field, value } of entries) {
    const more = field.length + value.length + 2 * ARGUMENT_BYTES
    if (args.length > 0 && bytes + more > REQUEST_BYTES_MAX) {
      yield { args, bytes }
      args = []
      bytes = 0
    }
    args.push(field, value)
    bytes += more
  }
  if (args.length > 0) yield { args, bytes }
}

export function argumentsOf(entries: readonly Entry[]): readonly Argument[] {
  return entries.flatMap(({ field, value }) => [field, value])
}

/** The same bytes: the client knows Buffers alone. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
