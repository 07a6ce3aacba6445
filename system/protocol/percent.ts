// Percent-encoding of the parts of ids, so that parts joined by '-' or '/' can be told apart again (I2).
//
// Owns: one part, as in `topic-partition-offset` and `timer-<entity>-<timer>-<generation>`. Joining is done in `ids.ts`.
//
// C1. An encoded part holds only letters, digits, '.', '_', '~' and '%XX' with upper-case hex digits.
// C2. percentDecode(percentEncode(part)) = part, so that joining encoded parts by '-' or '/' is injective.
// C3. Each part has one encoded form; percentDecode refuses every other spelling.

import { utf8Decode, utf8Encode } from './utf8.ts'

const HEX = '0123456789ABCDEF'
const PLAIN = /^[A-Za-z0-9._~]*$/

function isPlain(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2e || byte === 0x5f || byte === 0x7e
}

/** The part with each other byte of its UTF-8 as %XX (C1). Throws `MalformedText` for a lone surrogate. */
export function percentEncode(part: string): string {
  if (PLAIN.test(part)) return part
  let encoded = ''
  for (const byte of utf8Encode(part)) {
    encoded += isPlain(byte) ? String.fromCharCode(byte) : `%${HEX.charAt(byte >> 4)}${HEX.charAt(byte & 15)}`
  }
  return encoded
}

/** The part that `percentEncode` made this from, or undefined when it made no such text (C3). */
export function percentDecode(encoded: string): string | undefined {
  if (PLAIN.test(encoded)) return encoded
  const bytes = new Uint8Array(encoded.length)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    let byte = encoded.charCodeAt(i)
    if (byte === 0x25) {
      byte = byteOfHex(encoded.charAt(i + 1), encoded.charAt(i + 2))
      i += 2
      if (byte < 0 || isPlain(byte)) return undefined
    } else if (!isPlain(byte)) {
      return undefined
    }
    bytes[length] = byte
    length += 1
  }
  return utf8Decode(bytes, 0, length)
}

/** The byte written as two upper-case hex digits, or -1. */
function byteOfHex(high: string, low: string): number {
  if (high === '' || low === '') return -1
  const upper = HEX.indexOf(high)
  const lower = HEX.indexOf(low)
  return upper < 0 || lower < 0 ? -1 : upper * 16 + lower
}
