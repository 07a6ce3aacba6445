// SHA-256 (FIPS 180-4): names of content, such as definitions, models and artifacts.
//
// Owns: one synchronous digest. The standard `crypto.subtle` is asynchronous, and a definition must have its hash when it is
// made. Too slow for records; `checksum.ts` covers those.

import { utf8Encode } from './utf8.ts'

const BLOCK_BYTES = 64

/** Fractional bits of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const ROUND = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
])
const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]

// Reused by every block: filled and read within one call.
const schedule = new Int32Array(64)

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function fillSchedule(view: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(offset + 4 * i)
  for (let i = 16; i < 64; i++) {
    const a = schedule[i - 15] as number
    const b = schedule[i - 2] as number
    const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    schedule[i] = (schedule[i - 16] as number) + small0 + (schedule[i - 7] as number) + small1
  }
}

/** Folds the 64 bytes at `offset` into the state. */
function compress(state: Int32Array, view: DataView, offset: number): void {
  fillSchedule(view, offset)
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const t1 = (h + big1 + choice + (ROUND[i] as number) + (schedule[i] as number)) | 0
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + big0 + majority) | 0
  }
  const working = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (working[i] as number)
}

/** The rest that fills no block, then a 1 bit, zeros and the length in bits: one block or two. */
function padded(bytes: Uint8Array, from: number): DataView {
  const rest = bytes.length - from
  const view = new DataView(new ArrayBuffer(rest + 9 > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES))
  new Uint8Array(view.buffer).set(bytes.subarray(from))
  view.setUint8(rest, 0x80)
  view.setUint32(view.byteLength - 8, Math.floor(bytes.length / 0x20000000))
  view.setUint32(view.byteLength - 4, bytes.length << 3)
  return view
}

/** The digest as 64 lower-case hex digits; text is hashed as UTF-8. Throws `MalformedText` for a lone surrogate. */
export function sha256Hex(content: Uint8Array | string): string {
  const bytes = typeof content === 'string' ? utf8Encode(content) : content
  const state = new Int32Array(INITIAL)
  const whole = bytes.length - bytes.length % BLOCK_BYTES
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let offset = 0; offset < whole; offset += BLOCK_BYTES) compress(state, view, offset)
  const end = padded(bytes, whole)
  for (let offset = 0; offset < end.byteLength; offset += BLOCK_BYTES) compress(state, end, offset)
  let hex = ''
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, '0')
  return hex
}
