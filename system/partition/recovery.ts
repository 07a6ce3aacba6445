// Recovery: a partition's memory from the log alone: the newest states, then the journal from the floor.
//
// Owns nothing afterwards. Reads the log and the state store; commits nothing. Used by owners and by readers that own nothing.
//
// V1. The result equals the memory of the owner that made the last commit (I5), whatever the cache says (I6).
// V2. Missing journal records or inputs above the floor stop it with the reason: nothing is guessed.
import { assert } from '../protocol/assert.ts'
import { BATCH_BYTES_MAX } from '../protocol/limits.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import { utf8Decode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { modelsOfLease } from './activation.ts'
import { arrivalsOf, rangeOf } from './arrivals.ts'
import { Decoder } from './decode.ts'
import { blankEntity } from './entity.ts'
import { foldBatch } from './fold.ts'
import type { Batch } from './batch.ts'
import type { FoldWatch } from './fold-context.ts'
import { decodeJournal } from './journal.ts'
import type { InputRange, JournalRecord } from './journal.ts'
import { journalOutside } from './outside.ts'
import { loadEntities, neededEntities } from './loading.ts'
import { addOccupancy, emptyMemory } from './memory.ts'
import type { Memory } from './memory.ts'
import { hashOf, RecordMaker } from './outbox.ts'
import { renumbered } from './renumber.ts'
import type { Armed, StateStart, StateStore } from './state-store.ts'
import type { TypePlan } from './topology.ts'

export interface Recovered {
  readonly kind: 'recovered'
  readonly memory: Memory
  /** The last journal record; undefined: the journal is empty. */
  readonly last: JournalRecord | undefined
  readonly journalEnd: number
  /** Records since the floor: what `snapshots.ts` starts from. */
  readonly folded: readonly { readonly seq: number; readonly offset: number; readonly inputs: number }[]
  readonly marks: readonly number[]
  /** Batches committed since the last lease record, and whether a release followed. */
  readonly sinceLease: { readonly batches: number; readonly released: boolean; readonly attempts: number }
  /** Commits whose outputs the code of today does not repeat. */
  readonly rebased: readonly number[]
}

export type Recovery = Recovered | { readonly kind: 'history-gone'; readonly reason: string }

export interface RecoveryDeps {
  readonly log: Log
  readonly codec: Codec
  readonly plan: TypePlan
  readonly partition: number
  readonly states: StateStore
  readonly telemetry: Telemetry
  /** Called for every folded record, with its batch; for histories and checks. */
  readonly onFolded?: (record: JournalRecord, batch: Batch, memory: Memory) => void
  /** From the first record of the life and without states: a full replay. */
  readonly fromStart?: boolean
  /** Only this entity is loaded and stepped; outputs are not compared then. */
  readonly watch?: FoldWatch
}

class Gone extends TypeError {}

/** Rebuilds the memory as of the end of the journal. */
export async function recover(deps: RecoveryDeps): Promise<Recovery> {
  try {
    return await recoverOrThrow(deps)
  } catch (thrown) {
    if (thrown instanceof Gone) return { kind: 'history-gone', reason: thrown.message }
    throw thrown
  }
}

