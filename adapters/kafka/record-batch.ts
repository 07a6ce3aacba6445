// A record batch (format 2) of one topic partition.
//
// Owns: the bytes until they are sent. Source: the message format of the Kafka protocol guide.
//
// A batch is finished with the producer's id, epoch and sequence; the same bytes may then be sent again.
import type { OutRecord } from '../../system/protocol/record.ts'
import { RecordWriter } from '../kafka-format/record-writer.ts'
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

export class RecordBatch {
  readonly #records: RecordWriter

  constructor(capacity = 4096) {
    this.#records = new RecordWriter(HEAD_BYTES, capacity)
  }

  get count(): number {
    return this.#records.count
  }

  get bytes(): number {
    return this.#records.length
  }

  add(record: OutRecord): void {
    this.#records.add(record)
  }

  /** The bytes to send. Calling it again with another mark changes them. */
  finish({ producerId, epoch, sequence, isTransactional }: ProducerMark): Buffer {
    const { bytes, count, firstMs, lastMs } = this.#records
    bytes.writeBigInt64BE(0n, 0)
    bytes.writeInt32BE(bytes.length - 12, 8)
    bytes.writeInt32BE(-1, 12)
    bytes[16] = 2
    bytes.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT)
    bytes.writeInt32BE(count - 1, 23)
    bytes.writeBigInt64BE(BigInt(firstMs), 27)
    bytes.writeBigInt64BE(BigInt(lastMs), 35)
    bytes.writeBigInt64BE(producerId, 43)
    bytes.writeInt16BE(epoch, 51)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeInt32BE(count, 57)
    bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT)
    return bytes
  }
}
