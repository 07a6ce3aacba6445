// Text slab: many short-lived texts as bytes, cut from shared buffers: a buffer for each would cost more than its text.
//
// T1. What was handed out is never written again; a buffer lives as long as anything cut from it.
import { utf8Encode } from './utf8.ts'

const SLAB_BYTES = 64 * 1024
/** A longer text gets a buffer of its own: it must not keep a slab alive, nor waste the end of one. */
const TEXT_MAX = 1024

export class TextSlab {
  #bytes = new Uint8Array(SLAB_BYTES)
  #at = 0

  /** The text in UTF-8. Throws `MalformedText` as `utf8Encode` does. */
  encode(text: string): Uint8Array {
    const { length } = text
    if (length > TEXT_MAX) return utf8Encode(text)
    if (this.#at + length > SLAB_BYTES) {
      this.#bytes = new Uint8Array(SLAB_BYTES)
      this.#at = 0
    }
    const bytes = this.#bytes
    const from = this.#at
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index)
      if (unit >= 0x80) return utf8Encode(text)
      bytes[from + index] = unit
    }
    this.#at = from + length
    return bytes.subarray(from, this.#at)
  }
}
