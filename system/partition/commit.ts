// Commit: one atomic write of everything a batch means: outputs, tells, dead letters, states, promises, journal, positions (I4).
//
// Owns: the ends of the partition's own topics, the position, the snapshot plan, what was promised to receivers; where memory stands once it is done.
// Does not decide what to do about an outcome other than `done`: `partition.ts` does.
//
// J1. Seqs follow each other without gaps. J3. After any outcome but `done` nothing of this object may be used again.
import type { Memory } from './memory.ts'
import type { Failure } from '../protocol/failures.ts'
import { isArmedBy } from '../protocol/ids.ts'
import { headerOf } from '../protocol/record.ts'
import type { OutRecord } from '../protocol/record.ts'
import type { CommitOutcome, Lease } from '../ports/log.ts'
import { Announcements } from './announcements.ts'
import { inputRef } from './arrivals.ts'
import type { Batch } from './batch.ts'
import { deadLetterRecord } from './dead-letters.ts'
import type { PartitionDeps } from './deps.ts'
import { encodeJournal, encodeMetadata } from './journal.ts'
import type { InputRange, InputRef, JournalKind, JournalRecord, ParkedChange } from './journal.ts'
import { hashOf } from './outbox.ts'
import { parkedDraftRecord } from './parking.ts'
import type { Position } from './position.ts'
import { turnsOf } from './reach.ts'
import type { FoldCost } from './reach.ts'
import { sentPlan } from './snapshots.ts'
import type { Pace, SentPlan, SnapshotPlan, Snapshots, WrittenSnapshot } from './snapshots.ts'
import type { StateStore, WrittenState } from './state-store.ts'
import { ARMED_HEADER } from './states.ts'
import { Escalation } from './supervision.ts'
import { addCounts, addParked } from './survey.ts'
import { NO_SUSPECTS } from './suspicion.ts'
import type { Suspects } from './suspicion.ts'
import type { ModelRef } from './topology.ts'
import type { WatermarkState } from './watermarks.ts'

export interface CommitPlan {
  readonly kind: JournalKind
  readonly seq: number
  readonly nowMs: number
  readonly batch: Batch | undefined
  readonly inputs: readonly InputRange[]
  /** Watermarks and models at the start of the batch. */
  readonly watermarks: WatermarkState
  readonly models: ReadonlyMap<string, ModelRef>
  readonly idle: boolean
  readonly pace: Pace
  /** Of a batch. */
  readonly cost?: FoldCost
  /** While the partition isolates. */
  readonly suspects?: Suspects
}

export type CommitResult =
  | { readonly kind: 'done'; readonly outputs: number }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** These inputs made records that the log will never take. */
  | { readonly kind: 'rejected'; readonly forced: ReadonlyMap<InputRef, Failure> }
  /**
   * With fewer turns it may be taken: its journal record was refused, or what a timer wrote that it armed itself. `forced`: where there cannot be fewer,
   * what armed that timer for its own moment.
   */
  | { readonly kind: 'overfull'; readonly turns: number; readonly reason: string; readonly forced: ReadonlyMap<InputRef, Failure> }
  /** A record that belongs to no input was refused. */
  | { readonly kind: 'failed'; readonly reason: string }

/** A commit ready to be sent. */
interface Assembled {
  records: readonly OutRecord[]
  /** How many of them inputs wrote; they come first, then the dead letters, then what is put aside. */
  readonly written: number
  readonly letters: number
  /** Where states begin among them, and where the journal record stands. */
  readonly statesAt: number
  readonly journalAt: number
  readonly sent: SentPlan
  /** The same states for the cache; none without one. */
  readonly cached: readonly WrittenState[]
  readonly positions: ReadonlyMap<string, number>
}

export interface CommitterState {
  readonly memory: Memory
  readonly snapshots: Snapshots
  readonly position: Position
  readonly states: StateStore
  readonly attempts: number
  readonly journalEnd: number
  readonly stateEnd: number
  /** Where the newest partition record stands, or earlier. */
  readonly partitionFrom: number
}

export class Committer {
  readonly #deps: PartitionDeps
  readonly #lease: Lease
  readonly #memory: Memory
  readonly #snapshots: Snapshots
  readonly #position: Position
  readonly #states: StateStore
  readonly #announcements: Announcements
  readonly #attempts: number
  #journalEnd: number
  #stateEnd: number
  #partitionFrom: number
  /** Duration of the last commit, ms. */
  lastMs = 0
  /** Batches committed. */
  batches = 0

  constructor(deps: PartitionDeps, lease: Lease, state: CommitterState) {
    this.#deps = deps
    this.#lease = lease
    this.#memory = state.memory
    this.#snapshots = state.snapshots
    this.#position = state.position
    this.#states = state.states
    this.#attempts = state.attempts
    this.#journalEnd = state.journalEnd
    this.#stateEnd = state.stateEnd
    this.#partitionFrom = state.partitionFrom
    this.#announcements = new Announcements(deps.plan, lease.partition, deps.codec)
  }