async function recoverOrThrow(deps: RecoveryDeps): Promise<Recovered> {
  const { log, codec, plan, partition, states } = deps
  const memory = emptyMemory(plan, partition)
  const journalEnd = await log.offsetsAt(plan.journal, partition, 'latest')
  const last = await lastRecord(log, codec, plan, partition, journalEnd)
  if (last === undefined) {
    return { kind: 'recovered', memory, last, journalEnd, folded: [], marks: [], sinceLease: { batches: 0, released: true, attempts: 0 }, rebased: [] }
  }
  const partitionState = deps.fromStart === true ? undefined : await states.partitionRecord(last.partitionFrom)
  const marks = Array.from({ length: states.buckets }, (_, bucket) => partitionState?.record.marks[bucket] ?? 0)
  for (const [configuration, count] of partitionState?.record.occupancy ?? []) memory.occupancy.set(configuration, count)
  const from = deps.fromStart === true ? await log.offsetsAt(plan.journal, partition, 'earliest') : last.floor.offset
  const folded: { seq: number; offset: number; inputs: number }[] = []
  const sinceLease = { batches: 0, released: false, attempts: last.attempts }
  memory.life = last.life
  // Expectations stand before the first load: they need only the records' `saved` lists.
  const starts: StateStart[] = []
  let hasEnds = false
  for await (const { record } of journalRecords(log, codec, plan, partition, from, journalEnd)) {
    starts.push({ seq: record.seq, stateFrom: record.stateFrom })
    hasEnds ||= record.timers.some(({ due }) => due.kind === 3)
    if (record.seq <= (partitionState?.seq ?? -1)) continue
    for (const bucket of record.saved) if (bucket < marks.length) marks[bucket] = record.seq
  }
  states.expect(last.life, marks, starts)
  const armed = deps.fromStart === true ? [] : [...(await states.armed())].sort((a, b) => a.seq - b.seq)
  const stateEnd = deps.fromStart === true ? 0 : await log.offsetsAt(plan.state, partition, 'latest')
  const gone = hasEnds && deps.fromStart !== true ? await tombstones(deps, starts, stateEnd) : new Map<EntityId, number>()
  const folder = new Folder(deps, memory, { armed, gone, stateEnd, firstSeq: deps.fromStart === true ? 0 : last.floor.seq })
  for await (const { record, offset } of journalRecords(log, codec, plan, partition, from, journalEnd)) {
    if (record.life !== last.life) throw new Gone(`the journal of ${plan.group}/${partition} holds records of two lives; the newer begins after offset ${offset}`)
    if (record.seq > (partitionState?.seq ?? -1)) addOccupancy(memory, record.occupancy)
    if (record.kind === 'lease') Object.assign(sinceLease, { batches: 0, released: false, attempts: record.attempts })
    else if (record.kind === 'batch') sinceLease.batches += 1
    else if (record.kind === 'release') sinceLease.released = true
    await folder.fold(record)
    folded.push({ seq: record.seq, offset, inputs: record.inputs.reduce((sum, range) => sum + range.n, 0) })
  }
  assert(memory.seq === last.seq, `J1: recovered up to ${memory.seq}, the journal ends at ${last.seq}`)
  folder.finish()
  return { kind: 'recovered', memory, last, journalEnd, folded, marks, sinceLease, rebased: folder.rebased }
}

/** Tombstones that commits of the tail wrote and nothing has replaced. */
async function tombstones({ log, plan, partition }: RecoveryDeps, starts: readonly StateStart[], stateEnd: number): Promise<ReadonlyMap<EntityId, number>> {
  const found = new Map<EntityId, number>()
  for (let at = starts[0]?.stateFrom ?? stateEnd; at < stateEnd; ) {
    const range = await log.read(plan.state, partition, at, stateEnd, { recordsMax: 2000, bytesMax: BATCH_BYTES_MAX })
    for (const { key, value, offset } of range.records) {
      const text = key === null ? undefined : utf8Decode(key)
      const id = text === undefined ? undefined : parseEntityId(text)
      const writer = value === null ? starts.findLast(({ stateFrom }) => stateFrom <= offset) : undefined
      if (id === undefined) continue
      if (writer === undefined) found.delete(id)
      else found.set(id, writer.seq)
    }
    if (range.to <= at) break
    at = range.to
  }
  return found
}

/** What a fold of the journal's tail starts from. */
interface FoldStart {
  readonly armed: readonly Armed[]
  /** Entities whose newest state is a tombstone of the tail -> the commit that wrote it. */
  readonly gone: ReadonlyMap<EntityId, number>
  readonly stateEnd: number
  readonly firstSeq: number
}

/** Folds journal records one by one into a memory. */
class Folder {
  readonly rebased: number[] = []
  readonly #deps: RecoveryDeps
  readonly #memory: Memory
  readonly #decoder: Decoder
  readonly #maker: RecordMaker
  readonly #start: FoldStart
  #armedAt = 0

  constructor(deps: RecoveryDeps, memory: Memory, start: FoldStart) {
    this.#deps = deps
    this.#memory = memory
    this.#decoder = new Decoder(deps.plan, deps.codec)
    this.#maker = new RecordMaker(deps.plan, deps.partition, deps.codec)
    this.#start = start
  }

