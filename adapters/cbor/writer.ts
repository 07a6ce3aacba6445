// Writer: one value to bytes, in the form of format.ts.
//
// Owns the buffer it writes into. What it hands out is cut from that buffer and never written again; large values get bytes of their own.
//
// W1. A value that is not plain data throws NotPlainData; nothing is dropped or replaced.
import { CODEC_DEPTH_MAX } from '../../system/protocol/limits.ts'
import { notPlain, notPlainItself } from '../../system/protocol/plain.ts'
import { NotPlainData } from '../../system/ports/codec.ts'
import { FALSE, FLOAT64, MAJOR_BYTES, MAJOR_LIST, MAJOR_NEGATIVE, MAJOR_OBJECT, MAJOR_TAG, MAJOR_TEXT, MAJOR_UNSIGNED, NULL, TAG_BIGINT, TAG_DATE, TAG_NEGATIVE_BIGINT, TAG_WTF8, TRUE, UNDEFINED } from './format.ts'
import { magnitudeBytes } from './bigint.ts'
import { wtf8Bytes } from './wtf8.ts'

/** Many small values share a buffer: one for each would cost more than writing it. */
const BUFFER_BYTES = 16 * 1024
/** Larger values are copied out: they must not keep a mostly empty buffer alive, nor use one up. */
const SHARED_BYTES_MAX = 2048
/** Head of an item: at most 1 + 8 bytes. */
const HEAD_BYTES_MAX = 9
/** Text up to this length is copied by hand: a call into the runtime costs more. */
const COPIED_TEXT_MAX = 255

const textEncoder = new TextEncoder()

export class Writer {
  #bytes = new Uint8Array(BUFFER_BYTES)
  #view = new DataView(this.#bytes.buffer)
  /** Where the value under way begins; what stands before was handed out. */
  #from = 0
  #at = 0
  readonly #sorted: boolean

  constructor(sorted: boolean) {
    this.#sorted = sorted
  }

