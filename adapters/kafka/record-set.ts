// The records of one fetched piece of a partition, read in place: committed ones only, decoded as they are asked for.
//
// Owns: the position within the piece. Source: the message format of the Kafka protocol guide, and its reader of committed records.
//
// L4. Records come in offset order, each once. Batches of aborted transactions and control records are passed over, and the position with them.
import { OperationError } from '../../system/protocol/failures.ts'
import type { Header, LogRecord } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import { BEFORE_LENGTH, controlType, endOf, inflated, offsetAt } from './batch-head.ts'
import { HEAD_BYTES } from './record-batch.ts'
import { crc32c } from './wire.ts'

export interface Aborted {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface Take {
  readonly recordsMax: number
  readonly bytesMax: number
  /** Offset at which to stop. */
  readonly to: number
  /** Only these; others are passed over. */
  readonly accept?: (record: LogRecord) => boolean
}

const COMPRESSION = 7
const APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32
const ABORT = 0

interface OpenBatch {
  readonly bytes: Buffer
  readonly base: number
  readonly last: number
  /** What the times of its records are relative to. */
  readonly firstMs: number
  /** All of them are the broker's, where the topic asks for that. */
  readonly isOneTime: boolean
  at: number
  left: number
}

/** Everything that moves. */
interface Mark {
  readonly at: number
  readonly position: number
  readonly pending: LogRecord | undefined
  readonly batch: OpenBatch | undefined
  readonly batchAt: number
  readonly batchLeft: number
  readonly aborted: readonly bigint[]
  readonly abortedAhead: readonly Aborted[]
}

const PASSED_MAX = 1000

export class RecordSet {
  readonly #bytes: Buffer
  /** The offset behind the last whole batch: where the next fetch begins. */
  readonly end: number
  #abortedAhead: Aborted[]
  #aborted = new Set<bigint>()
  #at = 0
  #batch: OpenBatch | undefined
  /** Decoded, and did not fit into the last take. */
  #pending: LogRecord | undefined
  #position: number
  #cursor = 0
  #mark: Mark

  /** `from`: the offset that was asked for; a fetched piece begins with the batch that holds it. */
  constructor(bytes: Buffer, aborted: readonly Aborted[], from: number) {
    this.#bytes = bytes
    this.#abortedAhead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#position = from
    this.#mark = this.#state()
    this.end = endOf(bytes, from)
  }

  /** The next take begins at this offset, which is at or behind the one of the last call: what was taken since may be taken again. */
  rewind(to: number): void {
    if (to < this.#position) this.#restore(this.#mark)
    const passed: LogRecord[] = []
    while (this.#position < to && !this.isOver) {
      passed.length = 0
      this.take({ recordsMax: PASSED_MAX, bytesMax: Infinity, to }, passed)
    }
    this.#mark = this.#state()
  }

  /** Something of it was taken since the last rewind. */
  get isBegun(): boolean {
    return this.#position !== this.#mark.position || this.#pending !== this.#mark.pending
  }

  #state(): Mark {
    const batch = this.#batch
    return { at: this.#at, position: this.#position, pending: this.#pending, batch, batchAt: batch?.at ?? 0, batchLeft: batch?.left ?? 0, aborted: [...this.#aborted], abortedAhead: [...this.#abortedAhead] }
  }

  #restore({ at, position, pending, batch, batchAt, batchLeft, aborted, abortedAhead }: Mark): void {
    this.#at = at
    this.#position = position
    this.#pending = pending
    this.#batch = batch
    if (batch !== undefined) {
      batch.at = batchAt
      batch.left = batchLeft
    }
    this.#aborted = new Set(aborted)
    this.#abortedAhead = [...abortedAhead]
  }

  /** The next offset that is not read yet. */
  get position(): number {
    return this.#position
  }

  get bytes(): number {
    return this.#bytes.length
  }

  /** Appends to `into`, which may hold records already; answers their bytes. The first record of `into` is taken however large. */
  take({ recordsMax, bytesMax, to, accept }: Take, into: LogRecord[]): number {
    let bytes = 0
    while (into.length < recordsMax) {
      const record = this.#pending ?? this.#next()
      this.#pending = undefined
      if (record === undefined) break
      if (record.offset >= to) {
        this.#pending = record
        this.#position = Math.max(this.#position, to)
        break
      }
      if (accept === undefined || accept(record)) {
        const size = recordBytes(record)
        if (into.length > 0 && bytes + size > bytesMax) {
          this.#pending = record
          this.#position = record.offset
          break
        }
        bytes += size
        into.push(record)
      }
      this.#position = record.offset + 1
      this.#passEmpty()
    }
    return bytes
  }

  /** True when nothing is left but an incomplete batch. */
  get isOver(): boolean {
    return this.#pending === undefined && this.#batch === undefined && !this.#hasWholeBatch()
  }

