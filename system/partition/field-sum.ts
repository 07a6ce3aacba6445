// Field sum: CRC-32C over a list of fields, so that a sum tells apart which bytes stood in which field.
//
// Owns: the bytes that a sum covers, gathered before they are summed: a checksum over one long run of bytes costs far less than over many short ones.
//
// S1. Bytes that move across the border of two fields change the sum, and so does null in place of no bytes.
import { updateCrc32c } from '../protocol/checksum.ts'
import { headerNameBytes } from '../protocol/header-names.ts'
import type { Header } from '../protocol/record.ts'

const NULL_LENGTH = 0xffffffff
const GATHERED_BYTES = 16 * 1024
/** Fields up to this length are copied by hand: a call into the runtime costs more. */
const COPIED_MAX = 32

/** One at a time: nothing is awaited between the first field and `end`. */
const gathered = new Uint8Array(GATHERED_BYTES)

export class FieldSum {
  #sum = 0
  #at = 0

  field(bytes: Uint8Array | null): void {
    if (bytes === null) return this.#count(NULL_LENGTH)
    const { length } = bytes
    this.#count(length)
    if (length > GATHERED_BYTES - this.#at) this.#flush()
    if (length > GATHERED_BYTES) {
      this.#sum = updateCrc32c(this.#sum, bytes)
      return
    }
    if (length > COPIED_MAX) gathered.set(bytes, this.#at)
    else for (let index = 0; index < length; index += 1) gathered[this.#at + index] = bytes[index] as number
    this.#at += length
  }

  /** How many, then each name and value. */
  headers(headers: readonly Header[]): void {
    this.#count(headers.length)
    for (const [name, value] of headers) {
      this.field(headerNameBytes(name))
      this.field(value)
    }
  }

  end(): number {
    this.#flush()
    return this.#sum
  }

  #count(count: number): void {
    if (GATHERED_BYTES - this.#at < 4) this.#flush()
    const at = this.#at
    gathered[at] = count
    gathered[at + 1] = count >>> 8
    gathered[at + 2] = count >>> 16
    gathered[at + 3] = count >>> 24
    this.#at = at + 4
  }

  #flush(): void {
    if (this.#at > 0) this.#sum = updateCrc32c(this.#sum, gathered, 0, this.#at)
    this.#at = 0
  }
}
