// Arrivals: polled ranges as one sequence, decoded. Merged k-way by event time, then by topic; a topic's own order never changes.
import type { Failure } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import type { Decode, Decoder } from './decode.ts'
import type { Entity } from './entity.ts'
import { FieldSum } from './field-sum.ts'
import type { InputRange, InputRef } from './journal.ts'
import type { Memory } from './memory.ts'

export interface Arrival {
  readonly topic: string
  readonly partition: number
  readonly record: LogRecord
  readonly decode: Decode
  /** Whose state it may need. */
  readonly entity: EntityId | undefined
  /** The same, once it was found in memory. */
  known: Entity | undefined
  /** Its part of the fold is over. */
  settle?(): void
}

/** What the arrivals of one range have in common. */
interface RangeArrivals {
  readonly topic: string
  readonly partition: number
  readonly decoder: Decoder
  readonly nowMs: number
}

/** Decoded when its turn comes, so that a batch does not hold events of which all but one wait. */
class LaterArrival implements Arrival {
  readonly record: LogRecord
  readonly entity: EntityId | undefined
  known: Entity | undefined
  readonly #range: RangeArrivals
  #decoded: Decode | undefined

  constructor(range: RangeArrivals, record: LogRecord, known: Entity | undefined) {
    this.record = record
    this.entity = known === undefined ? range.decoder.entityOf(range.topic, record) : known.id
    this.known = known
    this.#range = range
    this.#decoded = undefined
  }

  get topic(): string {
    return this.#range.topic
  }

  get partition(): number {
    return this.#range.partition
  }

  get decode(): Decode {
    const { decoder, topic, partition, nowMs } = this.#range
    return (this.#decoded ??= decoder.decode(topic, partition, this.record, nowMs, this.entity))
  }

  settle(): void {
    this.#decoded = undefined
  }
}

function entityIn(decode: Decode): EntityId | undefined {
  if (decode.kind === 'input') return decode.input.entity
  return decode.kind === 'failed' ? decode.entity : undefined
}

/** Short name of an input within a journal: the topic's index among the type's inputs, and the offset. */
export function inputRef(inputs: readonly string[], topic: string, offset: number): InputRef {
  return `${inputRefs(inputs, topic)}${offset}`
}

/** What the refs of all inputs of a topic begin with; the offset follows. */
export function inputRefs(inputs: readonly string[], topic: string): string {
  return `${inputs.indexOf(topic)}:`
}

const NONE: ReadonlyMap<InputRef, Failure> = new Map()

/**
 * Merges decoded ranges. A record without a time of its own (bad, control) goes right after its predecessor. `crashed`: inputs that are known to
 * end the process (class `crash`); they are not decoded. `misplaced`: of a repeated batch, the only inputs that may have been refused for where they lie:
 * code that did not look has taken others (F3).
 */
export function arrivalsOf(decoder: Decoder, inputs: readonly string[], ranges: readonly RecordRange[], nowMs: number, crashed: ReadonlyMap<InputRef, Failure> = NONE, misplaced?: ReadonlySet<InputRef>): readonly Arrival[] {
  const decoded = (topic: string, partition: number, record: LogRecord): Arrival => {
    const failure = crashed.size === 0 ? undefined : crashed.get(inputRef(inputs, topic, record.offset))
    const asksPlace = misplaced === undefined || (misplaced.size > 0 && misplaced.has(inputRef(inputs, topic, record.offset)))
    const decode = failure?.class === 'crash' ? decoder.undecoded(topic, record, failure) : decoder.decode(topic, partition, record, nowMs, undefined, asksPlace)
    return { topic, partition, record, decode, entity: entityIn(decode), known: undefined }
  }
  const queues = [...ranges]
    .sort((a, b) => inputs.indexOf(a.topic) - inputs.indexOf(b.topic))
    .map((range) => ({ arrivals: range.records.map((record) => decoded(range.topic, range.partition, record)), at: 0 }))
    .filter((queue) => queue.arrivals.length > 0)
  const [only] = queues
  if (only === undefined) return []
  if (queues.length === 1) return only.arrivals
  const merged: Arrival[] = []
  for (;;) {
    let best: (typeof queues)[number] | undefined
    let bestMs = Infinity
    for (const queue of queues) {
      const head = queue.arrivals[queue.at]
      if (head === undefined) continue
      const timeMs = head.decode.kind === 'input' ? head.decode.input.timeMs : -Infinity
      if (best === undefined || timeMs < bestMs) {
        best = queue
        bestMs = timeMs
      }
    }
    const next = best?.arrivals[best.at]
    if (best === undefined || next === undefined) return merged
    merged.push(next)
    best.at += 1
  }
}

/** What the journal says about one consumed range. */
export function rangeOf(topic: string, from: number, to: number, records: readonly LogRecord[]): InputRange {
  const sum = new FieldSum()
  for (const record of records) {
    sum.field(record.key)
    sum.field(record.value)
    sum.headers(record.headers)
  }
  return { topic, from, to, n: records.length, sum: sum.end() }
}

/** Of a batch that is folded for the first time: of one source alone nobody has to know what its records say before their turn. */
export function liveArrivals(decoder: Decoder, { plan, watermarks, entities }: Pick<Memory, 'plan' | 'watermarks' | 'entities'>, ranges: readonly RecordRange[], nowMs: number, crashed: ReadonlyMap<InputRef, Failure>): readonly Arrival[] {
  const [only] = ranges
  const mayWait = only !== undefined && ranges.length === 1 && only.topic !== plan.inbox && watermarks === undefined && crashed.size === 0
  if (!mayWait) return arrivalsOf(decoder, plan.inputs, ranges, nowMs, crashed)
  const { topic, partition, records } = only
  const range: RangeArrivals = { topic, partition, decoder, nowMs }
  const isKeyed = plan.definition.entityOfAll === undefined
  return records.map((record) => new LaterArrival(range, record, isKeyed && record.key !== null ? entities.peekByKey(record.key) : undefined))
}
