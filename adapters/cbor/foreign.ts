// Foreign CBOR: what other producers write. Short floats, indefinite lengths and tags are legal there; cbor-x reads them.
//
// Q1. Before cbor-x sees a byte, a walk over the items has shown that they are well formed and as many as they say: lengths cost nothing.
// Q2. What comes out is plain data without a key `__proto__`, or the read fails.
import { Decoder } from 'cbor-x'
import { VALUE_DEPTH_MAX } from '../../system/protocol/limits.ts'
import { notPlain } from '../../system/protocol/plain.ts'
import type { Decoded } from '../../system/ports/codec.ts'
import { CborWalk } from './walk.ts'

const decoder = new Decoder({ mapsAsObjects: true, useRecords: false, int64AsNumber: false } as ConstructorParameters<typeof Decoder>[0])

/** Reads any well-formed CBOR value that is plain data. */
export function decodeForeign(bytes: Uint8Array): Decoded {
  const problem = new CborWalk(bytes, VALUE_DEPTH_MAX).problem()
  if (problem !== undefined) return { kind: 'failed', reason: problem }
  try {
    const value: unknown = decoder.decode(bytes)
    const odd = notPlain(value, 'value')
    return odd === undefined ? { kind: 'ok', value } : { kind: 'failed', reason: `${odd.path} is ${odd.reason}` }
  } catch (thrown) {
    return { kind: 'failed', reason: `not CBOR: ${thrown instanceof Error ? thrown.message : 'unreadable'}` }
  }
}
