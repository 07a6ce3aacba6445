// WTF-8: UTF-8 that also has a form for lone surrogates, so that every JavaScript text survives. https://simonsapin.github.io/wtf-8/

/** The bytes of any text, lone surrogates as three bytes each. */
export function wtf8Bytes(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0) as number
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), low(point))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), low(point >> 6), low(point))
    else bytes.push(0xf0 | (point >> 18), low(point >> 12), low(point >> 6), low(point))
  }
  return Uint8Array.from(bytes)
}

/** The text, or undefined when `bytes` are not what `wtf8Bytes` makes of a text with a lone surrogate. */
export function wtf8Text(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    let point = length === 1 ? first : first & (0x7f >> length)
    for (let index = 1; index < length; index += 1) point = (point << 6) | ((bytes[at + index] ?? 0) & 0x3f)
    if (point > 0x10ffff) return undefined
    text += String.fromCodePoint(point)
    at += length
  }
  // One form per text: whatever does not come back as the same bytes was not written by us.
  return !text.isWellFormed() && isSame(wtf8Bytes(text), bytes) ? text : undefined
}

const low = (bits: number): number => 0x80 | (bits & 0x3f)

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
