// Codec: plain data to CBOR and back, behind the codec port. See format.ts for the bytes.
//
// C1..C3 of the port. `canonical` sorts keys by UTF-16 code unit, at every depth.
import type { Codec, Decoded } from '../../system/ports/codec.ts'
import { decodeForeign } from './foreign.ts'
import { Malformed, Reader } from './reader.ts'
import { Writer } from './writer.ts'

export const cborCodec: Codec = {
  encode: writingWith(false),
  canonical: writingWith(true),
  decode: decodeOwn,
  decodeForeign,
}

function decodeOwn(bytes: Uint8Array): Decoded {
  try {
    return { kind: 'ok', value: new Reader(bytes).read() }
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'failed', reason: error.message }
    throw error
  }
}

function writingWith(sorted: boolean): (value: unknown) => Uint8Array {
  const shared = new Writer(sorted)
  let isBusy = false
  return (value) => {
    // A getter inside the value may encode something else meanwhile.
    if (isBusy) return new Writer(sorted).write(value)
    isBusy = true
    try {
      return shared.write(value)
    } finally {
      isBusy = false
    }
  }
}