  async fold(record: JournalRecord): Promise<void> {
    const { plan, partition, telemetry } = this.#deps
    if (record.seq < this.#start.firstSeq && this.#memory.seq === -1) return
    if (this.#memory.seq !== -1 && record.seq !== this.#memory.seq + 1) throw new Gone(`the journal of ${plan.group}/${partition} misses records ${this.#memory.seq + 1}..${record.seq - 1}`)
    if (this.#memory.seq === -1 && record.seq > this.#start.firstSeq) throw new Gone(`the journal of ${plan.group}/${partition} begins at seq ${record.seq}; recovery needs it from ${this.#start.firstSeq}`)
    this.#arm(record.seq)
    this.#memory.epoch = record.epoch
    this.#memory.watermarks?.load(record.watermarks)
    this.#memory.models = record.models
    if (record.kind !== 'batch') {
      this.#memory.seq = record.seq
      this.#memory.nowMs = record.nowMs
      return
    }
    telemetry.probe('folding', plan.group, partition)
    await this.#foldBatch(record)
  }

  async #foldBatch(record: JournalRecord): Promise<void> {
    const { plan, watch } = this.#deps
    const ranges = await Promise.all(record.inputs.map((range) => this.#read(range)))
    const arrivals = arrivalsOf(this.#decoder, plan.inputs, ranges, record.nowMs)
    const needed = neededEntities(this.#memory, arrivals, record.nowMs, record)
    const loaded = watch === undefined ? needed : new Set([...needed].filter((id) => id === watch.entity))
    await loadEntities(this.#memory, this.#deps.codec, this.#deps.states, loaded, this.#deps.fromStart === true)
    this.#passOverGone(loaded, record.seq)
    const batch = await foldBatch(this.#memory, this.#maker, journalOutside(record), { seq: record.seq, nowMs: record.nowMs, arrivals, journal: record, forced: new Map(), ...(watch === undefined ? {} : { watch }) })
    // What a stored state already contains is not repeated, so its outputs are not either. Event-time firings of such an entity are not even seen:
    // with those, only commits after the last stored state are whole.
    const isWhole = batch.skipped === 0 && watch === undefined && (this.#memory.watermarks === undefined || record.stateFrom >= this.#start.stateEnd)
    if (isWhole && hashOf(batch.outbox.records()) !== record.hash) this.rebased.push(record.seq)
    this.#deps.onFolded?.(record, batch, this.#memory)
  }

  /** A tombstone is a state too: until the commit that wrote it, its entity is left alone (F4). */
  #passOverGone(ids: ReadonlySet<EntityId>, seq: number): void {
    for (const id of ids) {
      const goneSeq = this.#start.gone.get(id) ?? -1
      if (goneSeq >= seq && !this.#memory.entities.has(id)) this.#memory.entities.add({ ...blankEntity(id), seq: goneSeq, savedSeq: goneSeq })
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

  async #read(range: InputRange): Promise<RecordRange> {
    const { log, partition } = this.#deps
    const records: LogRecord[] = []
    for (let from = range.from; from < range.to; ) {
      const read = await log.read(range.topic, partition, from, range.to, { recordsMax: 10_000, bytesMax: BATCH_BYTES_MAX })
      records.push(...read.records)
      if (read.to <= from) break
      from = read.to
    }
    const found = rangeOf(range.topic, range.from, range.to, records)
    if (found.n !== range.n || found.sum !== range.sum) {
      throw new Gone(`topic ${range.topic}, partition ${partition}, offsets ${range.from}..${range.to - 1}: ${found.n} of ${range.n} inputs are left${found.n === range.n ? ', and they were changed' : ''}. Restore them, or restore the data from a backup.`)
    }
    return { topic: range.topic, partition, from: range.from, to: range.to, records }
  }
}

/** The newest journal record, looked for backwards: the log's end may hold markers. */
export async function lastRecord(log: Log, codec: Codec, plan: TypePlan, partition: number, end: number): Promise<JournalRecord | undefined> {
  const earliest = await log.offsetsAt(plan.journal, partition, 'earliest')
  for (let back = 1; end > earliest; back *= 8) {
    const from = Math.max(earliest, end - back)
    let newest: JournalRecord | undefined
    for await (const { record } of journalRecords(log, codec, plan, partition, from, end)) newest = record
    if (newest !== undefined || from === earliest) return newest
  }
  return undefined
}

export async function* journalRecords(log: Log, codec: Codec, plan: TypePlan, partition: number, from: number, end: number): AsyncGenerator<{ readonly record: JournalRecord; readonly offset: number }> {
  for (let at = from; at < end; ) {
    const range = await log.read(plan.journal, partition, at, end, { recordsMax: 2000, bytesMax: BATCH_BYTES_MAX })
    for (const record of range.records) {
      const journal = record.value === null ? undefined : decodeJournal(codec, record.value)
      if (journal === undefined) throw new Gone(`topic ${plan.journal}, partition ${partition}, offset ${record.offset}: not a journal record this release can read`)
      yield { record: renumbered(journal, plan.inputs), offset: record.offset }
    }
    if (range.to <= at) return
    at = range.to
  }
}
