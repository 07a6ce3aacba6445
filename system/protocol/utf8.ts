// UTF-8 of short strings, and the order and equality of bytes.
//
// Owns: text <-> bytes for ids, keys and headers. Most of them are ASCII of a few dozen characters: those are encoded by
// hand, because a call into Node's encoder costs four times as much. Everything else, and all decoding, is left to
// the standard TextEncoder and TextDecoder.
//
// U1. What is not well-formed is refused, never replaced by U+FFFD: two different inputs must not become one key.

const encoder = new TextEncoder()
// `ignoreBOM` keeps a leading U+FEFF in the text; dropping it would break the round trip.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const ASCII_COPY_MAX = 48

/** Thrown by `utf8Encode` for text with a lone surrogate; `isWellFormed` asks first. */
export class MalformedText extends TypeError {
  override readonly name = 'MalformedText'
}

/** True when the text has no lone surrogate, i.e. has a UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed()
}

/** The number of bytes of the text in UTF-8; a lone surrogate counts as 3, as its replacement would. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) {
      bytes += 1
    } else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 2 // a pair: 2 units, 4 bytes
      i += 1
    } else {
      bytes += 2
    }
  }
  return bytes
}

// NaN, from beyond the end of the text, is neither.
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}

/** The text in UTF-8, in a buffer of its own. Throws `MalformedText` for a lone surrogate (U1). */
export function utf8Encode(text: string): Uint8Array {
  const length = text.length
  if (length <= ASCII_COPY_MAX) {
    const bytes = new Uint8Array(length)
    let i = 0
    for (; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0x80) break
      bytes[i] = unit
    }
    if (i === length) return bytes
  }
  if (!text.isWellFormed()) throw new MalformedText('U1: the text has a lone surrogate and no UTF-8 form')
  return encoder.encode(text)
}

/** The text of bytes [from, to), or undefined when they are not UTF-8 (U1). */
export function utf8Decode(bytes: Uint8Array, from = 0, to = bytes.length): string | undefined {
  try {
    return decoder.decode(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
  } catch {
    return undefined
  }
}

/** Negative, zero or positive as a sorts before, with or after b: byte by byte unsigned, a prefix first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
