// Records as they stand in a record batch (format 2), written into one growing buffer.
//
// Owns: the bytes until they are sent. Source: the message format of the Kafka protocol guide.
import { utf8Encode } from '../../system/protocol/utf8.ts'
import type { OutRecord } from '../../system/protocol/record.ts'

/** Header names repeat: their bytes are made once. */
const names = new Map<string, Uint8Array>()
const NAMES_MAX = 1000

function nameBytes(name: string): Uint8Array {
  const known = names.get(name)
  if (known !== undefined) return known
  const bytes = utf8Encode(name)
  if (names.size < NAMES_MAX) names.set(name, bytes)
  return bytes
}

/** Bytes of a zigzag varint of a number that is not negative. */
function varintBytes(n: number): number {
  const z = n * 2
  return z < 0x80 ? 1 : z < 0x4000 ? 2 : z < 0x20_0000 ? 3 : z < 0x1000_0000 ? 4 : 5
}

/** Bytes of a signed 64-bit zigzag varint within 2^53. */
function longBytes(n: number): number {
  let rest = n < 0 ? -2 * n - 1 : 2 * n
  let bytes = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}

const blobBytes = (blob: Uint8Array | null): number => (blob === null ? 1 : varintBytes(blob.length) + blob.length)

/** What a record takes in a batch, at most. */
export function encodedBytesMax(record: OutRecord): number {
  let bytes = 5 + 1 + 10 + 5 + blobBytes(record.key) + blobBytes(record.value) + 5
  for (const [name, value] of record.headers) bytes += 5 + nameBytes(name).length + blobBytes(value)
  return bytes
}

export class RecordWriter {
  #bytes: Buffer
  #at: number
  #count = 0
  #firstMs = 0
  #lastMs = 0

  /** `headBytes`: left free in front of the records. */
  constructor(headBytes: number, capacity: number) {
    this.#at = headBytes
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** Of the first record: what the times of all are relative to. */
  get firstMs(): number {
    return this.#firstMs
  }

  /** The latest. */
  get lastMs(): number {
    return this.#lastMs
  }

  /** With what is left free in front. */
  get length(): number {
    return this.#at
  }

  /** The buffer itself: what is added later may stand in another one. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  add(record: OutRecord): void {
    if (this.#count === 0) {
      this.#firstMs = record.timestampMs
      this.#lastMs = record.timestampMs
    }
    if (record.timestampMs > this.#lastMs) this.#lastMs = record.timestampMs
    const deltaMs = record.timestampMs - this.#firstMs
    let body = 1 + longBytes(deltaMs) + varintBytes(this.#count) + blobBytes(record.key) + blobBytes(record.value) + varintBytes(record.headers.length)
    for (const [name, value] of record.headers) body += blobBytes(nameBytes(name)) + blobBytes(value)
    this.#reserve(body + 5)
    this.#varint(body)
    this.#bytes[this.#at] = 0
    this.#at += 1
    this.#long(deltaMs)
    this.#varint(this.#count)
    this.#blob(record.key)
    this.#blob(record.value)
    this.#varint(record.headers.length)
    for (const [name, value] of record.headers) {
      this.#blob(nameBytes(name))
      this.#blob(value)
    }
    this.#count += 1
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  #varint(n: number): void {
    let rest = n * 2
    const bytes = this.#bytes
    let at = this.#at
    while (rest >= 0x80) {
      bytes[at] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 0x80)
      at += 1
    }
    bytes[at] = rest
    this.#at = at + 1
  }

  /** Signed. */
  #long(n: number): void {
    this.#varint(n < 0 ? -n - 0.5 : n)
  }

  #blob(blob: Uint8Array | null): void {
    if (blob === null) {
      this.#bytes[this.#at] = 1
      this.#at += 1
      return
    }
    this.#varint(blob.length)
    this.#bytes.set(blob, this.#at)
    this.#at += blob.length
  }
}
