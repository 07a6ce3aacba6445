// JournalFolder: journal records folded into a memory one by one, as their owner folded them live (F3).
//
// Owns: the decoder and the record maker of the fold. The memory belongs to who recovers.
//
// V2. Missing journal records or inputs stop it with the reason: nothing is guessed.
// V3. Inputs that end the process are not decoded again; entities that cannot be folded are passed over until they were parked. What their inputs said
//     about event time counts for the others as it did live (I5), unless decoding them is what ends the process.
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import { equalBytes, utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Witness } from '../ports/witness.ts'
import { modelsOfLease } from './activation.ts'
import { arrivalsOf } from './arrivals.ts'
import type { Arrival } from './arrivals.ts'
import type { Batch } from './batch.ts'
import { Decoder } from './decode.ts'
import { duesOf } from './dues.ts'
import { blankEntity, decodeEntity, encodeEntity } from './entity.ts'
import { foldBatch } from './fold.ts'
import type { FoldWatch } from './fold-context.ts'
import { bytesOf } from './fullness.ts'
import type { JournalRecord } from './journal.ts'
import { journalOutside } from './outside.ts'
import { loadEntities, neededEntities, unloadFolded } from './loading.ts'
import { emptyMemory } from './memory.ts'
import type { Memory } from './memory.ts'
import { hashOf, RecordMaker } from './outbox.ts'
import { Gone, rangesOf } from './range-reading.ts'
import { ReadAhead } from './read-ahead.ts'
import { turnsOf } from './reach.ts'
import type { Armed, StateStore } from './state-store.ts'
import type { Survey } from './survey.ts'
import type { TypePlan } from './topology.ts'

export interface FolderDeps {
  readonly log: Log
  readonly codec: Codec
  readonly plan: TypePlan
  readonly partition: number
  readonly states: StateStore
  readonly telemetry: Telemetry
  readonly witness?: Witness | undefined
  /** Called for every folded record, with its batch; for histories and checks. */
  readonly onFolded?: (record: JournalRecord, batch: Batch, memory: Memory) => void
  /** From the first record of the life and without states: a full replay. */
  readonly fromStart?: boolean
  /** Only this entity is loaded and stepped; outputs are not compared then. */
  readonly watch?: FoldWatch
  /** Called before a batch is folded: names what may end the process. */
  readonly guard?: FoldGuard
}

/** What an isolated recovery does before it folds a batch. */
export interface FoldGuard {
  before(record: JournalRecord, parts: FoldParts): Promise<void>
}

/** A batch in pieces, for finding the entity whose fold ends the process. */
export interface FoldParts {
  /** Whom the batch touches. Nothing is decoded for it. */
  entities(): Promise<readonly EntityId[]>
  /** Decodes the inputs of one entity. */
  decode(entity: EntityId): Promise<void>
  /** Folds the batch for one entity alone, in a memory of its own. Decodes all inputs: those of others may make something of this one due. */
  rehearse(entity: EntityId): Promise<void>
}

/** What a fold of the journal's tail starts from. */
export interface FoldStart {
  readonly armed: readonly Armed[]
  /** Entities of whom the tail wrote a tombstone -> the newest commit that did. */
  readonly gone: ReadonlyMap<EntityId, number>
  readonly stateEnd: number
  readonly firstSeq: number
  readonly unfolded: Survey['unfolded']
}

/** What folding a record again took: its share of what a recovery may fold. */
export interface Refold {
  readonly turns: number
  /** Of its input records. */
  readonly bytes: number
}

const NO_REFOLD: Refold = { turns: 0, bytes: 0 }

/** Folds journal records one by one into a memory. */
export class JournalFolder {
  readonly rebased: number[] = []
  readonly #deps: FolderDeps
  readonly #memory: Memory
  readonly #decoder: Decoder
  readonly #maker: RecordMaker
  readonly #start: FoldStart
  readonly #ahead: ReadAhead
  #armedAt = 0

