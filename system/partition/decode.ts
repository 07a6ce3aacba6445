// Decode: one record into what the partition does with it. The edge: behind it every id, time and event is trusted.
//
// Owns no state. A record either becomes an input, a promise about time, or a failure with its class; nothing throws.
import { utf8Decode } from '../protocol/utf8.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Failure, FailureClass } from '../protocol/failures.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord } from '../protocol/record.ts'
import { VALUE_DEPTH_MAX } from '../protocol/limits.ts'
import type { Codec } from '../ports/codec.ts'
import { NO_WITNESS } from '../ports/witness.ts'
import type { Witness } from '../ports/witness.ts'
import type { ActorDefinition, SourceDefinition, SourceFormat } from '../authoring/definition.ts'
import { commandKey } from './entity.ts'
import { decodeEnvelope, decodeSourceControl, SOURCE_CONTROL_HEADER } from './envelope.ts'
import type { Activation, Origin } from './envelope.ts'
import { SourceInput } from './input.ts'
import type { Input } from './input.ts'
import type { TypePlan } from './topology.ts'

/** A promise about time made by a sender or by the source itself. */
export interface Promised {
  readonly input: string
  readonly watermarkMs: number
  readonly idle: boolean
}

export type Decode =
  | { readonly kind: 'input'; readonly input: Input; readonly promised: Promised | undefined }
  | { readonly kind: 'promise'; readonly promised: Promised }
  | { readonly kind: 'activation'; readonly activation: Activation; readonly promised?: undefined }
  /** `entity`: whom the record's key names, where it names one. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly entity?: EntityId; readonly promised?: Promised }

const failed = (failureClass: FailureClass, message: string): Extract<Decode, { readonly kind: 'failed' }> => ({ kind: 'failed', failure: { class: failureClass, message, stage: 'decode' } })

/** Decodes records of one actor type. `nowMs` is the batch's time, for rules about the future. */
export class Decoder {
  readonly #plan: TypePlan
  readonly #definition: ActorDefinition
  readonly #codec: Codec
  readonly #sources: ReadonlyMap<string, SourceDefinition>
  readonly #witness: Witness
  /** Asked for last: events of one type come after each other. */
  #fineType: string | undefined

  constructor(plan: TypePlan, codec: Codec, witness: Witness = NO_WITNESS) {
    this.#witness = witness
    this.#plan = plan
    this.#definition = plan.definition
    this.#codec = codec
    this.#sources = new Map(plan.definition.sources.map((source) => [source.topic, source]))
  }

  /** `entity`: what `entityOf` said, where it was asked before. `asksPlace`: whether a record must lie where its key belongs. */
  decode(topic: string, partition: number, record: LogRecord, nowMs: number, entity?: EntityId, asksPlace = true): Decode {
    this.#witness.running(this.#plan.group, partition, topic, record.offset)
    const well = this.#decode(topic, partition, record, nowMs, entity)
    const misplaced = well.kind === 'input' && asksPlace && topic !== this.#plan.inbox ? this.#misplaced(record, partition) : undefined
    const decoded = misplaced ?? well
    return decoded.kind === 'failed' ? this.#named(topic, record, decoded) : decoded
  }

  /** A record that ends the process when it is looked at: it is not. */
  undecoded(topic: string, record: LogRecord, failure: Failure): Decode {
    return this.#named(topic, record, { kind: 'failed', failure })
  }

  /** Whom a source's record is for, from its key alone. */
  entityOf(topic: string, record: LogRecord): EntityId | undefined {
    const { entityOfAll } = this.#definition
    return entityOfAll !== undefined && this.#sources.has(topic) ? parseEntityId(entityOfAll) : entityOf(record.key)
  }