  /** A getter of `value` must not come back to this writer; `codec.ts` sees to it. */
  write(value: unknown): Uint8Array {
    this.#at = this.#from
    if (!this.#value(value, 0)) {
      const problem = notPlain(value, 'value')
      throw new NotPlainData(`${problem?.path ?? 'value'} is ${problem?.reason ?? 'no plain data'}; only plain data can be stored`)
    }
    const length = this.#at - this.#from
    if (length > SHARED_BYTES_MAX) {
      const own = this.#bytes.slice(this.#from, this.#at)
      if (this.#bytes.length > BUFFER_BYTES) this.#resize(BUFFER_BYTES, 0)
      return own
    }
    const bytes = this.#bytes.subarray(this.#from, this.#at)
    this.#from = this.#at
    return bytes
  }

  /** False when something in `value` is not plain: the path is looked for only then. */
  #value(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        this.#text(value)
        return true
      case 'number':
        this.#number(value)
        return true
      case 'object':
        return this.#object(value, depth)
      case 'boolean':
        this.#byte(value ? TRUE : FALSE)
        return true
      case 'undefined':
        this.#byte(UNDEFINED)
        return true
      case 'bigint':
        this.#head(MAJOR_TAG, value < 0n ? TAG_NEGATIVE_BIGINT : TAG_BIGINT)
        this.#byteString(magnitudeBytes(value < 0n ? -1n - value : value))
        return true
    }
    return false
  }

  #object(value: object | null, depth: number): boolean {
    if (value === null) {
      this.#byte(NULL)
      return true
    }
    const isList = Array.isArray(value)
    if (!isList) {
      if (value instanceof Uint8Array) {
        this.#byteString(value)
        return true
      }
      if (value instanceof Date) {
        this.#head(MAJOR_TAG, TAG_DATE)
        this.#number(value.getTime() / 1000)
        return true
      }
      if (notPlainItself(value) !== undefined) return false
    }
    if (depth >= CODEC_DEPTH_MAX) return false
    return isList ? this.#list(value, depth) : this.#fields(value as Record<string, unknown>, depth)
  }

  #list(list: readonly unknown[], depth: number): boolean {
    this.#head(MAJOR_LIST, list.length)
    // Not list[index]: optimized for lists of all kinds, V8 makes that turn each list of doubles it meets into one of objects, for good.
    for (let index = 0; index < list.length; index += 1) if (!this.#value(list.at(index), depth + 1)) return false
    return true
  }

  #fields(object: Record<string, unknown>, depth: number): boolean {
    const keys = Object.keys(object)
    if (this.#sorted) sort(keys)
    this.#head(MAJOR_OBJECT, keys.length)
    for (const key of keys) {
      this.#text(key)
      if (!this.#value(object[key], depth + 1)) return false
    }
    return true
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(MAJOR_UNSIGNED, value)
      else this.#head(MAJOR_NEGATIVE, -1 - value)
      return
    }
    this.#reserve(HEAD_BYTES_MAX)
    this.#bytes[this.#at] = FLOAT64
    // Which of the many NaNs a runtime holds is its own affair; the bytes are not.
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#at + 1, 0x7ff8000000000000n)
    else this.#view.setFloat64(this.#at + 1, value)
    this.#at += HEAD_BYTES_MAX
  }

  #text(text: string): void {
    const length = text.length
    if (length <= COPIED_TEXT_MAX && this.#copied(text, length)) return
    if (!text.isWellFormed()) {
      this.#head(MAJOR_TAG, TAG_WTF8)
      this.#byteString(wtf8Bytes(text))
      return
    }
    const encoded = textEncoder.encode(text)
    this.#head(MAJOR_TEXT, encoded.length)
    this.#append(encoded)
  }

  /** False, with nothing written, when the text is not ASCII. */
  #copied(text: string, length: number): boolean {
    this.#reserve(HEAD_BYTES_MAX + length)
    const bytes = this.#bytes
    let at = this.#at
    if (length < 24) bytes[at++] = MAJOR_TEXT | length
    else {
      bytes[at++] = MAJOR_TEXT | 24
      bytes[at++] = length
    }
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) return false
      bytes[at++] = unit
    }
    this.#at = at
    return true
  }

  #byteString(bytes: Uint8Array): void {
    this.#head(MAJOR_BYTES, bytes.length)
    this.#append(bytes)
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = byte
  }

  /** `count` is a safe integer of at least 0. */
  #head(major: number, count: number): void {
    this.#reserve(HEAD_BYTES_MAX)
    const bytes = this.#bytes
    if (count < 24) {
      bytes[this.#at++] = major | count
    } else if (count < 0x100) {
      bytes[this.#at++] = major | 24
      bytes[this.#at++] = count
    } else if (count < 0x10000) {
      bytes[this.#at++] = major | 25
      this.#view.setUint16(this.#at, count)
      this.#at += 2
    } else if (count < 0x100000000) {
      bytes[this.#at++] = major | 26
      this.#view.setUint32(this.#at, count)
      this.#at += 4
    } else {
      bytes[this.#at++] = major | 27
      this.#view.setUint32(this.#at, Math.floor(count / 0x100000000))
      this.#view.setUint32(this.#at + 4, count % 0x100000000)
      this.#at += 8
    }
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const kept = this.#at - this.#from
    this.#resize(Math.max(BUFFER_BYTES, 2 * (kept + bytes)), kept)
  }

  /** Goes on in a new buffer, with what there is of the value under way. */
  #resize(length: number, kept: number): void {
    const bytes = new Uint8Array(length)
    bytes.set(this.#bytes.subarray(this.#from, this.#from + kept))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
    this.#from = 0
    this.#at = kept
  }
}

/** Objects have few keys: moving them by hand is faster than a call of `sort`. */
const SORTED_BY_HAND_MAX = 12

/** By UTF-16 code unit, which is what `<` and sort() do. */
function sort(keys: string[]): void {
  if (keys.length > SORTED_BY_HAND_MAX) {
    keys.sort()
    return
  }
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index] as string
    let at = index
    for (; at > 0 && (keys[at - 1] as string) > key; at -= 1) keys[at] = keys[at - 1] as string
    keys[at] = key
  }
}
