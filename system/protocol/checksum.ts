// CRC-32C (Castagnoli): finds torn, mixed up or altered bytes in journal records, snapshots and batches.
//
// Owns: the checksum of byte ranges, whole or piece by piece. Not a defence against forgery; `sha256.ts` names content.
//
// K1. crc32c(b, crc32c(a)) = updateCrc32c(crc32c(a), b) = crc32c(a ++ b), and crc32c of nothing is 0.
// K2. The same in pieces: endCrc32c(advanceCrc32c(advanceCrc32c(CRC32C_START, a), b)). What is under way is a signed number, for which no runtime makes an object.

const POLYNOMIAL = 0x82f63b78 // 0x1edc6f41 with its bits reversed

/** Table k (from index 256 k) advances a byte over k further zero bytes, so that eight bytes are done at once. */
const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] as number)
  }
  return tables
}

/** The checksum (unsigned, 32 bits) of the bytes, or of what `before` covers followed by them (K1). */
export function crc32c(bytes: Uint8Array, before = 0): number {
  return updateCrc32c(before, bytes)
}

/** The checksum of what `crc` covers followed by bytes [from, to) (K1). */
export function updateCrc32c(crc: number, bytes: Uint8Array, from = 0, to = bytes.length): number {
  return endCrc32c(advanceCrc32c(~crc, bytes, from, to))
}

export const CRC32C_START = -1

export const endCrc32c = (underWay: number): number => ~underWay >>> 0

/** With bytes [from, to) (K2). */
export function advanceCrc32c(underWay: number, bytes: Uint8Array, from = 0, to = bytes.length): number {
  const t = TABLES
  let c = underWay
  let i = from
  for (const last = to - 8; i <= last; i += 8) {
    const low = c ^ ((bytes[i] as number) | (bytes[i + 1] as number) << 8 |
      (bytes[i + 2] as number) << 16 | (bytes[i + 3] as number) << 24)
    c = (t[1792 + (low & 0xff)] as number) ^ (t[1536 + (low >>> 8 & 0xff)] as number) ^
      (t[1280 + (low >>> 16 & 0xff)] as number) ^ (t[1024 + (low >>> 24)] as number) ^
      (t[768 + (bytes[i + 4] as number)] as number) ^ (t[512 + (bytes[i + 5] as number)] as number) ^
      (t[256 + (bytes[i + 6] as number)] as number) ^ (t[bytes[i + 7] as number] as number)
  }
  for (; i < to; i++) c = (c >>> 8) ^ (t[(c ^ (bytes[i] as number)) & 0xff] as number)
  return c
}

/** With the four bytes of a number, little-endian (K2). */
export function advanceCrc32cByNumber(underWay: number, number: number): number {
  const t = TABLES
  const c = underWay ^ number
  return (t[768 + (c & 0xff)] as number) ^ (t[512 + (c >>> 8 & 0xff)] as number) ^ (t[256 + (c >>> 16 & 0xff)] as number) ^ (t[c >>> 24] as number)
}
