// Bench: one partition of one actor type, folded by hand: batches from given records, their journal records, repetitions, dumps of memory.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { checkedEngine } from '../statecharts/checked-engine.ts'
import { actorDefiner } from '../../../system/authoring/actor.ts'
import type { ActorDefinition } from '../../../system/authoring/definition.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import type { SystemOptions } from '../../../system/authoring/system.ts'
import { arrivalsOf, rangeOf } from '../../../system/partition/arrivals.ts'
import type { Batch } from '../../../system/partition/batch.ts'
import { Decoder } from '../../../system/partition/decode.ts'
import { encodeEntity, isBlank } from '../../../system/partition/entity.ts'
import type { Due } from '../../../system/partition/due-index.ts'
import { foldBatch } from '../../../system/partition/fold.ts'
import type { FoldPlan } from '../../../system/partition/fold-context.ts'
import { decodeJournal, encodeJournal } from '../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../system/partition/journal.ts'
import { emptyMemory } from '../../../system/partition/memory.ts'
import type { Memory } from '../../../system/partition/memory.ts'
import { hashOf, RecordMaker } from '../../../system/partition/outbox.ts'
import { journalOutside } from '../../../system/partition/outside.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { Outside, Question } from '../../../system/partition/turn-input.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { parseEntityId } from '../../../system/protocol/ids.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import type { LogRecord, RecordRange } from '../../../system/protocol/record.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'

export const codec = cborCodec
export const defineActor = actorDefiner(checkedEngine, true)

/** A source's event in these tests: who, when, what. */
export interface Deed extends MachineEvent {
  readonly time: number
  readonly who: string
}

/** Takes every object with type, time and who. */
export const deedSchema: StandardSchemaV1<unknown, Deed> = {
  '~standard': {
    version: 1, vendor: 'test',
    validate: (value) => {
      const deed = value as Partial<Deed> | null
      const fits = typeof deed === 'object' && deed !== null && typeof deed.type === 'string' && typeof deed.time === 'number' && typeof deed.who === 'string'
      return fits ? { value: deed as Deed } : { issues: [{ message: 'is no deed', path: ['deed'] }] }
    },
  },
}

export const entityId = (text: string): EntityId => {
  const id = parseEntityId(text)
  if (id === undefined) throw new RangeError(`no entity id: ${text}`)
  return id
}

export function planOf(actors: readonly ActorDefinition[], name: string, options: Partial<SystemOptions> = {}): TypePlan {
  const plan = planSystem(defineSystem({ name: 'app', actors, partitions: 1, ...options })).get(name)
  if (plan === undefined) throw new RangeError(`no actor type ${name}`)
  return plan
}

export function logRecord(offset: number, key: string | null, value: string | Uint8Array | null, more: Partial<LogRecord> = {}): LogRecord {
  return { offset, key: key === null ? null : utf8Encode(key), value: typeof value === 'string' ? utf8Encode(value) : value, headers: [], timestampMs: 0, ...more }
}

/** A deed as a record of a JSON source. */
export const deedRecord = (offset: number, deed: Deed): LogRecord => logRecord(offset, deed.who, JSON.stringify(deed))

export interface Folded {
  readonly batch: Batch
  /** As it came back from the journal's bytes. */
  readonly journal: JournalRecord
  readonly inputs: readonly RecordRange[]
}

export class Bench {
  readonly plan: TypePlan
  readonly memory: Memory
  readonly decoder: Decoder
  readonly maker: RecordMaker

  constructor(plan: TypePlan, memory: Memory = emptyMemory(plan, 0)) {
    this.plan = plan
    this.memory = memory
    memory.life = 'life'
    // The first commit of a life is the lease record.
    if (memory.seq < 0) memory.seq = 0
    this.decoder = new Decoder(plan, codec)
    this.maker = new RecordMaker(plan, 0, codec)
  }

