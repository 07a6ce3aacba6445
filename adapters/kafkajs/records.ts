// The committed records of one fetched piece of a partition. Source: the message format of the Kafka protocol guide, and its reader of committed records.
//
// L4. Records come in offset order, each once. Batches of aborted transactions and control records are passed over, and the end of the piece with them.
import kafkajs from 'kafkajs'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Header, LogRecord } from '../../system/protocol/record.ts'
import type { Aborted } from './fetch.ts'

export interface Piece {
  /** From the asked offset on. */
  readonly records: readonly LogRecord[]
  /** The offset behind the last whole batch, whatever it holds: where the next fetch begins. */
  readonly end: number
}

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>
}

const HEAD_BYTES = 61
const BEFORE_LENGTH = 12
const COMPRESSION = 7
const APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32
const ABORT = 0
const NOTHING = new Uint8Array(0)

/** `from`: the offset that was asked for; a fetched piece begins with the batch that holds it. */
export async function committedRecords(bytes: Buffer, aborted: readonly Aborted[], from: number): Promise<Piece> {
  const ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const hidden = new Set<bigint>()
  const records: LogRecord[] = []
  let end = from
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const next = at + BEFORE_LENGTH + bytes.readInt32BE(at + 8)
    // The last batch may be cut off.
    if (next > bytes.length) break
    const batch = bytes.subarray(at, next)
    if (batch[16] !== 2) throw new OperationError('kafka/format', `a record batch of format ${batch[16]}; format 2 (Kafka 0.11 and later) is understood`)
    const attributes = batch.readInt16BE(21)
    const last = longAt(batch, 0) + batch.readInt32BE(23)
    const producerId = batch.readBigInt64BE(43)
    while (ahead[0] !== undefined && ahead[0].firstOffset <= last) hidden.add((ahead.shift() as Aborted).producerId)
    const isControl = (attributes & CONTROL) !== 0
    const isHidden = isControl || ((attributes & TRANSACTIONAL) !== 0 && hidden.has(producerId))
    // Of an old one compaction may have left the head alone.
    if (isControl && batch.readInt32BE(57) > 0 && controlType(batch.subarray(HEAD_BYTES)) === ABORT) hidden.delete(producerId)
    if (!isHidden && last >= from) new BatchReader(batch, await inflated(batch.subarray(HEAD_BYTES), attributes & COMPRESSION)).readInto(records, from)
    end = Math.max(end, last + 1)
    at = next
  }
  return { records, end }
}

class BatchReader {
  readonly #head: Buffer
  readonly #body: Buffer
  #at = 0

  constructor(head: Buffer, body: Buffer) {
    this.#head = head
    this.#body = body
  }

  readInto(records: LogRecord[], from: number): void {
    const base = longAt(this.#head, 0)
    const firstMs = longAt(this.#head, 27)
    // The broker's time where the topic asks for that.
    const appendMs = (this.#head.readInt16BE(21) & APPEND_TIME) === 0 ? undefined : longAt(this.#head, 35)
    for (let left = this.#head.readInt32BE(57); left > 0; left -= 1) {
      const end = this.#varint() + this.#at
      this.#at += 1
      const timestampMs = firstMs + this.#varint()
      const offset = base + this.#varint()
      if (offset >= from) records.push({ offset, key: this.#blob(), value: this.#blob(), headers: this.#headers(), timestampMs: appendMs ?? timestampMs })
      this.#at = end
    }
  }

  #headers(): readonly Header[] {
    const headers: Header[] = []
    for (let count = this.#varint(); count > 0; count -= 1) {
      const length = this.#varint()
      const name = this.#body.toString('utf8', this.#at, this.#at + length)
      this.#at += length
      headers.push([name, this.#blob() ?? NOTHING])
    }
    return headers
  }

  /** Zigzag, within 2^53. */
  #varint(): number {
    let byte = this.#body[this.#at++] as number
    if (byte < 0x80) return (byte & 1) === 0 ? byte >>> 1 : -((byte + 1) >>> 1)
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.#body[this.#at++] as number
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #blob(): Uint8Array | null {
    const length = this.#varint()
    if (length < 0) return null
    const start = this.#body.byteOffset + this.#at
    this.#at += length
    return new Uint8Array(this.#body.buffer, start, length)
  }
}

/** A signed 64-bit number within 2^53. */
const longAt = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)

/** The key of a control record: version and type, behind length, attributes and deltas and the key's length. */
function controlType(body: Buffer): number {
  let at = 0
  for (let varints = 0; varints < 5; varints += 1) {
    if (varints === 1) at += 1
    else while ((body[at++] as number) >= 0x80);
  }
  return body.readInt16BE(at + 2)
}

async function inflated(body: Buffer, compression: number): Promise<Buffer> {
  if (compression === 0) return body
  try {
    const codec = (kafkajs.CompressionCodecs as Readonly<Record<number, () => Codec>>)[compression]?.()
    if (codec !== undefined) return await codec.decompress(body)
  } catch (thrown) {
    throw new OperationError('kafka/compression', `records that are compressed in a way kafkajs does not know: ${String(thrown)}. Register a codec, or read with the default client.`)
  }
  throw new OperationError('kafka/format', `a record batch of unknown compression ${compression}`)
}
