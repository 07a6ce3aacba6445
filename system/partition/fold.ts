// Fold: one batch over the partition's memory. Live, in recovery and in replay this is the same code; only where times, scores and verdicts
// come from differs.
//
// Owns: the order inside a batch. Does no I/O but through `Outside`; every entity it meets has been loaded (`needs`).
//
// F1. Processing-time firings come first, at the batch's time; then the pass that an earlier batch could not finish; then inputs.
// F2. Before an input is applied, the watermark it establishes is, and what is due by then runs in (due, entity, kind, id) order.
// F3. With a journal record the fold repeats it: same firings, scores, rows, verdicts and cut, whatever clocks, models, tables and policies say now.
// F4. An entity whose loaded state already contains this commit is left alone.
// F5. Progress, which tells promise, never passes what may still be told: a waiting turn, or what a cut left over.
// F6. A live batch ends where its journal record has no room for more answers; what it was polled for beyond that is polled again.
import { assert } from '../protocol/assert.ts'
import { RELEASES_PER_BATCH_MAX } from '../protocol/limits.ts'
import { timerCause } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Directive, Failure } from '../protocol/failures.ts'
import type { Arrival } from './arrivals.ts'
import { Batch } from './batch.ts'
import type { Subject } from './batch.ts'
import { compareDue } from './due-index.ts'
import type { Due } from './due-index.ts'
import { EffectApplier } from './effects.ts'
import { duesOf } from './dues.ts'
import type { Entity } from './entity.ts'
import type { FoldContext, FoldPlan } from './fold-context.ts'
import type { FiredTimer, InputRef } from './journal.ts'
import type { Memory } from './memory.ts'
import type { RecordMaker } from './outbox.ts'
import { Refusals } from './refusals.ts'
import { Turns } from './turn.ts'
import type { Outside, TurnInput } from './turn-input.ts'
import { InputApplier } from './inputs.ts'

const PAUSES_EVERY = 64

/** Folds one batch into `memory`. Rejects when the partition must stop: park or escalate directives, broken invariants. */
export async function foldBatch(memory: Memory, maker: RecordMaker, outside: Outside, plan: FoldPlan): Promise<Batch> {
  const fold = new Fold(memory, maker, outside, plan)
  const batch = await fold.run()
  memory.seq = plan.seq
  memory.nowMs = plan.nowMs
  return batch
}

class Fold implements FoldContext {
  readonly memory: Memory
  readonly batch: Batch
  readonly plan: FoldPlan
  readonly #refusals: Refusals
  readonly #turns: Turns
  readonly #inputs: InputApplier
  readonly #releasesMax: number
  #released = 0
  #last: Due | undefined
  progressMs = -Infinity

  constructor(memory: Memory, maker: RecordMaker, outside: Outside, plan: FoldPlan) {
    this.memory = memory
    this.plan = plan
    this.batch = new Batch(plan.seq, plan.nowMs, plan.arrivals.length)
    this.#refusals = new Refusals(memory, this.batch, plan)
    this.#turns = new Turns(memory, this.batch, outside, maker.codec, new EffectApplier(memory, this.batch, maker), this.#refusals, { witness: plan.witness, tally: plan.tally, onTurn: plan.watch?.onTurn })
    this.#inputs = new InputApplier(this)
    // No more than are loaded for a batch.
    this.#releasesMax = plan.isSingle === true ? 1 : Math.min(plan.releasesMax ?? RELEASES_PER_BATCH_MAX, RELEASES_PER_BATCH_MAX)
  }

