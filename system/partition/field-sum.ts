// Field sum: CRC-32C over a list of fields, so that a sum tells apart which bytes stood in which field.
//
// S1. Bytes that move across the border of two fields change the sum, and so does null in place of no bytes.
import { updateCrc32c } from '../protocol/checksum.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Header } from '../protocol/record.ts'

const NULL_LENGTH = 0xffffffff
const four = new Uint8Array(4)

/** The sum of what `sum` covers followed by a field. */
export function addField(sum: number, bytes: Uint8Array | null): number {
  const marked = addCount(sum, bytes === null ? NULL_LENGTH : bytes.length)
  return bytes === null ? marked : updateCrc32c(marked, bytes)
}

/** The sum of what `sum` covers followed by headers: how many, then each name and value. */
export function addHeaders(sum: number, headers: readonly Header[]): number {
  let added = addCount(sum, headers.length)
  for (const [name, value] of headers) added = addField(addField(added, utf8Encode(name)), value)
  return added
}

function addCount(sum: number, count: number): number {
  four[0] = count
  four[1] = count >>> 8
  four[2] = count >>> 16
  four[3] = count >>> 24
  return updateCrc32c(sum, four)
}
