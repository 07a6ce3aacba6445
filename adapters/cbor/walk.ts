// Walk: whether bytes are one well-formed CBOR item (RFC 8949), without making anything of them. Bounded by the bytes and the depth.

const PROTO = new TextEncoder().encode('__proto__')

export class CborWalk {
  readonly #bytes: Uint8Array
  readonly #depthMax: number
  #at = 0

  constructor(bytes: Uint8Array, depthMax: number) {
    this.#bytes = bytes
    this.#depthMax = depthMax
  }

  /** What is wrong, or undefined. */
  problem(): string | undefined {
    const wrong = this.#item(0, false)
    if (wrong !== undefined) return wrong
    return this.#at === this.#bytes.length ? undefined : `${this.#bytes.length - this.#at} bytes after the end of the value`
  }

  /** `isKey`: the item is a key of a map. */
  #item(depth: number, isKey: boolean): string | undefined {
    if (depth > this.#depthMax) return `nested deeper than ${this.#depthMax}`
    const first = this.#bytes[this.#at]
    if (first === undefined) return 'the bytes end within a value'
    this.#at += 1
    const major = first >> 5
    const short = first & 31
    if (short === 31) return this.#indefinite(major, depth)
    const count = this.#argument(short)
    if (count === undefined) return 'a length that is none'
    switch (major) {
      case 0: case 1: case 7: return undefined
      case 2: case 3: return this.#text(count, isKey)
      case 4: return this.#items(count, depth)
      case 5: return this.#pairs(count, depth)
      default: return this.#item(depth + 1, false)
    }
  }

  #text(length: number, isKey: boolean): string | undefined {
    if (length > this.#bytes.length - this.#at) return 'the bytes end within a text'
    if (isKey && length === PROTO.length && PROTO.every((byte, index) => this.#bytes[this.#at + index] === byte)) return "a key is '__proto__'"
    this.#at += length
    return undefined
  }

  #items(count: number, depth: number): string | undefined {
    if (count > this.#bytes.length - this.#at) return 'the bytes end within a list'
    for (let left = count; left > 0; left -= 1) {
      const wrong = this.#item(depth + 1, false)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  #pairs(count: number, depth: number): string | undefined {
    if (2 * count > this.#bytes.length - this.#at) return 'the bytes end within a map'
    for (let left = count; left > 0; left -= 1) {
      const wrong = this.#item(depth + 1, true) ?? this.#item(depth + 1, false)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** Items until a break; texts come in pieces, whose joined keys are not looked into and therefore refused. */
  #indefinite(major: number, depth: number): string | undefined {
    if (major < 2 || major > 5) return 'a length that is none'
    for (let isKey = major === 5; this.#bytes[this.#at] !== 0xff; isKey = major === 5 && !isKey) {
      const head = this.#bytes[this.#at]
      if (head === undefined) return 'the bytes end within a value'
      if (isKey && head === 0x7f) return 'a key in pieces'
      if (major < 4 && head >> 5 !== major) return 'a text in pieces of another kind'
      const wrong = this.#item(depth + 1, isKey)
      if (wrong !== undefined) return wrong
    }
    this.#at += 1
    return undefined
  }

  /** The number behind an initial byte. */
  #argument(short: number): number | undefined {
    if (short < 24) return short
    if (short > 27) return undefined
    const bytes = 1 << (short - 24)
    if (bytes > this.#bytes.length - this.#at) return undefined
    let value = 0
    for (let left = bytes; left > 0; left -= 1) value = value * 256 + (this.#bytes[this.#at++] as number)
    return value
  }
}