  constructor(deps: FolderDeps, memory: Memory, start: FoldStart) {
    this.#deps = deps
    this.#memory = memory
    this.#decoder = new Decoder(deps.plan, deps.codec, deps.witness)
    this.#maker = new RecordMaker(deps.plan, deps.partition, deps.codec)
    this.#start = start
    this.#ahead = new ReadAhead(deps, memory, start.unfolded)
  }

  /** Reads ahead what the fold of these records will need. Whoever may not be looked at, because that ends the process, is left to `fold`. */
  async prepare(records: readonly JournalRecord[]): Promise<void> {
    const { watch, guard, fromStart } = this.#deps
    if (watch !== undefined || guard !== undefined || fromStart === true) return
    await this.#ahead.read(records.filter(({ kind, seq }) => kind === 'batch' && seq >= this.#start.firstSeq), ({ topic, records: inputs }) => inputs.map(({ key }) => this.#owner(topic, key)))
  }

  async fold(record: JournalRecord): Promise<Refold> {
    const { plan, partition, telemetry } = this.#deps
    if (record.seq < this.#start.firstSeq && this.#memory.seq === -1) return NO_REFOLD
    if (this.#memory.seq !== -1 && record.seq !== this.#memory.seq + 1) throw new Gone(`the journal of ${plan.group}/${partition} misses records ${this.#memory.seq + 1}..${record.seq - 1}`)
    if (this.#memory.seq === -1 && record.seq > this.#start.firstSeq) throw new Gone(`the journal of ${plan.group}/${partition} begins at seq ${record.seq}; recovery needs it from ${this.#start.firstSeq}`)
    this.#arm(record.seq)
    this.#memory.epoch = record.epoch
    if (record.watermarks !== undefined) this.#memory.watermarks?.load(record.watermarks)
    if (record.models !== undefined) this.#memory.models = record.kind === 'lease' ? modelsOfLease(this.#memory.models, record.models) : record.models
    if (record.kind === 'park') this.#park(record)
    for (const [id, ranges] of this.#start.unfolded) if (ranges.some(({ from }) => record.seq === from)) this.#suspend(id)
    if (record.kind !== 'batch') {
      this.#memory.seq = record.seq
      this.#memory.nowMs = record.nowMs
      return NO_REFOLD
    }
    telemetry.probe('folding', plan.group, partition)
    return this.#foldBatch(record)
  }

  async #foldBatch(record: JournalRecord): Promise<Refold> {
    const { watch, guard } = this.#deps
    await guard?.before(record, { entities: () => this.#touched(record), decode: (entity) => this.#decode(record, entity), rehearse: (entity) => this.#rehearse(record, entity) })
    const ranges = await this.#ranges(record)
    const arrivals = this.#arrivals(record, this.#ofWatched(ranges))
    const needed = neededEntities(this.#memory, arrivals, record.nowMs, record)
    const lacking = this.#lacking(record.seq)
    const loaded = watch === undefined && lacking.size === 0 ? needed : new Set([...needed].filter((id) => (watch === undefined || id === watch.entity) && !lacking.has(id)))
    await loadEntities(this.#memory, this.#deps.codec, this.#deps.states, this.#ahead.unknownOf(loaded), this.#deps.fromStart === true)
    this.#passOverGone(loaded, record.seq)
    const journal = lacking.size === 0 ? record : { ...record, timers: record.timers.filter(({ due }) => !lacking.has(due.entity)) }
    const batch = await foldBatch(this.#memory, this.#maker, journalOutside(record), { seq: record.seq, nowMs: record.nowMs, arrivals, journal, forced: new Map(), passedOver: lacking, ...(watch === undefined ? {} : { watch }), ...this.#witnessed() })
    // What a stored state already contains is not repeated, so its outputs are not either. Event-time firings of such an entity are not even seen:
    // with those, only commits after the last stored state are whole.
    const isWhole = batch.skipped === 0 && watch === undefined && lacking.size === 0 && (this.#memory.watermarks === undefined || record.stateFrom >= this.#start.stateEnd)
    if (isWhole && hashOf(batch.outbox.records()) !== record.hash) this.rebased.push(record.seq)
    this.#deps.onFolded?.(record, batch, this.#memory)
    if (watch === undefined && this.#deps.fromStart !== true) unloadFolded(this.#memory, this.#deps.states)
    return { turns: turnsOf(record.inputs, batch.turns), bytes: bytesOf(ranges) }
  }

  async #ranges(record: JournalRecord): Promise<readonly RecordRange[]> {
    return this.#ahead.take(record) ?? rangesOf(this.#deps.log, this.#deps.partition, record)
  }

  /**
   * Where nobody else's inputs say anything about event time, only those of whom is watched are decoded; and control records, which have no key. Its inputs of
   * several topics stand in the order of the whole batch, in which those of others hold some of them up: of these topics all is decoded.
   */
  #ofWatched(ranges: readonly RecordRange[]): readonly RecordRange[] {
    const { watch, plan } = this.#deps
    if (watch === undefined || this.#memory.watermarks !== undefined || plan.definition.entityOfAll !== undefined) return ranges
    const own = utf8Encode(watch.entity)
    const isOwn = ({ key }: LogRecord): boolean => key !== null && equalBytes(key, own)
    const touched = ranges.filter(({ topic, records }) => records.some((record) => isOwn(record) || (record.key === null && topic === plan.inbox)))
    return ranges.map((range) => (touched.length > 1 && touched.includes(range) ? range : { ...range, records: range.records.filter((record) => record.key === null || isOwn(record)) }))
  }

  /** Decoded, but for inputs that end the process by that. */
  #arrivals(record: JournalRecord, ranges: readonly RecordRange[], only?: EntityId): readonly Arrival[] {
    const { plan } = this.#deps
    const crashed = new Map(record.verdicts.filter((verdict) => verdict.class === 'crash').map((verdict) => [verdict.input, { class: 'crash' as const, message: 'as journalled', stage: 'replay' }]))
    const misplaced = new Set(record.verdicts.filter((verdict) => verdict.class === 'key').map((verdict) => verdict.input))
    const lacking = this.#unfolded(record.seq)
    if (lacking.size === 0 && only === undefined) return arrivalsOf(this.#decoder, plan.inputs, ranges, record.nowMs, crashed, misplaced)
    const isWanted = ({ key }: LogRecord, topic: string): boolean => {
      const id = this.#owner(topic, key)
      return only === undefined ? id === undefined || lacking.get(id)?.some(({ isUndecodable }) => isUndecodable) !== true : id === only
    }
    return arrivalsOf(this.#decoder, plan.inputs, ranges.map((range) => ({ ...range, records: range.records.filter((one) => isWanted(one, range.topic)) })), record.nowMs, crashed, misplaced)
  }

  /** Whose input a record is, by its key alone. */
  #owner(topic: string, key: Uint8Array | null): EntityId | undefined {
    const { definition, inbox } = this.#deps.plan
    const text = topic !== inbox && definition.entityOfAll !== undefined ? definition.entityOfAll : key === null ? undefined : utf8Decode(key)
    return text === undefined ? undefined : parseEntityId(text)
  }

  /** Entities whose inputs of this commit are passed over. */
  #lacking(seq: number): ReadonlySet<EntityId> {
    return new Set(this.#unfolded(seq).keys())
  }

  #unfolded(seq: number): Survey['unfolded'] {
    const { unfolded } = this.#start
    if (unfolded.size === 0) return unfolded
    const now = [...unfolded].map(([id, ranges]) => [id, ranges.filter(({ from, to }) => seq >= from && seq < to)] as const)
    return new Map(now.filter(([, ranges]) => ranges.length > 0))
  }

  async #touched(record: JournalRecord): Promise<readonly EntityId[]> {
    const found = new Set<EntityId>()
    for (const range of await this.#ranges(record)) {
      for (const { key } of range.records) {
        const id = this.#owner(range.topic, key)
        if (id !== undefined) found.add(id)
      }
    }
    for (const { due } of record.timers) found.add(due.entity)
    for (const due of this.#memory.entities.eventDues.due(Infinity, Infinity)) found.add(due.entity)
    const lacking = this.#lacking(record.seq)
    return [...found].filter((id) => !lacking.has(id))
  }

  async #decode(record: JournalRecord, id: EntityId): Promise<void> {
    this.#arrivals(record, await this.#ranges(record), id)
  }

  /** In a memory that holds the entity alone, copied: whatever it does there, nothing here changes. */
  async #rehearse(record: JournalRecord, id: EntityId): Promise<void> {
    const { plan, codec, partition, states, fromStart } = this.#deps
    await loadEntities(this.#memory, codec, states, this.#memory.entities.has(id) ? new Set() : new Set([id]), fromStart === true)
    const own = this.#memory.entities.peek(id)
    const scratch = emptyMemory(plan, partition)
    Object.assign(scratch, { life: this.#memory.life, epoch: record.epoch, seq: record.seq - 1, nowMs: this.#memory.nowMs, models: record.models ?? this.#memory.models })
    scratch.watermarks?.load(record.watermarks ?? [])
    if (own !== undefined) {
      const copy = decodeEntity(codec, plan.definition, id, own.savedSeq, encodeEntity(codec, plan.definition, own))
      if (copy.kind === 'ok') {
        scratch.entities.add(copy.entity)
        scratch.entities.armAll(copy.entity)
      }
    }
    const arrivals = this.#arrivals(record, await this.#ranges(record))
    const journal = { ...record, timers: record.timers.filter(({ due }) => due.entity === id) }
    await foldBatch(scratch, this.#maker, journalOutside(record), { seq: record.seq, nowMs: record.nowMs, arrivals, journal, forced: new Map(), watch: { entity: id }, ...this.#witnessed() })
  }

  #witnessed(): { readonly witness?: Witness } {
    const { witness } = this.#deps
    return witness === undefined ? {} : { witness }
  }

  /** From here on nothing of the entity fires: what it does in these commits is passed over. */
  #suspend(id: EntityId): void {
    const entity = this.#memory.entities.peek(id)
    if (entity !== undefined) for (const due of duesOf(entity)) this.#memory.entities.disarm(due)
  }

  /** From here on the entity is parked; what it lacks has been passed over. */
  #park({ seq, nowMs, parked, verdicts }: JournalRecord): void {
    for (const { entity: id, unfoldedFrom } of parked) {
      const entity = this.#memory.entities.peek(id) ?? (this.#deps.fromStart === true ? this.#memory.entities.use(id) : undefined)
      if (entity === undefined || entity.savedSeq >= seq || unfoldedFrom === undefined) continue
      entity.parked = { class: verdicts[0]?.class ?? 'crash', unfolded: [unfoldedFrom, seq - 1] }
      this.#memory.entities.touch(entity, seq, nowMs)
    }
  }

  /** A tombstone is a state too: until the commit that wrote it, its entity is left alone (F4). */
  #passOverGone(ids: ReadonlySet<EntityId>, seq: number): void {
    for (const id of ids) {
      const goneSeq = this.#start.gone.get(id) ?? -1
      if (goneSeq >= seq && !this.#memory.entities.has(id)) this.#memory.entities.add(blankEntity(id, { seq: goneSeq, savedSeq: goneSeq }))
    }
  }

  /** Dues of stored states enter the index when their commit has been passed (F4). */
  #arm(beforeSeq: number): void {
    for (let armed = this.#start.armed[this.#armedAt]; armed !== undefined && armed.seq < beforeSeq; armed = this.#start.armed[this.#armedAt]) {
      for (const due of armed.dues) this.#memory.entities.arm(due)
      this.#armedAt += 1
    }
  }

  finish(): void {
    this.#memory.models = modelsOfLease(this.#memory.models, this.#deps.plan.models)
    this.#arm(Infinity)
  }
}
