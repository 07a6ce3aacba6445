// A snapshot's bytes in the cache: id, seq and a checksum over all of it, so that nothing foreign or damaged is taken for a state (I6).
import { crc32c, updateCrc32c } from '../protocol/checksum.ts'
import type { EntityId } from '../protocol/ids.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import type { StoredState } from './state-store.ts'

export function packCached(codec: Codec, id: EntityId, state: StoredState): Uint8Array {
  return codec.encode([id, state.seq, checksumOf(id, state.seq, state.value), state.value])
}

/** The state, or undefined when the bytes are damaged or another entity's. */
export function unpackCached(codec: Codec, id: EntityId, bytes: Uint8Array): StoredState | undefined {
  const decoded = codec.decode(bytes)
  if (decoded.kind === 'failed' || !Array.isArray(decoded.value)) return undefined
  const [of, seq, checksum, value] = decoded.value as readonly unknown[]
  if (of !== id || typeof seq !== 'number' || !(value instanceof Uint8Array)) return undefined
  return checksum === checksumOf(id, seq, value) ? { seq, value } : undefined
}

function checksumOf(id: EntityId, seq: number, value: Uint8Array): number {
  return updateCrc32c(crc32c(utf8Encode(`${seq}/${id}`)), value)
}
