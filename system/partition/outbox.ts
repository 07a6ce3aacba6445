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
  readonly entity: { readonly id: EntityId }
  /** The entity's id in bytes, where they are at hand. */
  readonly key: Uint8Array | undefined
  readonly cause: string
  readonly timeMs: number
  readonly origin: Origin
  /** Progress of event time when the turn ran: what tells promise. */
  readonly progressMs: number
  readonly nowMs: number
}

const JSON_CONTENT: Header = ['content-type', utf8Encode('application/json')]
const BYTES_CONTENT: Header = ['content-type', utf8Encode('application/octet-stream')]
const NO_HEADERS: readonly Header[] = []

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
    this.#constant = [['ce_specversion', utf8Encode('1.0')], ['ce_source', utf8Encode(plan.group)]]
  }

  /** An output record: JSON of the emitted event with CloudEvents headers, or what its definition says. `n` numbers the records of the cause. */
  output(event: MachineEvent, n: number, by: Provenance): Made {
    const output = this.#plan.definition.outputs.get(event.type)
    if (output === undefined) return `it emits '${event.type}', which no output takes. Add outputs: { '${event.type}': '<topic>' }.`
    const value = output.value === undefined ? this.#json(event) : madeValue(event, output.value)
    if (typeof value === 'string') return value
    const key = by.key ?? this.#slab.encode(by.entity.id)
    const headers = output.isCloudEvent ? this.#headers(event.type, n, by, output.value === undefined ? JSON_CONTENT : BYTES_CONTENT) : NO_HEADERS
    return { topic: output.topic, partition: partitionOf(key, this.#plan.partitions), key, value, headers, timestampMs: by.nowMs }
  }

  #json(event: MachineEvent): Uint8Array | string {
    return unfitForJson(event, 'event') ?? this.#slab.encode(JSON.stringify(event))
  }

  #headers(type: string, n: number, by: Provenance, content: Header): readonly Header[] {
    const [version, source] = this.#constant as readonly [Header, Header]
    const id = outputId(this.#plan.app, this.#plan.definition.name, by.cause, n)
    return [version, source, content, ['ce_id', this.#slab.encode(id)], this.#type(type), ['ce_time', this.#times.encode(by.timeMs)]]
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

/** By the user's function. What it throws is the caller's to catch. */
function madeValue(event: MachineEvent, make: (event: MachineEvent) => Uint8Array): Uint8Array | string {
  const value: unknown = make(event)
  return value instanceof Uint8Array ? value : `the value of output '${event.type}' is ${value === null ? 'null' : `a ${typeof value}`}, must be a Uint8Array`
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
      // By `at`: see `adapters/cbor/writer.ts`.
      const part: unknown = value.at(index)
      const found = part === undefined ? ' is undefined, which would become null' : unfitPart(part)
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

type Written = OutRecord | OutRecord[] | undefined

/** Most inputs write one record or none: no list is made for those. */
export class Outbox {
  /** Of each slot: the ref of its input, as what goes before the offset and the offset. */
  readonly #heads: string[]
  readonly #offsets: number[]
  #written: Written[]
  /** Of each slot, once the records are taken. */
  #taken: readonly number[] = []
  #slots = 0
  /** Records in all slots that are not taken. */
  #count = 0

  /** `slots`: as many as are expected, so that the lists need not grow. */
  constructor(slots = 0) {
    this.#heads = new Array<string>(slots)
    this.#offsets = new Array<number>(slots)
    this.#written = new Array<Written>(slots)
  }

  /** Opens the next slot, for what input `<head><offset>` writes; without an offset the head is the whole ref. */
  open(head: string, offset = NO_OFFSET): number {
    const slot = this.#slots
    this.#heads[slot] = head
    this.#offsets[slot] = offset
    this.#written[slot] = undefined
    this.#slots = slot + 1
    return slot
  }

  write(slot: number, record: OutRecord): void {
    const before = this.#written[slot]
    if (before === undefined) this.#written[slot] = record
    else if (Array.isArray(before)) before.push(record)
    else this.#written[slot] = [before, record]
    this.#count += 1
  }

  /** How many records stand in the slot. */
  countOf(slot: number): number {
    return countOf(this.#written[slot])
  }

  /** Takes the newest records out again, until `count` are left. */
  cut(slot: number, count: number): void {
    const before = this.#written[slot]
    this.#count += Math.min(0, count - countOf(before))
    if (count === 0) this.#written[slot] = undefined
    else if (Array.isArray(before)) before.length = count
  }

  records(): OutRecord[] {
    const records = new Array<OutRecord>(this.#count)
    let at = 0
    for (let slot = 0; slot < this.#written.length; slot += 1) {
      const written = this.#written[slot]
      if (written === undefined) continue
      if (Array.isArray(written)) for (const record of written) records[at++] = record
      else records[at++] = written
    }
    return records
  }

  /** The records, for the log alone: what is under way must not be kept here as well. Who wrote which is still known. */
  take(): OutRecord[] {
    const records = this.records()
    this.#taken = this.#written.map(countOf)
    this.#written = []
    this.#count = 0
    return records
  }

  /** The input that wrote the record at `index` of `records()` or `take()`; with `isMeant`, it or the newest before it that is meant. */
  refOf(index: number, isMeant: (ref: InputRef) => boolean = () => true): InputRef | undefined {
    let passed = 0
    let found: InputRef | undefined
    for (let slot = 0; slot < this.#slots; slot += 1) {
      const ref = refOf(this.#heads[slot] ?? '', this.#offsets[slot] ?? NO_OFFSET)
      if (isMeant(ref)) found = ref
      passed += (this.#taken[slot] ?? 0) + this.countOf(slot)
      if (index < passed) return found
    }
    return undefined
  }
}

const NO_OFFSET = -1

const countOf = (written: Written): number => (written === undefined ? 0 : Array.isArray(written) ? written.length : 1)

const refOf = (head: string, offset: number): InputRef => (offset === NO_OFFSET ? head : `${head}${offset}`)

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
