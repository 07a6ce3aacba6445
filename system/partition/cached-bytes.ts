// A snapshot's bytes in the cache: its seq, its id, its value and a checksum over all of it, so that nothing foreign or damaged is taken for a state (I6).
//
// Layout: checksum of what follows (u32) | seq (f64) | length of the id (u16) | id | value. Big-endian.
import { updateCrc32c } from '../protocol/checksum.ts'
import type { EntityId } from '../protocol/ids.ts'
import { utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { StoredState } from './state-store.ts'

const SEQ_AT = 4
const LENGTH_AT = 12
const ID_AT = 14

/** States of one commit share buffers: one for each would cost more than what is written into it. */
const SLAB_BYTES = 64 * 1024
/** Larger ones get a buffer of their own: they must not keep a mostly empty one alive, nor waste the end of one. */
const SHARED_BYTES_MAX = 2048

let slab = new DataView(new ArrayBuffer(SLAB_BYTES))
let slabAt = 0

/** What it answers is never written again. */
export function packCached(id: EntityId, { seq, value }: StoredState): Uint8Array {
  const key = utf8Encode(id)
  const length = ID_AT + key.length + value.length
  const isShared = length <= SHARED_BYTES_MAX
  if (isShared && slabAt + length > SLAB_BYTES) {
    slab = new DataView(new ArrayBuffer(SLAB_BYTES))
    slabAt = 0
  }
  const view = isShared ? slab : new DataView(new ArrayBuffer(length))
  const from = isShared ? slabAt : 0
  if (isShared) slabAt += length
  const bytes = new Uint8Array(view.buffer, from, length)
  view.setFloat64(from + SEQ_AT, seq)
  view.setUint16(from + LENGTH_AT, key.length)
  bytes.set(key, ID_AT)
  bytes.set(value, ID_AT + key.length)
  view.setUint32(from, updateCrc32c(0, bytes, SEQ_AT))
  return bytes
}

/** The state, or undefined when the bytes are damaged or another entity's. */
export function unpackCached(id: EntityId, bytes: Uint8Array): StoredState | undefined {
  if (bytes.length < ID_AT) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== updateCrc32c(0, bytes, SEQ_AT)) return undefined
  const valueAt = ID_AT + view.getUint16(LENGTH_AT)
  if (valueAt > bytes.length || utf8Decode(bytes, ID_AT, valueAt) !== id) return undefined
  return { seq: view.getFloat64(SEQ_AT), value: bytes.subarray(valueAt) }
}
