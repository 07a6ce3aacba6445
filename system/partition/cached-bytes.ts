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

export function packCached(id: EntityId, { seq, value }: StoredState): Uint8Array {
  const key = utf8Encode(id)
  const bytes = new Uint8Array(ID_AT + key.length + value.length)
  const view = new DataView(bytes.buffer)
  view.setFloat64(SEQ_AT, seq)
  view.setUint16(LENGTH_AT, key.length)
  bytes.set(key, ID_AT)
  bytes.set(value, ID_AT + key.length)
  view.setUint32(0, updateCrc32c(0, bytes, SEQ_AT))
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