  async run(): Promise<Batch> {
    const { plan } = this
    const { journal, arrivals } = plan
    await this.#fireClock()
    if (this.#turns.isWaiting) await this.#turns.settle()
    const cut = journal?.cut
    let whole = cut?.atStart === true || this.#upToDate() || (await this.#pass(undefined, true))
    for (let at = 0; whole && at < arrivals.length; at += 1) {
      if (this.#turns.isFull && !(await this.#makesRoom())) break
      const arrival = arrivals[at] as Arrival
      if (this.memory.watermarks !== undefined) whole = await this.#advance(arrival)
      if (whole && plan.isSingle === true && this.#released > 0) whole = this.#cutHere()
      if (!whole) break
      // Whether a task's result is current shows only when the turns before it have ended: one of them may stop or start the task again.
      // What asked before an activation is answered by the model of then. A bad record may stop or park its entity: not before its turns have ended.
      // And who is put aside, because the turn before parks the entity, must not be remembered as taken.
      if (this.#turns.isWaiting && this.#needsQuiet(arrival)) await this.#turns.settle()
      this.#inputs.apply(arrival)
      arrival.settle?.()
      this.batch.consumed = at + 1
      if (plan.pauses !== undefined && at % PAUSES_EVERY === PAUSES_EVERY - 1) await plan.pauses.next()
    }
    if (this.#turns.isWaiting) await this.#turns.settle()
    if (cut !== undefined) {
      this.memory.watermarks?.load(cut.watermarks)
      if (cut.after !== undefined) await this.#pass(cut.after, cut.atStart)
      this.batch.cut = cut
    }
    plan.witness?.resting()
    return this.batch
  }

  begin(input: TurnInput): void {
    this.#turns.begin(input)
  }

  refuse(input: TurnInput, failure: Failure): void {
    this.#refusals.refuse(input, failure)
  }

  refuseRecord(ref: InputRef, subject: Subject, failure: Failure, named?: EntityId): void {
    this.#refusals.refuseRecord(ref, subject, failure, named)
  }

  /** The entity, or undefined when its loaded state already contains this commit (F4), or it is passed over. */
  entity(id: EntityId, known?: Entity): Entity | undefined {
    if (this.#isPassedOver(id)) return undefined
    const entity = this.memory.entities.use(id, known)
    if (entity.savedSeq < this.plan.seq) return entity
    this.batch.skipped += 1
    return undefined
  }

  directiveFor(ref: InputRef, failure: Failure): Directive {
    return this.#refusals.directiveOf(ref, failure)
  }

  isRefused(ref: InputRef, subject: Subject): boolean {
    return this.#refusals.knowsRecord(ref, subject)
  }

  #isPassedOver(id: EntityId): boolean {
    const { watch, passedOver } = this.plan
    if ((watch === undefined || watch.entity === id) && passedOver?.has(id) !== true) return false
    this.batch.skipped += 1
    return true
  }

  touch(entity: Entity): void {
    this.memory.entities.touch(entity, this.plan.seq, this.plan.nowMs)
  }

  slot(head: string, offset?: number): number {
    return this.batch.outbox.open(head, offset)
  }

  /** F2: what the arrival says about time comes first. False: the bound on releases cut the batch here. */
  async #advance(arrival: Arrival): Promise<boolean> {
    // A turn that waits could arm what is due before this arrival.
    if (this.#turns.isWaiting) await this.#turns.settle()
    this.#inputs.observe(arrival)
    return this.#upToDate() || this.#pass(undefined, false)
  }

  /** True when nothing is due at the current watermark and nobody waits; moves the progress there (F5). */
  #upToDate(): boolean {
    const { watermarks } = this.memory
    if (watermarks === undefined) return true
    if (this.#turns.isWaiting || this.#nextDue() !== undefined) return false
    this.progressMs = Math.max(this.progressMs, watermarks.currentMs)
    return true
  }

  /** The first entry that the current watermark has passed. */
  #nextDue(): Due | undefined {
    const { watermarks, entities } = this.memory
    const due = entities.eventDues.peek()
    return due !== undefined && watermarks !== undefined && due.dueMs < watermarks.currentMs ? due : undefined
  }

  /**
   * Runs what is due in order; with `until`, up to that entry. False: cut by the bound. A cut stands where everything up to an entry has run,
   * also what turns armed meanwhile, so that the entry alone says where it stands, whichever entities a repetition leaves alone (F3, F4).
   */
  async #pass(until: Due | undefined, atStart: boolean): Promise<boolean> {
    const { entities, watermarks } = this.memory
    let reached: Due | undefined
    while (!this.#upToDate()) {
      const due = this.#nextDue()
      const isNew = due !== undefined && (reached === undefined || compareDue(due, reached) > 0)
      const stops = due !== undefined && (until === undefined ? isNew && this.#isFull(due) : compareDue(due, until) > 0)
      // Scores are asked for together by entities that are due at the same moment. What an entity does next depends on its score.
      const mayJoin = due !== undefined && !stops && !this.#turns.isFull && due.dueMs === this.#last?.dueMs && !this.#turns.isBusy(entities.peek(due.entity))
      if (due === undefined || (this.#turns.isWaiting && !mayJoin)) {
        await this.#turns.settle()
        continue
      }
      if (stops) {
        if (until === undefined) this.batch.cut = { atStart, after: reached, watermarks: watermarks?.save() ?? [] }
        return false
      }
      if (isNew) reached = due
      entities.eventDues.pop()
      this.progressMs = Math.max(this.progressMs, due.dueMs)
      this.#released += 1
      this.#last = due
      this.#release(due)
      if (this.plan.pauses !== undefined && this.#released % PAUSES_EVERY === 0) await this.plan.pauses.next()
    }
    return true
  }

  /** The arrival has its turn in the next batch: what it made due has run. */
  #cutHere(): false {
    this.batch.cut = { atStart: false, after: this.#last, watermarks: this.memory.watermarks?.save() ?? [] }
    return false
  }

  #needsQuiet({ decode }: Arrival): boolean {
    switch (decode.kind) {
      case 'activation': return true
      case 'failed': return decode.entity !== undefined
      case 'promise': return false
      case 'input': break
    }
    const { entity, task, dedupKey } = decode.input
    return task !== undefined || (dedupKey !== undefined && this.#turns.isBusy(this.memory.entities.peek(entity)))
  }

  /** A repeated batch ends where its journal record says. Whoever was not loaded is due only because what was due before has run, or was cancelled. */
  #isFull(due: Due): boolean {
    if (this.plan.journal !== undefined) return false
    const hasRun = this.#released > 0 || this.batch.consumed > 0 || this.batch.fired.length > 0
    return this.#released >= this.#releasesMax || this.batch.isFullWith(0) || (hasRun && !this.memory.entities.has(due.entity))
  }

  /** Lets the answers come in that are waited for. False: the batch ends here, its journal record has no room for more (F3: nor had it when it was live). */
  async #makesRoom(): Promise<boolean> {
    if (this.#turns.isWaiting) await this.#turns.settle()
    return this.plan.journal !== undefined || !this.batch.isFullWith(0)
  }

  #release(due: Due): void {
    if (this.#isPassedOver(due.entity)) return
    assert(this.memory.entities.has(due.entity), `B2: ${due.entity} is due but was not loaded`)
    const entity = this.entity(due.entity)
    if (entity === undefined) return
    if (due.kind === 0) this.#inputs.releaseHeld(entity)
    else this.#fireTimer(entity, due)
  }

  #fireTimer(entity: Entity, due: Due): void {
    const timer = entity.timers.get(due.id)
    if (timer === undefined) return
    const cause = timerCause(entity.id, due.id, timer.generation)
    const event = { ...timer.event, time: due.dueMs }
    const input: TurnInput = {
      entity, event, ref: cause, cause, key: undefined, subject: { kind: 'timer', cause, event }, slot: this.slot(cause), command: undefined, bytes: 0,
      timeMs: due.dueMs, origin: { source: this.memory.plan.group, id: cause }, progressMs: this.progressMs, nowMs: this.plan.nowMs,
      timer: { id: due.id, generation: timer.generation },
    }
    // Only timers that are armed again and again for the same moment get here: a cut waits until that moment is over.
    const isEndless = this.plan.journal === undefined && this.#released > this.#releasesMax + RELEASES_PER_BATCH_MAX
    if (isEndless) this.#refusals.force(cause, { class: 'timeout', message: `timer '${due.id}' is armed again and again for the same moment`, stage: 'timer' })
    this.begin(input)
  }

  /** F1. */
  async #fireClock(): Promise<void> {
    const { entities } = this.memory
    const { journal, nowMs } = this.plan
    const dues = journal === undefined ? entities.clockDues.due(nowMs + 1, this.#releasesMax) : journal.timers.map((fired) => fired.due)
    for (const due of dues) {
      if (this.#turns.isFull && !(await this.#makesRoom())) break
      const entity = this.entity(due.entity)
      if (entity === undefined) continue
      // An earlier firing of this batch may have parked it: nothing of it is due any more.
      if (entity.parked !== undefined) {
        entities.disarm(due)
        continue
      }
      const armed = duesOf(entity).find((one) => one.kind === due.kind && one.id === due.id)
      entities.disarm(due)
      // An earlier firing of this batch may have armed it anew for later.
      if (armed !== undefined && armed.dueMs !== due.dueMs) {
        entities.arm(armed)
        continue
      }
      const fired = this.#fireClockDue(entity, due)
      if (fired === undefined) continue
      this.batch.fired.push(fired)
      if (this.plan.isSingle === true) this.#released += 1
      if (this.plan.pauses !== undefined && this.batch.fired.length % PAUSES_EVERY === 0) await this.plan.pauses.next()
    }
    if (journal !== undefined) assert(this.batch.fired.length <= journal.timers.length, 'J2: more firings than journalled')
  }

  #fireClockDue(entity: Entity, due: Due): FiredTimer | undefined {
    if (due.kind === 1) {
      const generation = entity.timers.get(due.id)?.generation
      if (generation === undefined) return undefined
      this.#fireTimer(entity, due)
      return { due, generation }
    }
    return this.#inputs.fireUpkeep(entity, due)
  }
}
