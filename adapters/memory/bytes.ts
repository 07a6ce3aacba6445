// Bytes of records: copies, and keys as map keys.
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'

/** A text that is equal for equal bytes and only for them. */
export function keyText(key: Uint8Array): string {
  let text = ''
  for (const byte of key) text += String.fromCharCode(byte)
  return text
}

export function sameBytes(a: Uint8Array, b: Uint8Array | null): boolean {
  if (b === null || a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false
  return true
}

/** The writer may go on using its buffers. */
export function copyRecord(record: OutRecord, offset: number): LogRecord {
  return {
    offset,
    key: record.key === null ? null : Uint8Array.from(record.key),
    value: record.value === null ? null : Uint8Array.from(record.value),
    headers: record.headers.map(([name, value]) => [name, Uint8Array.from(value)] as const),
    timestampMs: record.timestampMs,
  }
}
