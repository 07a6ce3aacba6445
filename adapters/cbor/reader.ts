// Reader: bytes to one value, in the form of format.ts and no other. The bytes may be anything.
//
// R1. It throws Malformed and nothing else, and ends after at most one step per byte.
// R2. What it allocates is bounded by the bytes it has been given: lengths are checked against what is left before anything is made.
// R3. Keys become own properties whatever their name; no prototype is ever written to.
import { CODEC_DEPTH_MAX } from '../../system/protocol/limits.ts'
import { FALSE, FLOAT64, MAJOR_BYTES, MAJOR_TAG, MAJOR_TEXT, NULL, TAG_BIGINT, TAG_DATE, TAG_NEGATIVE_BIGINT, TAG_WTF8, TRUE, UNDEFINED } from './format.ts'
import { magnitudeOf } from './bigint.ts'
import { KeyCache } from './keys.ts'
import { wtf8Text } from './wtf8.ts'

/** Thrown inside a read; `codec.ts` makes it a value. */
export class Malformed extends TypeError {
  override readonly name = 'Malformed'
}

/** Text up to this length is put together by hand. */
const COPIED_TEXT_MAX = 24

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const keys = new KeyCache()

export class Reader {
  readonly #bytes: Uint8Array
  /** Made when first needed: most values are short texts and small integers. */
  #lazyView: DataView | undefined
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get #view(): DataView {
    this.#lazyView ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#lazyView
  }

  /** The one value that the bytes are. */
  read(): unknown {
    const value = this.#value(0)
    if (this.#at !== this.#bytes.length) throw new Malformed(`${this.#bytes.length - this.#at} bytes after the end of the value`)
    return value
  }

  #value(depth: number): unknown {
    const first = this.#byte()
    switch (first >> 5) {
      case 0:
        return this.#count(first)
      case 1:
        return -1 - this.#count(first)
      case 2:
        return this.#taken(this.#count(first)).slice()
      case 3:
        return this.#text(this.#count(first))
      case 4:
        return this.#list(this.#count(first), depth)
      case 5:
        return this.#object(this.#count(first), depth)
      case 6:
        return this.#tagged(this.#count(first))
    }
    return this.#simple(first)
  }

  #simple(first: number): unknown {
    switch (first) {
      case FALSE:
        return false
      case TRUE:
        return true
      case NULL:
        return null
      case UNDEFINED:
        return undefined
      case FLOAT64: {
        const at = this.#skip(8)
        return this.#view.getFloat64(at)
      }
    }
    throw new Malformed(`unknown item 0x${first.toString(16)} at byte ${this.#at - 1}`)
  }

  #list(length: number, depth: number): unknown[] {
    this.#enter(length, depth)
    const list: unknown[] = []
    for (let index = 0; index < length; index += 1) list.push(this.#value(depth + 1))
    return list
  }

  #object(length: number, depth: number): Record<string, unknown> {
    this.#enter(2 * length, depth)
    const object: Record<string, unknown> = {}
    for (let index = 0; index < length; index += 1) {
      const key = this.#key()
      const value = this.#value(depth + 1)
      if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
      else object[key] = value
    }
    return object
  }

  #enter(itemsLeast: number, depth: number): void {
    if (depth >= CODEC_DEPTH_MAX) throw new Malformed(`nested deeper than ${CODEC_DEPTH_MAX} at byte ${this.#at}`)
    if (itemsLeast > this.#bytes.length - this.#at) throw new Malformed(`truncated: ${itemsLeast} items at byte ${this.#at}`)
  }

  #key(): string {
    const first = this.#byte()
    if (first >> 5 === MAJOR_TEXT >> 5) {
      const length = this.#count(first)
      const at = this.#at
      const known = length <= this.#bytes.length - at ? keys.find(this.#bytes, at, length) : undefined
      if (known === undefined) return keys.kept(this.#bytes, at, length, this.#text(length))
      this.#at += length
      return known
    }
    const key = first >> 5 === MAJOR_TAG >> 5 ? this.#tagged(this.#count(first)) : undefined
    if (typeof key !== 'string') throw new Malformed(`a key that is no text at byte ${this.#at}`)
    return key
  }

  #text(length: number): string {
    const at = this.#skip(length)
    if (length <= COPIED_TEXT_MAX) {
      let text = ''
      let index = at
      for (; index < at + length; index += 1) {
        const byte = this.#bytes[index] as number
        if (byte >= 0x80) break
        text += String.fromCharCode(byte)
      }
      if (index === at + length) return text
    }
    try {
      return textDecoder.decode(this.#bytes.subarray(at, at + length))
    } catch {
      throw new Malformed(`text that is no UTF-8 at byte ${at}`)
    }
  }

  #tagged(tag: number): unknown {
    const at = this.#at
    const first = this.#byte()
    const isBytes = first >> 5 === MAJOR_BYTES >> 5
    if (tag === TAG_DATE) {
      const seconds = first >> 5 === 0 ? this.#count(first) : first >> 5 === 1 ? -1 - this.#count(first) : this.#simple(first)
      if (typeof seconds === 'number') return dateOf(seconds)
    } else if (isBytes) {
      const bytes = this.#taken(this.#count(first))
      if (tag === TAG_BIGINT && bytes[0] !== 0) return magnitudeOf(bytes)
      if (tag === TAG_NEGATIVE_BIGINT && bytes[0] !== 0) return -1n - magnitudeOf(bytes)
      const text = tag === TAG_WTF8 ? wtf8Text(bytes) : undefined
      if (text !== undefined) return text
    }
    throw new Malformed(`unknown or malformed tag ${tag} at byte ${at}`)
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new Malformed(`truncated at byte ${this.#at}`)
    this.#at += 1
    return byte
  }

  #taken(length: number): Uint8Array {
    const at = this.#skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** Where the next `length` bytes begin, which are then behind the reader. */
  #skip(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw new Malformed(`truncated: ${length} bytes at byte ${at}`)
    this.#at = at + length
    return at
  }

  #count(first: number): number {
    const info = first & 0x1f
    if (info < 24) return info
    if (info === 24) return this.#byte()
    if (info > 27) throw new Malformed(`an indefinite or reserved length at byte ${this.#at - 1}`)
    const at = this.#skip(1 << (info - 24))
    if (info === 25) return this.#view.getUint16(at)
    if (info === 26) return this.#view.getUint32(at)
    const count = this.#view.getUint32(at) * 0x100000000 + this.#view.getUint32(at + 4)
    if (!Number.isSafeInteger(count)) throw new Malformed(`an integer beyond 53 bits at byte ${at}`)
    return count
  }
}

/** Whole seconds and the rest apart: their sum in milliseconds is exact over the whole range of Date, the product of all is not. */
function dateOf(seconds: number): Date {
  const whole = Math.trunc(seconds)
  return new Date(whole * 1000 + Math.round((seconds - whole) * 1000))
}
