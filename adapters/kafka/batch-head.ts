// What the heads of record batches say, and how their bodies are unpacked. Source: the message format of the Kafka protocol guide.
import { OperationError } from '../../system/protocol/failures.ts'
import { decompressed } from './wire.ts'
import { HEAD_BYTES } from './record-batch.ts'

/** Offset and length stand before what the length counts. */
export const BEFORE_LENGTH = 12

/** A signed 64-bit number within 2^53. */
export const offsetAt = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)

/** The offset behind the last whole batch of a piece that was asked for from an offset. */
export function endOf(bytes: Buffer, from: number): number {
  let end = from
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const next = at + BEFORE_LENGTH + bytes.readInt32BE(at + 8)
    if (next > bytes.length) break
    end = Math.max(end, offsetAt(bytes, at) + bytes.readInt32BE(at + 23) + 1)
    at = next
  }
  return end
}

/** The key of a control record: version and type, behind length, attributes and deltas of one byte each and the key's length. */
export function controlType(body: Buffer): number {
  let at = 0
  for (let varints = 0; varints < 5; varints += 1) {
    if (varints === 1) at += 1
    else while ((body[at++] as number) >= 0x80);
  }
  return body.readInt16BE(at + 2)
}

export function inflated(body: Buffer, compression: number): Buffer {
  if (compression === 0) return body
  const bytes = decompressed(body, compression)
  if (bytes === undefined) throw new OperationError('kafka/format', `a record batch of unknown compression ${compression}`)
  return bytes
}
