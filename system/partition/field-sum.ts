// Field sum: CRC-32C over a list of fields, so that a sum tells apart which bytes stood in which field.
//
// S1. Bytes that move across the border of two fields change the sum, and so does null in place of no bytes.
import { advanceCrc32c, advanceCrc32cByNumber, CRC32C_START, endCrc32c } from '../protocol/checksum.ts'
import { headerNameBytes } from '../protocol/header-names.ts'
import type { Header } from '../protocol/record.ts'

const NULL_LENGTH = 0xffffffff

export class FieldSum {
  #underWay = CRC32C_START

  field(bytes: Uint8Array | null): void {
    this.#underWay = bytes === null ? advanceCrc32cByNumber(this.#underWay, NULL_LENGTH) : advanceCrc32c(advanceCrc32cByNumber(this.#underWay, bytes.length), bytes)
  }

  /** How many, then each name and value. */
  headers(headers: readonly Header[]): void {
    this.#underWay = advanceCrc32cByNumber(this.#underWay, headers.length)
    for (const [name, value] of headers) {
      this.field(headerNameBytes(name))
      this.field(value)
    }
  }

  end(): number {
    return endCrc32c(this.#underWay)
  }
}
