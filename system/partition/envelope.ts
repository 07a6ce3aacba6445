// Envelopes: what stands in an inbox record, and in the control records of sources. Arrays, not objects: they are written per event.
//
// V1. Formats only grow: a field is added at the end, a kind is never reused.
import { crc32c } from '../protocol/checksum.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Codec } from '../ports/codec.ts'

/** The outside event that started a chain of tells: what equal event times are ordered by. */
export interface Origin {
  readonly source: string
  readonly id: string
}

export interface Tell {
  readonly kind: 'tell'
  /** Group of the sender and its partition index. */
  readonly sender: string
  readonly senderPartition: number
  /** The sender's watermark when it told, undefined on feedback edges. */
  readonly watermark: number | undefined
  readonly id: string
  readonly timeMs: number
  readonly ingestedMs: number
  readonly origin: Origin
  readonly event: MachineEvent
}

export interface WatermarkRecord {
  readonly kind: 'watermark'
  readonly sender: string
  readonly senderPartition: number
  /** Infinity: the sender has ended. */
  readonly watermark: number
  readonly idle: boolean
}

export interface Command {
  readonly kind: 'command'
  readonly id: string
  readonly timeMs: number
  readonly event: MachineEvent
  /** `eventSum` of the event, as its sender worked it out; undefined: of a version that did not. */
  readonly sum?: number
}

export interface TaskResult {
  readonly kind: 'task'
  readonly task: string
  readonly key: string
  readonly timeMs: number
  readonly ok: boolean
  readonly value: unknown
}

/** From here on the model of this name is the artifact of this hash. Stands in an inbox partition, so that it has a position. */
export interface Activation {
  readonly kind: 'activation'
  readonly model: string
  readonly version: number
  /** sha256 hex of the artifact. */
  readonly hash: string
  readonly timeMs: number
}

export type Envelope = Tell | WatermarkRecord | Command | TaskResult | Activation

export function encodeEnvelope(codec: Codec, envelope: Envelope): Uint8Array {
  switch (envelope.kind) {
    case 'tell': {
      const { sender, senderPartition, watermark, id, timeMs, ingestedMs, origin, event } = envelope
      return codec.encode(['t', sender, senderPartition, watermark ?? null, id, timeMs, ingestedMs, origin.source, origin.id, event])
    }
    case 'watermark': return codec.encode(['w', envelope.sender, envelope.senderPartition, envelope.watermark, envelope.idle])
    case 'command': return codec.encode(['c', envelope.id, envelope.timeMs, envelope.event, ...(envelope.sum === undefined ? [] : [envelope.sum])])
    case 'task': return codec.encode(['r', envelope.task, envelope.key, envelope.timeMs, envelope.ok, envelope.value])
    case 'activation': return codec.encode(['m', envelope.model, envelope.version, envelope.hash, envelope.timeMs])
  }
}

/** Tells events of one command id apart: equal events have equal sums, two that differ hardly ever. Throws NotPlainData. */
export function eventSum(codec: Codec, event: MachineEvent): number {
  return crc32c(codec.canonical(event))
}

/** The envelope, or why the bytes are none. */
export function decodeEnvelope(codec: Codec, bytes: Uint8Array): Envelope | { readonly kind: 'failed'; readonly reason: string } {
  const decoded = codec.decode(bytes)
  if (decoded.kind === 'failed') return decoded
  const parts = decoded.value
  if (!Array.isArray(parts)) return { kind: 'failed', reason: 'not an envelope' }
  return readParts(parts as readonly unknown[])
}

function readParts(parts: readonly unknown[]): Envelope | { readonly kind: 'failed'; readonly reason: string } {
  switch (parts[0]) {
    case 't': return readTell(parts)
    case 'w': {
      const [, sender, senderPartition, watermark, idle] = parts
      if (typeof sender !== 'string' || !isIndex(senderPartition) || !isWatermark(watermark)) break
      return { kind: 'watermark', sender, senderPartition, watermark, idle: idle === true }
    }
    case 'c': {
      const [, id, timeMs, event, sum] = parts
      if (typeof id !== 'string' || !isTime(timeMs) || !isEvent(event)) break
      return { kind: 'command', id, timeMs, event, ...(isIndex(sum) ? { sum } : {}) }
    }
    case 'r': {
      const [, task, key, timeMs, ok, value] = parts
      if (typeof task !== 'string' || typeof key !== 'string' || !isTime(timeMs)) break
      return { kind: 'task', task, key, timeMs, ok: ok === true, value }
    }
    case 'm': {
      const [, model, version, hash, timeMs] = parts
      if (typeof model !== 'string' || !isIndex(version) || typeof hash !== 'string' || !isTime(timeMs)) break
      return { kind: 'activation', model, version, hash, timeMs }
    }
  }
  return { kind: 'failed', reason: `not an envelope of a known kind${typeof parts[0] === 'string' ? ` (${parts[0].slice(0, 20)})` : ''}` }
}

function readTell(parts: readonly unknown[]): Tell | { readonly kind: 'failed'; readonly reason: string } {
  const [, sender, senderPartition, watermark, id, timeMs, ingestedMs, originSource, originId, event] = parts
  if (typeof sender !== 'string' || !isIndex(senderPartition) || typeof id !== 'string' || !isTime(timeMs) || !isTime(ingestedMs)) return { kind: 'failed', reason: 'a tell without sender, id or time' }
  if (typeof originSource !== 'string' || typeof originId !== 'string' || !isEvent(event)) return { kind: 'failed', reason: 'a tell without origin or event' }
  return {
    kind: 'tell', sender, senderPartition, id, timeMs, ingestedMs, event,
    watermark: isWatermark(watermark) ? watermark : undefined,
    origin: { source: originSource, id: originId },
  }
}

const isIndex = (value: unknown): value is number => Number.isInteger(value)
/** Infinity: nothing more comes. */
const isWatermark = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value)
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function isEvent(value: unknown): value is MachineEvent {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** Header that marks a control record in a source topic written by us; its value is a `SourceControl`. */
export const SOURCE_CONTROL_HEADER = 'statelog-control'

export interface SourceControl {
  /** No further event of this topic partition is older; Infinity: the source has ended. */
  readonly watermark: number
}

export function encodeSourceControl(codec: Codec, control: SourceControl): Uint8Array {
  return codec.encode(['s', control.watermark])
}

export function decodeSourceControl(codec: Codec, bytes: Uint8Array): SourceControl | undefined {
  const decoded = codec.decode(bytes)
  if (decoded.kind === 'failed' || !Array.isArray(decoded.value)) return undefined
  const [kind, watermark] = decoded.value as readonly unknown[]
  return kind === 's' && isWatermark(watermark) ? { watermark } : undefined
}
