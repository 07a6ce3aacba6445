// Buckets for tests of what happens to a snapshot cache: one bucket, written and read in few words.
import assert from 'node:assert/strict'
import type { BucketWrite, SnapshotCache } from '../../system/ports/cache.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'

export const AT = { group: 'app.card', partition: 2, bucket: 5 }

export function idOf(text: string): EntityId {
  const id = parseEntityId(text)
  assert.ok(id !== undefined)
  return id
}

export const CARD = idOf('c1')

/** A write of one snapshot of one byte. */
export function writeOf(previous: number, next: number, byte: number, bucket = AT.bucket): BucketWrite {
  return { ...AT, bucket, life: 'life-1', previous, next, snapshots: [[CARD, new Uint8Array([byte])]] }
}

/** Mark and the byte of the snapshot; undefined where there is none. */
export async function seen(cache: SnapshotCache, bucket = AT.bucket): Promise<readonly [mark: number, byte: number | undefined]> {
  const [read] = await cache.load(AT.group, AT.partition, [{ bucket, ids: [CARD] }])
  assert.ok(read !== undefined)
  return [read.mark, read.snapshots[0]?.[0]]
}

export const NOTHING = [0, undefined]

/** The code of the OperationError that it rejects with, or what it answers. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then((answer) => answer, (thrown: unknown) => (thrown instanceof OperationError ? thrown.code : thrown))
}

/** `count` snapshots of `bytes` bytes; the first byte of each is its number. */
export function manySnapshots(count: number, bytes: number): (readonly [EntityId, Uint8Array])[] {
  return Array.from({ length: count }, (_, index) => [idOf(`e${index}`), new Uint8Array(bytes).fill(index % 251)] as const)
}
