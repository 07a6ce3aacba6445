// Record batches (format 2) of one topic partition, written into one growing buffer.
//
// Owns: the bytes until they are sent. Source: the message format of the Kafka protocol guide.
//
// A batch is finished with the producer's id, epoch and sequence; the same bytes may then be sent again.
import { utf8Encode } from '../../system/protocol/utf8.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { crc32c } from './wire.ts'

export interface ProducerMark {
  readonly producerId: bigint
  readonly epoch: number
  /** Of the batch's first record in its topic partition. */
  readonly sequence: number
  readonly isTransactional: boolean
}

export const HEAD_BYTES = 61
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const TRANSACTIONAL = 16

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

export class RecordBatch {
  #bytes: Buffer
  #at = HEAD_BYTES
  #count = 0
  #firstMs = 0
  #lastMs = 0

  constructor(capacity = 4096) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#at
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

  /** The bytes to send. Calling it again with another mark changes them. */
  finish({ producerId, epoch, sequence, isTransactional }: ProducerMark): Buffer {
    const bytes = this.#bytes
    bytes.writeBigInt64BE(0n, 0)
    bytes.writeInt32BE(this.#at - 12, 8)
    bytes.writeInt32BE(-1, 12)
    bytes[16] = 2
    bytes.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT)
    bytes.writeInt32BE(this.#count - 1, 23)
    bytes.writeBigInt64BE(BigInt(this.#firstMs), 27)
    bytes.writeBigInt64BE(BigInt(this.#lastMs), 35)
    bytes.writeBigInt64BE(producerId, 43)
    bytes.writeInt16BE(epoch, 51)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeInt32BE(this.#count, 57)
    const whole = bytes.subarray(0, this.#at)
    bytes.writeUInt32BE(crc32c(whole.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT)
    return whole
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