  /** Folds one live batch over the ranges. */
  async fold(ranges: readonly RecordRange[], nowMs: number, options: { readonly outside?: Outside } & Pick<Partial<FoldPlan>, 'releasesMax' | 'forced'> = {}): Promise<Folded> {
    const { outside = constantOutside(0.5), ...more } = options
    const watermarks = this.memory.watermarks?.save() ?? []
    const { models } = this.memory
    const arrivals = arrivalsOf(this.decoder, this.plan.inputs, ranges, nowMs)
    const seq = this.memory.seq + 1
    const batch = await foldBatch(this.memory, this.maker, outside, { seq, nowMs, arrivals, journal: undefined, forced: new Map(), ...more })
    const consumed = new Set(arrivals.slice(0, batch.consumed).map(({ record }) => record))
    const inputs = ranges.flatMap((range): RecordRange[] => {
      const records = range.records.filter((record) => consumed.has(record))
      const last = records.at(-1)
      return last === undefined ? [] : [{ ...range, to: last.offset + 1, records }]
    })
    const journal = decodeJournal(codec, encodeJournal(codec, {
      v: 1, life: 'life', epoch: 1, seq, kind: 'batch', code: this.plan.code, owner: 'me', attempts: 1, nowMs,
      inputs: inputs.map((range) => rangeOf(range.topic, range.from, range.to, range.records)),
      positions: new Map(), floor: { seq: 0, offset: 0 }, stateFrom: 0, partitionFrom: 0, timers: batch.fired, watermarks, cut: batch.cut,
      verdicts: batch.verdicts, decisions: batch.decisions, choices: batch.choices, drops: batch.drops, saved: [], occupancy: batch.occupancy, hash: hashOf(batch.outbox.records()), models, batches: 1, suspect: undefined, alsoSuspect: [], parked: [...batch.parkedChanges].map(([entity, change]) => ({ entity, ...change })), tombstones: [],
    }))
    if (journal === undefined) throw new RangeError('the journal record does not come back')
    return { batch, journal, inputs }
  }

  /** Repeats a journalled batch over this bench's memory. */
  async repeat({ journal, inputs }: Folded): Promise<Batch> {
    this.memory.watermarks?.load(journal.watermarks ?? [])
    this.memory.models = journal.models ?? this.memory.models
    const arrivals = arrivalsOf(this.decoder, this.plan.inputs, inputs, journal.nowMs)
    return foldBatch(this.memory, this.maker, journalOutside(journal), { seq: journal.seq, nowMs: journal.nowMs, arrivals, journal, forced: new Map() })
  }

  /** Batches without input until nothing is left to run. */
  async settle(nowMs: number, options: Parameters<Bench['fold']>[2] = {}): Promise<readonly Folded[]> {
    const folded: Folded[] = []
    const isLeft = (): boolean => {
      const due = this.memory.entities.eventDues.peek()
      return due !== undefined && this.memory.watermarks !== undefined && due.dueMs < this.memory.watermarks.currentMs
    }
    while (isLeft() && folded.length < 1000) folded.push(await this.fold([], nowMs, options))
    return folded
  }

  /** Canonical bytes (hex) of every entity that is not blank, by id. */
  states(): ReadonlyMap<string, string> {
    const entities = [...this.memory.entities.values()].filter((entity) => !isBlank(entity)).sort((a, b) => (a.id < b.id ? -1 : 1))
    return new Map(entities.map((entity) => [entity.id, hex(encodeEntity(codec, this.plan.definition, entity))]))
  }

  dues(): { readonly event: readonly Due[]; readonly clock: readonly Due[] } {
    const plain = ({ dueMs, entity, kind, id }: Due): Due => ({ dueMs, entity, kind, id })
    const { eventDues, clockDues } = this.memory.entities
    return { event: eventDues.due(Infinity, Infinity).map(plain), clock: clockDues.due(Infinity, Infinity).map(plain) }
  }
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

export const range = (topic: string, records: readonly LogRecord[]): RecordRange => ({
  topic, partition: 0, from: records[0]?.offset ?? 0, to: (records.at(-1)?.offset ?? -1) + 1, records,
})

export const constantOutside = (score: number): Outside => ({ ask: (questions) => questions.map(() => ({ kind: 'score', score })) })

/** Scores that depend on everything a model may look at, and rows that depend on the key; some keys have none. */
export const plainOutside: Outside = { ask: (questions) => questions.map((question) => (question.kind === 'score' ? scoreOf(question) : { kind: 'row', bytes: codec.encode(rowOf(question.key)).slice() })) }

function scoreOf({ vector }: Extract<Question, { kind: 'score' }>): { readonly kind: 'score'; readonly score: number } {
  return { kind: 'score', score: (Math.abs(vector.reduce((sum, value) => sum * 31 + value, 7)) % 1009) / 1009 }
}

function rowOf(key: string): { readonly v: number } | undefined {
  const number = Number(key.slice(1))
  return number % 4 === 3 ? undefined : { v: (number * 17) % 101 }
}