  /** Where the state topic ends for who sees all that was committed. */
  get stateEnd(): number {
    return this.#stateEnd
  }

  /** True when receivers are owed a promise although nothing happened. */
  owesPromise(idle: boolean, nowMs: number): boolean {
    const { watermarks } = this.#memory
    return watermarks !== undefined && this.#announcements.isDue(watermarks.currentMs, idle, nowMs)
  }

  async commit(plan: CommitPlan): Promise<CommitResult> {
    const deps = this.#deps
    const { group } = deps.plan
    const assembled = await this.#assemble(plan)
    const { written, sent, cached, positions } = assembled
    deps.telemetry.probe('before-commit', group, this.#lease.partition)
    const startedMs = deps.clock.monotonicMs()
    const outcome = await this.#send(plan.seq, assembled)
    this.lastMs = deps.clock.monotonicMs() - startedMs
    switch (outcome.kind) {
      case 'fenced':
      case 'unknown': return outcome
      case 'rejected': return this.#blame(plan, outcome.records, assembled, outcome.reason)
      case 'done': break
    }
    deps.telemetry.probe('after-commit', group, this.#lease.partition)
    const journalEnd = outcome.end.get(deps.plan.journal) ?? this.#journalEnd + 1
    this.#snapshots.journalled(plan.seq, journalEnd - 1, turnsOf(plan.inputs, plan.batch?.turns ?? 0), plan.cost)
    this.#snapshots.settled(sent)
    this.#journalEnd = journalEnd
    if (sent.writesPartition) this.#partitionFrom = this.#stateEnd
    this.#stateEnd = outcome.end.get(deps.plan.state) ?? this.#stateEnd
    this.#position.settle(positions)
    // In one moment: who looks while no batch is in hand sees the one with the other.
    this.#memory.seq = plan.seq
    this.#memory.nowMs = plan.nowMs
    this.#memory.watermarks?.settle()
    this.#writeCache(plan.seq, cached)
    if (plan.kind === 'batch') this.batches += 1
    return { kind: 'done', outputs: written }
  }

  /** Lets go of the records: kept while the log writes them, they would outlive the young generation of every partition's garbage. */
  #send(seq: number, assembled: Assembled): Promise<CommitOutcome> {
    const { records, positions, sent } = assembled
    assembled.records = []
    return this.#lease.commit({ records, positions, metadata: encodeMetadata({ life: this.#memory.life, seq, journalFrom: this.#journalEnd, floorOffset: sent.floor.offset }) })
  }

  async #assemble(plan: CommitPlan): Promise<Assembled> {
    const deps = this.#deps
    const { batch, seq, nowMs } = plan
    const outbox = batch?.outbox.take() ?? []
    const hash = hashOf(outbox)
    if (batch !== undefined) {
      addCounts(this.#memory.occupancy, batch.occupancy)
      addParked(this.#memory.parked, { seq, parked: parkedOf(batch) })
      if (batch.occupancy.size > 0 || batch.parkedChanges.size > 0) this.#snapshots.touchPartition(seq, nowMs)
    }
    const letters = await Promise.all((batch?.deadLetters ?? []).map((draft) => deadLetterRecord(deps.log, deps.plan, this.#lease.partition, draft, nowMs)))
    const snapshots = this.#snapshots.plan(seq, nowMs, this.#journalEnd, plan.pace)
    const promises = this.#announcements.records(outbox, this.#progressMs(), plan.idle, nowMs)
    const positions = this.#position.after(plan.inputs)
    const journal = this.#journalRecord(plan, snapshots, positions, hash)
    const parked = await Promise.all((batch?.parked ?? []).map((draft) => parkedDraftRecord(deps.log, deps.plan, this.#lease.partition, draft, seq, nowMs)))
    const journalled: OutRecord = { topic: deps.plan.journal, partition: this.#lease.partition, key: null, value: encodeJournal(deps.codec, journal), headers: [], timestampMs: nowMs }
    const states = snapshots.snapshots.map(({ record }) => record)
    const records = outbox.concat(letters, parked, states, snapshots.partition ?? [], promises, journalled)
    return { records, written: outbox.length, letters: letters.length, statesAt: outbox.length + letters.length + parked.length, journalAt: records.length - 1, sent: sentPlan(snapshots), cached: this.#states.buckets === 0 ? [] : snapshots.snapshots.map((snapshot) => writtenState(snapshot, seq)), positions }
  }

  /** What is left to run, after a cut or because the last turns armed it, is still to be told, with older times than the watermark. */
  #progressMs(): number {
    const { watermarks, entities } = this.#memory
    if (watermarks === undefined) return -Infinity
    return Math.min(watermarks.currentMs, entities.eventDues.peek()?.dueMs ?? Infinity)
  }

  #journalRecord(plan: CommitPlan, snapshots: SnapshotPlan, positions: ReadonlyMap<string, number>, hash: number): JournalRecord {
    const { batch } = plan
    const code = [this.#deps.plan.code, ...[...this.#deps.plan.models].map(([name, model]) => `${name}@${model.version}:${model.hash.slice(0, 12)}`)].join(' ')
    return {
      v: 1, life: this.#memory.life, epoch: this.#memory.epoch, seq: plan.seq, kind: plan.kind, code, owner: this.#lease.owner, attempts: this.#attempts, batches: this.batches + (plan.kind === 'batch' ? 1 : 0), ...(plan.suspects ?? NO_SUSPECTS), nowMs: plan.nowMs,
      inputs: plan.inputs, positions, floor: snapshots.floor, stateFrom: this.#stateEnd, partitionFrom: snapshots.partition === undefined ? this.#partitionFrom : this.#stateEnd, timers: batch?.fired ?? [], watermarks: plan.watermarks, cut: batch?.cut,
      verdicts: batch?.verdicts ?? [], decisions: batch?.decisions ?? [], choices: batch?.choices ?? [], drops: batch?.drops ?? new Map(), saved: snapshots.saved,
      occupancy: batch?.occupancy ?? new Map(), hash, models: plan.models, parked: batch === undefined ? [] : parkedOf(batch),
      tombstones: snapshots.snapshots.flatMap(({ entity, record }) => (record.value === null ? [entity.id] : [])),
    }
  }

  /**
   * One answer at a time: what is refused still shows again without what was answered. First the inputs that made refused records; then a batch that is too
   * much; then a state. Throws Escalation for that, as for one that cannot be stored.
   */
  #blame(plan: CommitPlan, refused: readonly number[], assembled: Assembled, reason: string): CommitResult {
    const forced = new Map<InputRef, Failure>()
    const armers = new Map<InputRef, Failure>()
    const isLasting = (ref: InputRef): boolean => !isArmedBy(ref, plan.seq)
    for (const index of refused) {
      const ref = this.#refOf(plan, index, assembled)
      if (ref === undefined) continue
      const armer = isLasting(ref) ? undefined : plan.batch?.outbox.refOf(index, isLasting)
      if (isLasting(ref)) forced.set(ref, { class: 'size', message: `the log refuses what this input writes: ${reason}`, stage: 'commit' })
      else if (armer !== undefined) armers.set(armer, { class: 'size', message: `the log refuses what a timer writes that this input arms for the same moment: ${reason}`, stage: 'commit' })
    }
    if (forced.size > 0) return { kind: 'rejected', forced }
    const { statesAt, journalAt, sent } = assembled
    const turns = turnsOf(plan.inputs, plan.batch?.turns ?? 0)
    // A timer that this commit armed has another name at the next try, until it was armed by a commit before.
    const isSmallerTaken = refused.some((index) => index === journalAt || this.#refOf(plan, index, assembled) !== undefined)
    if (turns > 1 && isSmallerTaken) return { kind: 'overfull', turns, reason, forced: armers }
    for (const index of refused) {
      const state = sent.written[index - statesAt]
      if (state !== undefined) throw new Escalation('park', state.entity.id, state.entity.id, { class: 'size', message: `the log refuses the state of '${state.entity.id}': ${reason}`, stage: 'commit' })
    }
    return { kind: 'failed', reason: `the log refuses a record of the partition itself: ${reason}` }
  }

  /** Of a record that an input wrote. What is put aside carries more than the record that the log took. */
  #refOf({ batch }: CommitPlan, index: number, { written, letters }: Assembled): InputRef | undefined {
    if (index < written) return batch?.outbox.refOf(index)
    const subject = batch?.parked[index - written - letters]?.subject
    return subject === undefined ? undefined : inputRef(this.#deps.plan.inputs, subject.topic, subject.offset)
  }

  #writeCache(seq: number, states: readonly WrittenState[]): void {
    if (states.length === 0) return
    const { telemetry, plan } = this.#deps
    telemetry.probe('before-cache', plan.group, this.#lease.partition)
    this.#states.written(seq, states, this.#stateEnd)
    telemetry.probe('after-cache', plan.group, this.#lease.partition)
  }
}

function writtenState({ entity, record }: WrittenSnapshot, seq: number): WrittenState {
  return { id: entity.id, state: record.value === null ? null : { seq, value: record.value }, armed: headerOf(record.headers, ARMED_HEADER) }
}

function parkedOf(batch: Batch): readonly ParkedChange[] {
  return [...batch.parkedChanges].map(([entity, { count, bytes }]) => ({ entity, count, bytes }))
}
