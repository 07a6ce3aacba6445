// Replies: what Redis answered, taken for nothing that it is not (I6). A bucket without a whole head holds nothing.
import type { BucketContent, BucketLoad, BucketRead } from '../../system/ports/cache.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { idOfField, LIFE_FIELD, MARK_FIELD } from './keys.ts'

const MARK = /^\d{1,16}$/

/** Of HMGET: life, mark, snapshots. */
export function bucketRead({ bucket, ids }: BucketLoad, reply: unknown): BucketRead {
  const [life, mark, ...values]: readonly unknown[] = Array.isArray(reply) ? reply : []
  const head = headOf(life, mark)
  return { bucket, ...head, snapshots: ids.map((_, index) => (head.life === undefined ? undefined : bytesOf(values[index]))) }
}

/** Of HGETALL: field, value, field, value. */
export function bucketContent(reply: unknown): BucketContent {
  const flat: readonly unknown[] = Array.isArray(reply) ? reply : []
  const snapshots: (readonly [EntityId, Uint8Array])[] = []
  const named = new Map<string, unknown>()
  for (let index = 0; index < flat.length; index += 2) {
    const field = String(flat[index])
    const id = idOfField(field)
    const bytes = id === undefined ? undefined : bytesOf(flat[index + 1])
    if (id !== undefined && bytes !== undefined) snapshots.push([id, bytes])
    else named.set(field, flat[index + 1])
  }
  const head = headOf(named.get(LIFE_FIELD), named.get(MARK_FIELD))
  return { ...head, snapshots: head.life === undefined ? [] : snapshots }
}

export function writeAnswer(reply: unknown): 'applied' | 'ignored' | 'lost' {
  // What is no answer is no confirmation.
  return reply === 'applied' || reply === 'ignored' ? reply : 'lost'
}

function headOf(life: unknown, mark: unknown): { readonly life: string | undefined; readonly mark: number } {
  const text = Buffer.isBuffer(mark) ? mark.toString('latin1') : ''
  return Buffer.isBuffer(life) && MARK.test(text) ? { life: life.toString(), mark: Number(text) } : { life: undefined, mark: 0 }
}

/** A copy: a Buffer's `slice` is none, and it would keep all that came with it. */
function bytesOf(value: unknown): Uint8Array | undefined {
  return Buffer.isBuffer(value) ? new Uint8Array(value) : undefined
}