  /** After a batch's last record, what compaction removed behind it and what follows without records belongs to the position. */
  #passEmpty(): void {
    while (this.#pending === undefined && (this.#batch === undefined || this.#batch.left === 0)) {
      if (this.#batch !== undefined) this.#closeBatch(this.#batch)
      if (!this.#openBatch()) return
    }
  }

  #next(): LogRecord | undefined {
    for (;;) {
      if (this.#batch === undefined && !this.#openBatch()) return undefined
      const batch = this.#batch
      if (batch === undefined) continue
      if (batch.left === 0) {
        this.#closeBatch(batch)
        continue
      }
      const record = this.#record(batch)
      if (record.offset >= this.#position) return record
    }
  }

  #closeBatch(batch: OpenBatch): void {
    this.#position = Math.max(this.#position, batch.last + 1)
    this.#batch = undefined
  }

  #hasWholeBatch(): boolean {
    return this.#at + HEAD_BYTES <= this.#bytes.length && this.#at + BEFORE_LENGTH + this.#bytes.readInt32BE(this.#at + 8) <= this.#bytes.length
  }

  /** False at the end. A batch without records for readers only moves the position. */
  #openBatch(): boolean {
    if (!this.#hasWholeBatch()) return false
    const bytes = this.#bytes
    const start = this.#at
    const end = start + BEFORE_LENGTH + bytes.readInt32BE(start + 8)
    if (bytes[start + 16] !== 2) throw new OperationError('kafka/format', `a record batch of format ${bytes[start + 16]}; format 2 (Kafka 0.11 and later) is understood`)
    if (bytes.readUInt32BE(start + 17) !== crc32c(bytes.subarray(start + 21, end)) >>> 0) throw new OperationError('kafka/corrupt', `the record batch at offset ${offsetAt(bytes, start)} is damaged: its checksum differs`)
    const attributes = bytes.readInt16BE(start + 21)
    const base = offsetAt(bytes, start)
    const last = base + bytes.readInt32BE(start + 23)
    const producerId = bytes.readBigInt64BE(start + 43)
    const body = bytes.subarray(start + HEAD_BYTES, end)
    this.#learnAborted(last)
    const isControl = (attributes & CONTROL) !== 0
    const isHidden = isControl || ((attributes & TRANSACTIONAL) !== 0 && this.#aborted.has(producerId))
    // Of an old one compaction may have left the head alone: which of its kind it was matters to nothing that is left.
    const count = bytes.readInt32BE(start + 57)
    if (isControl && count > 0 && controlType(body) === ABORT) this.#aborted.delete(producerId)
    if (isHidden || last < this.#position) {
      this.#position = Math.max(this.#position, last + 1)
    } else {
      this.#batch = {
        bytes: inflated(body, attributes & COMPRESSION), base, last, at: 0, left: count,
        firstMs: offsetAt(bytes, (attributes & APPEND_TIME) === 0 ? start + 27 : start + 35), isOneTime: (attributes & APPEND_TIME) !== 0,
      }
    }
    // Not before: who reads on behind one that cannot be read is told of it again (I1).
    this.#at = end
    return true
  }

  #learnAborted(last: number): void {
    while (this.#abortedAhead.length > 0 && (this.#abortedAhead[0] as Aborted).firstOffset <= last) this.#aborted.add((this.#abortedAhead.shift() as Aborted).producerId)
  }

  #record(batch: OpenBatch): LogRecord {
    const { bytes } = batch
    this.#cursor = batch.at
    const end = this.#varint(bytes) + this.#cursor
    this.#cursor += 1
    const deltaMs = this.#varint(bytes)
    const offset = batch.base + this.#varint(bytes)
    const key = this.#blob(bytes)
    const value = this.#blob(bytes)
    const count = this.#varint(bytes)
    const headers = count === 0 ? NO_HEADERS : this.#headers(bytes, count)
    batch.at = end
    batch.left -= 1
    return { offset, key, value, headers, timestampMs: batch.firstMs + (batch.isOneTime ? 0 : deltaMs) }
  }

  #headers(bytes: Buffer, count: number): readonly Header[] {
    const headers: Header[] = []
    for (let left = count; left > 0; left -= 1) {
      const name = this.#name(bytes)
      headers.push([name, this.#blob(bytes) ?? NOTHING])
    }
    return headers
  }

  /** Zigzag, within 2^53. */
  #varint(bytes: Buffer): number {
    let byte = bytes[this.#cursor++] as number
    if (byte < 0x80) return (byte & 1) === 0 ? byte >>> 1 : -((byte + 1) >>> 1)
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = bytes[this.#cursor++] as number
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #blob(bytes: Buffer): Uint8Array | null {
    const length = this.#varint(bytes)
    if (length < 0) return null
    const start = this.#cursor
    this.#cursor += length
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
  }

  #name(bytes: Buffer): string {
    const length = this.#varint(bytes)
    const start = this.#cursor
    this.#cursor += length
    return bytes.toString('utf8', start, start + length)
  }
}

const NOTHING = new Uint8Array(0)
const NO_HEADERS: readonly Header[] = []
