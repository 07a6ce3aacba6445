// Outbox: what the inputs of one batch write, in input order however the scoring rounds fell.
//
// O1. Records of one slot stand together, slots stand in the order in which they were opened (I3).
// O2. The hash covers outputs and tells in written order, nothing else.
import { utf8Encode } from '../protocol/utf8.ts'
import { TextSlab } from '../protocol/text-slab.ts'
import { IsoTimes } from '../protocol/iso-time.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { outputId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { notPlainItself } from '../protocol/plain.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Header, OutRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import { encodeEnvelope } from './envelope.ts'
import type { Origin } from './envelope.ts'
import { FieldSum } from './field-sum.ts'
import type { InputRef } from './journal.ts'
import type { TellTarget, TypePlan } from './topology.ts'

/** Who wrote and why: the same for all records of one turn. */
export interface Provenance {
  readonly entity: EntityId
  readonly cause: string
  readonly timeMs: number
  readonly origin: Origin
  /** Progress of event time when the turn ran: what tells promise. */
  readonly progressMs: number
  readonly nowMs: number
}

/** The record, or why there is none. */
export type Made = OutRecord | string

export class RecordMaker {
  readonly codec: Codec
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #constant: readonly Header[]
  readonly #types = new Map<string, Header>()
  readonly #slab = new TextSlab()
  readonly #times = new IsoTimes()

  constructor(plan: TypePlan, partition: number, codec: Codec) {
    this.#plan = plan
    this.codec = codec
    this.#partition = partition
    this.#constant = [['ce_specversion', utf8Encode('1.0')], ['ce_source', utf8Encode(plan.group)], ['content-type', utf8Encode('application/json')]]
  }

  /** An output record: JSON of the emitted event, CloudEvents headers. `n` numbers the records of the cause. */
  output(event: MachineEvent, n: number, by: Provenance): Made {
    const topic = this.#plan.definition.outputs.get(event.type)
    if (topic === undefined) return `it emits '${event.type}', which no output takes. Add outputs: { '${event.type}': '<topic>' }.`
    const unfit = unfitForJson(event, 'event')
    if (unfit !== undefined) return unfit
    const key = this.#slab.encode(by.entity)
    const id = outputId(this.#plan.app, this.#plan.definition.name, by.cause, n)
    const [version, source, content] = this.#constant as readonly [Header, Header, Header]
    const headers: Header[] = [version, source, content, ['ce_id', this.#slab.encode(id)], this.#type(event.type), ['ce_time', this.#times.encode(by.timeMs)]]
    return { topic, partition: partitionOf(key, this.#plan.partitions), key, value: this.#slab.encode(JSON.stringify(event)), headers, timestampMs: by.nowMs }
  }

  /** A record for another type's inbox. */
  tell(target: TellTarget, id: EntityId, event: MachineEvent, n: number, by: Provenance): Made {
    const key = utf8Encode(id)
    const value = encodeEnvelope(this.codec, {
      kind: 'tell', sender: this.#plan.group, senderPartition: this.#partition,
      watermark: target.wantsWatermark ? by.progressMs : undefined,
      id: outputId(this.#plan.app, this.#plan.definition.name, by.cause, n),
      timeMs: by.timeMs, ingestedMs: by.nowMs, origin: by.origin, event,
    })
    return { topic: target.inbox, partition: partitionOf(key, target.partitions), key, value, headers: [], timestampMs: by.nowMs }
  }

  #type(type: string): Header {
    let header = this.#types.get(type)
    if (header === undefined) this.#types.set(type, (header = ['ce_type', utf8Encode(type)]))
    return header
  }
}

/** Why a value would change in JSON, or undefined: numbers that are not finite, bytes, bigints, class instances, undefined in lists. */
export function unfitForJson(value: unknown, path: string): string | undefined {
  const unfit = unfitPart(value)
  return unfit === undefined ? undefined : `${path}${unfit}`
}

/** The rest of the path and the reason. Put together on the way back: nearly every event is fit. */
function unfitPart(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number': return Number.isFinite(value) ? undefined : ` is ${value}, which an output cannot hold`
    case 'string': case 'boolean': case 'undefined': return undefined
    case 'object': break
    default: return ` is a ${typeof value}, which an output cannot hold`
  }
  if (value === null) return undefined
  if (ArrayBuffer.isView(value)) return ' is binary, which an output cannot hold. Encode it as text.'
  const reason = notPlainItself(value)
  if (reason !== undefined) return ` is ${reason}, which an output cannot hold`
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = value[index] === undefined ? ' is undefined, which would become null' : unfitPart(value[index])
      if (found !== undefined) return `[${index}]${found}`
    }
    return undefined
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) return ' is an invalid date'
  for (const key of Object.keys(value)) {
    const found = unfitPart((value as Record<string, unknown>)[key])
    if (found !== undefined) return `.${key}${found}`
  }
  return undefined
}

export class Outbox {
  readonly #slots: { readonly ref: InputRef; records: readonly OutRecord[]; taken: number }[] = []

  /** Opens the next slot, for what input `ref` writes. */
  open(ref: InputRef): OutRecord[] {
    const records: OutRecord[] = []
    this.#slots.push({ ref, records, taken: 0 })
    return records
  }

  records(): OutRecord[] {
    return this.#slots.flatMap((slot) => slot.records)
  }

  /** The records, for the log alone: what is under way must not be kept here as well. Who wrote which is still known. */
  take(): OutRecord[] {
    const records = this.records()
    for (const slot of this.#slots) {
      slot.taken = slot.records.length
      slot.records = []
    }
    return records
  }

  /** The input that wrote the record at `index` of `records()` or `take()`. */
  refOf(index: number): InputRef | undefined {
    let passed = 0
    for (const slot of this.#slots) {
      passed += slot.taken + slot.records.length
      if (index < passed) return slot.ref
    }
    return undefined
  }
}

/** Checksum over records in written order (O2). */
export function hashOf(records: readonly OutRecord[]): number {
  const sum = new FieldSum()
  const places = new Map<string, Uint8Array[]>()
  for (const record of records) {
    sum.field(placeOf(places, record.topic, record.partition))
    sum.field(record.key)
    sum.field(record.value)
    sum.headers(record.headers)
  }
  return sum.end()
}

/** `<topic>/<partition>` as bytes; most records of a batch go to few places. */
function placeOf(places: Map<string, Uint8Array[]>, topic: string, partition: number): Uint8Array {
  let ofTopic = places.get(topic)
  if (ofTopic === undefined) places.set(topic, (ofTopic = []))
  return (ofTopic[partition] ??= utf8Encode(`${topic}/${partition}`))
}