  #named(topic: string, record: LogRecord, decoded: Extract<Decode, { readonly kind: 'failed' }>): Decode {
    const entity = this.entityOf(topic, record)
    return entity === undefined || decoded.failure.class === 'key' ? decoded : { ...decoded, entity }
  }

  #decode(topic: string, partition: number, record: LogRecord, nowMs: number, entity: EntityId | undefined): Decode {
    const source = this.#sources.get(topic)
    if (source === undefined) return this.#decodeInbox(record)
    const control = headerOf(record.headers, SOURCE_CONTROL_HEADER)
    if (control !== undefined) {
      const promise = decodeSourceControl(this.#codec, control)
      return promise === undefined ? failed('decode', 'a control record of an unknown form') : { kind: 'promise', promised: { input: topic, watermarkMs: promise.watermark, idle: false } }
    }
    return this.#decodeSource(source, partition, record, nowMs, entity ?? this.entityOf(topic, record))
  }

  #decodeSource(source: SourceDefinition, partition: number, record: LogRecord, nowMs: number, entity: EntityId | undefined): Decode {
    if (entity === undefined) return failed('key', 'the record key is no entity id (UTF-8, 1..256 bytes)')
    if (record.value === null) return failed('decode', 'the record has no value')
    if (record.value.length > this.#definition.limits.recordBytesMax) return failed('size', `${record.value.length} bytes, at most ${this.#definition.limits.recordBytesMax} are allowed`)
    const parsed = parseValue(this.#codec, source.format, record.value)
    if (parsed instanceof Unreadable) return failed('decode', parsed.reason)
    const event = validate(source, parsed)
    if (typeof event === 'string') return failed('schema', event)
    if (this.#isReserved(event.type)) return failed('schema', `event type '${event.type}' is reserved`)
    return this.#input(source, event, partition, record.offset, entity, nowMs)
  }

  /** What a well-formed event still has wrong shows here: user functions run, so that their throws are contained. */
  #input(source: SourceDefinition, event: MachineEvent, partition: number, offset: number, entity: EntityId, nowMs: number): Decode {
    try {
      const named = source.key === undefined ? entity : source.key(event)
      if (named !== entity) return failed('key', `the record key '${entity}' is not the entity '${String(named).slice(0, 80)}' that the payload names`)
      const timeMs = source.time(event)
      if (!Number.isFinite(timeMs)) return failed('semantic', 'the event time is not finite')
      if (timeMs > nowMs + source.futureMs) return failed('semantic', `the event is dated ${Math.round((timeMs - nowMs) / 1000)} s ahead of the clock`)
      const id = source.id?.(event)
      if (source.id !== undefined && (typeof id !== 'string' || id === '')) return failed('semantic', `the id is ${id === '' ? 'empty' : `a ${typeof id}`}, must be a text`)
      for (const rule of source.rules) {
        const wrong = rule.check(event, nowMs)
        if (wrong !== undefined) return failed('semantic', wrong)
      }
      const timed = event['time'] === timeMs ? event : { ...event, time: timeMs }
      return new SourceInput(entity, timed, timeMs, this.#rank(event.type), source.topic, partition, offset, id)
    } catch (thrown) {
      return failed('semantic', `a rule, key, time or id function threw: ${textOf(thrown)}`)
    }
  }

  /** Where the key does not belong its entity would live twice, with half of its events each (I3, I7). */
  #misplaced({ key }: LogRecord, partition: number): Decode | undefined {
    const { partitions } = this.#plan
    if (key === null || partitions === 1 || this.#definition.entityOfAll !== undefined) return undefined
    const right = partitionOf(key, partitions)
    if (right === partition) return undefined
    return failed('key', `the record lies in partition ${partition}, its key belongs to partition ${right} of ${partitions}: its producer does not partition by murmur2, as Kafka's own do. Set its partitioner (librdkafka: partitioner=murmur2_random) and send the event again`)
  }

  #decodeInbox(record: LogRecord): Decode {
    if (record.value === null) return failed('decode', 'the record has no value')
    const envelope = decodeEnvelope(this.#codec, record.value)
    if (envelope.kind === 'failed') return failed('decode', envelope.reason)
    if (envelope.kind === 'watermark') {
      return { kind: 'promise', promised: { input: `${envelope.sender}/${envelope.senderPartition}`, watermarkMs: envelope.watermark, idle: envelope.idle } }
    }
    if (envelope.kind === 'activation') return { kind: 'activation', activation: envelope }
    const entity = entityOf(record.key)
    if (entity === undefined) return failed('key', 'the record key is no entity id (UTF-8, 1..256 bytes)')
    switch (envelope.kind) {
      case 'tell': {
        const promised = envelope.watermark === undefined ? undefined : { input: `${envelope.sender}/${envelope.senderPartition}`, watermarkMs: envelope.watermark, idle: false }
        const fault = faultOfSent(envelope.event)
        if (fault !== undefined) return promised === undefined ? fault : { ...fault, promised }
        return { kind: 'input', promised, input: { ...this.#plain(entity, envelope.event, envelope.timeMs, envelope.origin), onArrival: envelope.watermark === undefined } }
      }
      case 'command': {
        const fault = faultOfSent(envelope.event)
        if (fault !== undefined) return fault
        const origin = { source: 'command', id: envelope.id }
        return { kind: 'input', promised: undefined, input: { ...this.#plain(entity, envelope.event, envelope.timeMs, origin), dedupKey: commandKey(envelope.id), command: envelope.id, ...(envelope.sum === undefined ? {} : { sum: envelope.sum }) } }
      }
      case 'task': {
        const event = { type: envelope.ok ? `xstate.done.actor.${envelope.task}` : `xstate.error.actor.${envelope.task}`, [envelope.ok ? 'output' : 'error']: envelope.value, actorId: envelope.task }
        return { kind: 'input', promised: undefined, input: { ...this.#plain(entity, event, envelope.timeMs, { source: 'task', id: envelope.key }), task: envelope } }
      }
    }
  }

  #plain(entity: EntityId, event: MachineEvent, timeMs: number, origin: Origin): Input {
    return { entity, event: { ...event, time: timeMs }, timeMs, rank: this.#rank(event.type), origin, dedupKey: undefined, onArrival: true, command: undefined, task: undefined }
  }

  #isReserved(type: string): boolean {
    if (type === this.#fineType) return false
    if (isReserved(type)) return true
    this.#fineType = type
    return false
  }

  #rank(type: string): number {
    const { rank } = this.#definition
    return rank.size === 0 ? 0 : rank.get(type) ?? rank.size
  }

  get plan(): TypePlan {
    return this.#plan
  }
}

/** Event types that only the runtime may make. */
export function isReserved(type: string): boolean {
  return type.startsWith('xstate.') || type.startsWith('inference.') || type.startsWith('lookup.')
}

/** What is wrong with an event that comes through the inbox. */
export function faultOfSent(event: MachineEvent): Extract<Decode, { readonly kind: 'failed' }> | undefined {
  if (isReserved(event.type)) return failed('schema', `event type '${event.type}' is reserved`)
  const danger = dangerIn(event, 1)
  return danger === undefined ? undefined : failed('decode', danger)
}

/** What was thrown, as text; a thrown value may be anything, also one that cannot be made text. */
function textOf(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`
  return typeof thrown === 'object' || typeof thrown === 'function' ? typeof thrown : String(thrown)
}

function entityOf(key: Uint8Array | null): EntityId | undefined {
  if (key === null) return undefined
  const text = utf8Decode(key)
  return text === undefined ? undefined : parseEntityId(text)
}

/** In place of a value. */
class Unreadable {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** What the bytes say, or why that cannot be read. */
function parseValue(codec: Codec, format: SourceFormat, bytes: Uint8Array): unknown {
  if (format === 'bytes') return bytes
  if (format === 'cbor') {
    const decoded = codec.decodeForeign(bytes)
    if (decoded.kind === 'failed') return new Unreadable(decoded.reason)
    const reason = dangerIn(decoded.value, 1)
    return reason === undefined ? decoded.value : new Unreadable(reason)
  }
  const text = utf8Decode(bytes)
  if (text === undefined) return new Unreadable('not UTF-8')
  try {
    const value = JSON.parse(text) as unknown
    const reason = dangerOf(text, value)
    return reason === undefined ? value : new Unreadable(reason)
  } catch (thrown) {
    return new Unreadable(`not JSON: ${String(thrown).slice(0, 200)}`)
  }
}

/** What would change prototypes or exhaust a stack later; the cheap look at the text comes first. */
function dangerOf(text: string, value: unknown): string | undefined {
  const suspect = text.includes('__proto__') || text.includes('\\u00')
  if (!suspect && text.split('[', VALUE_DEPTH_MAX + 2).length + text.split('{', VALUE_DEPTH_MAX + 2).length <= VALUE_DEPTH_MAX + 2) return undefined
  return dangerIn(value, 1)
}

function dangerIn(part: unknown, depth: number): string | undefined {
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return undefined
  if (depth > VALUE_DEPTH_MAX) return `nested deeper than ${VALUE_DEPTH_MAX}`
  for (const key of Object.keys(part)) {
    if (key === '__proto__') return "a key is '__proto__'"
    const found = dangerIn((part as Record<string, unknown>)[key], depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** The event, or why the value is none. */
function validate(source: SourceDefinition, value: unknown): MachineEvent | string {
  try {
    const result = source.schema['~standard'].validate(value)
    if (result instanceof Promise) return 'the schema validates asynchronously; sources need a synchronous one'
    if (result.issues === undefined) {
      if (typeof (result.value as { type?: unknown } | null)?.type === 'string') return result.value
      return 'the event has no type'
    }
    const issue = result.issues[0]
    const path = (issue?.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return `${path === '' ? 'the event' : path}: ${issue?.message ?? 'invalid'}`
  } catch (thrown) {
    return `the schema threw: ${textOf(thrown)}`
  }
}
