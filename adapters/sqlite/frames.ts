// Records as bytes between the calling thread and the writer thread, and in the blocks that are stored: packed once, moved without a copy.
//
// A record: tp u32, flags u8, timestamp f64, lengths of key, value and headers u32 each, then their bytes. Little-endian.
// Headers, as they are also stored: per header the name's length u16, the name, the value's length u32, the value.
import { headerNameBytes } from '../../system/protocol/header-names.ts'
import { headerOf } from '../../system/protocol/record.ts'
import type { Header, LogRecord, OutRecord } from '../../system/protocol/record.ts'

const KEY_IS_NULL = 1
const VALUE_IS_NULL = 2
const COMPACTED = 4
const ARMED = 8
const FRAME_BYTES = 25

const text = new TextDecoder()
const NONE: readonly Header[] = []

/** Where a record goes, resolved by the caller. */
export interface Place {
  readonly tp: number
  readonly compacted: boolean
}

/** Of a compacted topic. */
export interface FramedRecord {
  readonly tp: number
  readonly armed: boolean
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Uint8Array | null
}

/** Records in a buffer that may be longer than they are. */
export interface PackedRecords {
  readonly buffer: ArrayBuffer
  readonly length: number
}

/** `take` gives a buffer of at least so many bytes. */
export function packRecords(records: readonly OutRecord[], placeOf: (record: OutRecord) => Place, take: (bytes: number) => ArrayBuffer): PackedRecords {
  const buffer = take(packedBytesMax(records))
  const bytes = new Uint8Array(buffer)
  const view = new DataView(buffer)
  let at = 0
  for (const record of records) {
    const { key, value, headers } = record
    const { tp, compacted } = placeOf(record)
    const armed = compacted && headerOf(headers, 'armed') !== undefined
    const flags = (key === null ? KEY_IS_NULL : 0) | (value === null ? VALUE_IS_NULL : 0)
    view.setUint32(at, tp, true)
    bytes[at + 4] = flags | (compacted ? COMPACTED : 0) | (armed ? ARMED : 0)
    view.setFloat64(at + 5, record.timestampMs, true)
    view.setUint32(at + 13, key?.length ?? 0, true)
    view.setUint32(at + 17, value?.length ?? 0, true)
    let next = at + FRAME_BYTES
    if (key !== null) next = put(bytes, next, key)
    if (value !== null) next = put(bytes, next, value)
    const headersAt = next
    for (const header of headers) next = putHeader(bytes, view, next, header)
    view.setUint32(at + 21, next - headersAt, true)
    at = next
  }
  return { buffer, length: at }
}

function packedBytesMax(records: readonly OutRecord[]): number {
  let bytes = 0
  for (const { key, value, headers } of records) {
    bytes += FRAME_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
    for (const [name, header] of headers) bytes += 6 + name.length * 3 + header.length
  }
  return bytes
}

/** Calls with each record, in order: those of compacted topics, whose bytes are views into the buffer, and where the frames of others stand. */
export function unpackRecords({ buffer, length }: PackedRecords, compacted: (record: FramedRecord) => void, other: (tp: number, timestampMs: number, from: number, to: number) => void): void {
  const bytes = new Uint8Array(buffer)
  const view = new DataView(buffer)
  for (let at = 0; at < length;) {
    const end = frameEnd(view, at)
    const tp = view.getUint32(at, true)
    const flags = view.getUint8(at + 4)
    if ((flags & COMPACTED) === 0) other(tp, frameTimestamp(view, at), at, end)
    else {
      const keyAt = at + FRAME_BYTES
      const valueAt = keyAt + view.getUint32(at + 13, true)
      const headersAt = valueAt + view.getUint32(at + 17, true)
      compacted({
        tp,
        armed: (flags & ARMED) !== 0,
        timestampMs: frameTimestamp(view, at),
        key: (flags & KEY_IS_NULL) !== 0 ? null : bytes.subarray(keyAt, valueAt),
        value: (flags & VALUE_IS_NULL) !== 0 ? null : bytes.subarray(valueAt, headersAt),
        headers: headersAt === end ? null : bytes.subarray(headersAt, end),
      })
    }
    at = end
  }
}

export function frameEnd(view: DataView, at: number): number {
  return at + FRAME_BYTES + view.getUint32(at + 13, true) + view.getUint32(at + 17, true) + view.getUint32(at + 21, true)
}

export const frameTimestamp = (view: DataView, at: number): number => view.getFloat64(at + 5, true)

/** The record of a frame; its bytes are views. */
export function recordIn(frames: Uint8Array, view: DataView, at: number, offset: number): LogRecord {
  const flags = view.getUint8(at + 4)
  const keyBytes = view.getUint32(at + 13, true)
  const valueBytes = view.getUint32(at + 17, true)
  const headersBytes = view.getUint32(at + 21, true)
  const keyAt = frames.byteOffset + at + FRAME_BYTES
  return {
    offset,
    key: (flags & KEY_IS_NULL) !== 0 ? null : new Uint8Array(frames.buffer, keyAt, keyBytes),
    value: (flags & VALUE_IS_NULL) !== 0 ? null : new Uint8Array(frames.buffer, keyAt + keyBytes, valueBytes),
    headers: headersBytes === 0 ? NONE : unpackHeaders(new Uint8Array(frames.buffer, keyAt + keyBytes + valueBytes, headersBytes)),
    timestampMs: frameTimestamp(view, at),
  }
}

export function unpackHeaders(bytes: Uint8Array | null): readonly Header[] {
  if (bytes === null) return NONE
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headers: Header[] = []
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 2 + view.getUint16(at, true)
    const valueEnd = nameEnd + 4 + view.getUint32(nameEnd, true)
    headers.push([nameIn(bytes, at + 2, nameEnd), bytes.subarray(nameEnd + 4, valueEnd)])
    at = valueEnd
  }
  return headers
}

/** The same few names stand in every record, mostly in the same order. Beyond so many each is decoded anew. */
const NAMES_MAX = 64
const names: { readonly name: string; readonly bytes: Uint8Array }[] = []
let likely = 0

function nameIn(bytes: Uint8Array, from: number, to: number): string {
  for (let tried = 0; tried < names.length; tried += 1) {
    const at = (likely + tried) % names.length
    const known = names[at]
    if (known === undefined || !standsAt(known.bytes, bytes, from, to)) continue
    likely = at + 1
    return known.name
  }
  const own = bytes.slice(from, to)
  const name = text.decode(own)
  if (names.length < NAMES_MAX) names.push({ name, bytes: own })
  return name
}

function standsAt(part: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (part.length !== to - from) return false
  for (let index = 0; index < part.length; index += 1) if (part[index] !== bytes[from + index]) return false
  return true
}

/** A call into the runtime costs more than so many bytes by hand. */
const COPIED_MAX = 32

function put(bytes: Uint8Array, at: number, part: Uint8Array): number {
  const { length } = part
  if (length > COPIED_MAX) bytes.set(part, at)
  else for (let index = 0; index < length; index += 1) bytes[at + index] = part[index] as number
  return at + length
}

function putHeader(bytes: Uint8Array, view: DataView, at: number, [name, value]: Header): number {
  const nameBytes = headerNameBytes(name)
  view.setUint16(at, nameBytes.length, true)
  const next = put(bytes, at + 2, nameBytes)
  view.setUint32(next, value.length, true)
  return put(bytes, next + 4, value)
}
