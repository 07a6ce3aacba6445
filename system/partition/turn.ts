// Turns: one input after another through the machines. What they ask of the outside (scores, rows) is asked in rounds across entities.
//
// Owns: who waits for an answer and what waits behind it. Does no I/O but through `Outside`.
//
// R1. A turn is atomic: its effects and new state apply together at its end, or its entity stays as it was and the input fails.
// R2. An entity that waits for an answer takes no other event; its next inputs queue in order.
// R3. Records of a turn go into the slot opened when its input came, so that outputs stand in input order (I3).
import { EFFECTS_PER_INPUT_MAX, QUESTIONS_PER_INPUT_MAX } from '../protocol/limits.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Failure } from '../protocol/failures.ts'
import type { Codec } from '../ports/codec.ts'
import type { Effect, EngineState } from '../ports/engine.ts'
import { NO_WITNESS } from '../ports/witness.ts'
import type { Witness } from '../ports/witness.ts'
import type { Batch } from './batch.ts'
import type { Entity } from './entity.ts'
import type { EffectApplier } from './effects.ts'
import { inferenceEvent } from './inference.ts'
import type { Memory } from './memory.ts'
import type { InputRef } from './journal.ts'
import type { Tally } from './tally.ts'
import type { Answer, Outside, Question, Refuser, RowQuestion, TurnInput, TurnTrace, TurnWatchers } from './turn-input.ts'

interface Turn {
  readonly input: TurnInput
  state: EngineState
  effects: readonly Effect[]
  /** Transitions so far, where they are counted. */
  taken: readonly number[]
  questions: number
}

type Asking = Extract<Effect, { readonly kind: 'infer' | 'lookup' }>

const isAsking = (effect: Effect): effect is Asking => effect.kind === 'infer' || effect.kind === 'lookup'

const NOTHING: readonly Effect[] = []
const NOWHERE: readonly number[] = []

interface Answered {
  readonly question: Question
  readonly answer: Answer
}

export class Turns {
  readonly #memory: Memory
  readonly #batch: Batch
  readonly #outside: Outside
  readonly #codec: Codec
  readonly #witness: Witness
  readonly #applier: EffectApplier
  readonly #refuser: Refuser
  readonly #tally: Tally | undefined
  readonly #onTurn: ((trace: TurnTrace) => void) | undefined
  /** Entities waiting for an answer -> inputs that wait behind it. */
  readonly #waiting = new Map<Entity, TurnInput[]>()
  #requests: { readonly turn: Turn; readonly question: Question }[] = []
  /** How many of them are for rows. */
  #rows = 0

  constructor(memory: Memory, batch: Batch, outside: Outside, codec: Codec, applier: EffectApplier, refuser: Refuser, { witness = NO_WITNESS, tally, onTurn }: TurnWatchers) {
    this.#witness = witness
    this.#tally = tally
    this.#memory = memory
    this.#batch = batch
    this.#outside = outside
    this.#codec = codec
    this.#applier = applier
    this.#refuser = refuser
    this.#onTurn = onTurn
  }

  get isWaiting(): boolean {
    return this.#requests.length > 0
  }

  /** True when what is waited for may fill the journal record: nobody else should ask before it is there. */
  get isFull(): boolean {
    return this.#batch.isFullWith(this.#rows)
  }

  /** True when the entity has a turn that waits for its answer. */
  isBusy(entity: Entity | undefined): boolean {
    return entity !== undefined && this.#waiting.has(entity)
  }

  /** Starts the turn of an input, or queues it behind the entity's waiting one (R2). */
  begin(input: TurnInput): void {
    const queue = this.#behind(input.entity)
    if (queue !== undefined) queue.push(input)
    else this.#start(input)
  }

  /** What waits behind the entity's turn; undefined: it has none that waits. Mostly nobody has. */
  #behind(entity: Entity): TurnInput[] | undefined {
    return this.#waiting.size === 0 ? undefined : this.#waiting.get(entity)
  }

  /** Asks everything asked for, round by round, until nobody waits. */
  async settle(): Promise<void> {
    while (this.#requests.length > 0) {
      const requests = this.#requests
      this.#requests = []
      this.#rows = 0
      const given = this.#outside.ask(requests.map(({ question }) => question))
      if (given instanceof Promise) this.#witness.resting()
      const answers = given instanceof Promise ? await given : given
      // A turn may have asked several times in one step: its answers are stepped together, in order.
      const turns = new Map<Turn, Answered[]>()
      requests.forEach(({ turn, question }, index) => {
        const answered = { question, answer: answers[index] ?? { kind: 'none' as const, reason: 'the model gave no answer' } }
        const list = turns.get(turn)
        if (list === undefined) turns.set(turn, [answered])
        else list.push(answered)
      })
      for (const [turn, list] of turns) this.#resume(turn, list)
    }
  }

  #start(input: TurnInput): void {
    if (input.entity.parked !== undefined) return this.#refuser.setAside(input, input.bytes)
    if (input.timer !== undefined && !this.#consume(input.entity, input.timer)) return
    if (input.entity.stopped) {
      this.#batch.drop('stopped')
      return
    }
    // Only now: a refusal that stops the entity must not overtake the turns before it.
    if (this.#refuser.knows(input)) return this.#traceRefused(input)
    const state = input.entity.machine
    if (state !== undefined) return this.#first(input, state, NOTHING)
    const { definition } = this.#memory.plan
    const made = definition.machine.initial(definition.input(input.entity.id), this.#batch.nowMs)
    if (made.kind === 'failed') return this.#fail(input, { class: made.class, message: made.message, stage: 'initial', stack: made.stack })
    this.#first(input, made.state, made.effects)
  }

  /** Takes a timer off its entity. False: an earlier turn cancelled or re-armed it. */
  #consume(entity: Entity, timer: { readonly id: string; readonly generation: string }): boolean {
    if (entity.timers.get(timer.id)?.generation !== timer.generation) {
      this.#batch.drop('stale-timer')
      return false
    }
    const timers = new Map(entity.timers)
    timers.delete(timer.id)
    entity.timers = timers
    this.#memory.entities.touch(entity, this.#batch.seq, this.#batch.nowMs)
    return true
  }

  /** Steps the input's event; ends the turn unless it asked something. `before`: what the entity asked for as it began. */
  #first(input: TurnInput, from: EngineState, before: readonly Effect[]): void {
    const { plan: { definition: { machine }, group }, partition } = this.#memory
    this.#runs(group, partition, input)
    const result = machine.step(from, input.event, this.#batch.nowMs, this.#tally !== undefined)
    if (result.kind === 'failed') return this.#fail(input, { class: result.class, message: result.message, stage: 'step', stack: result.stack })
    const effects = before.length === 0 ? result.effects : [...before, ...result.effects]
    if (effects.length > EFFECTS_PER_INPUT_MAX) return this.#fail(input, tooManyEffects())
    const asked = askedOf(effects, undefined)
    if (asked === undefined) return this.#finish(input, result.state, effects, result.taken)
    this.#ask({ input, state: result.state, effects, taken: result.taken ?? NOWHERE, questions: 0 }, asked)
  }

  /** Steps what came as answers; ends the turn unless it asked again. */
  #step(turn: Turn, events: readonly MachineEvent[]): void {
    const { plan: { definition: { machine }, group }, partition } = this.#memory
    const { input } = turn
    this.#runs(group, partition, input)
    let asked: Asking[] | undefined
    for (const event of events) {
      const result = machine.step(turn.state, event, this.#batch.nowMs, this.#tally !== undefined)
      if (result.kind === 'failed') return this.#fail(input, { class: result.class, message: result.message, stage: 'step', stack: result.stack })
      turn.state = result.state
      turn.effects = turn.effects.length === 0 ? result.effects : [...turn.effects, ...result.effects]
      if (result.taken !== undefined) turn.taken = [...turn.taken, ...result.taken]
      asked = askedOf(result.effects, asked)
    }
    if (turn.effects.length > EFFECTS_PER_INPUT_MAX) return this.#fail(input, tooManyEffects())
    if (asked === undefined) return this.#finish(input, turn.state, turn.effects, turn.taken)
    this.#ask(turn, asked)
  }

  #ask(turn: Turn, asked: readonly Asking[]): void {
    const { input } = turn
    turn.questions += asked.length
    if (turn.questions > QUESTIONS_PER_INPUT_MAX) return this.#fail(input, { class: 'timeout', message: `more than ${QUESTIONS_PER_INPUT_MAX} inferences and lookups for one input`, stage: 'score' })
    for (const effect of asked) {
      if (effect.kind !== 'infer') continue
      const bad = effect.vector.findIndex((value) => !Number.isFinite(value))
      if (bad !== -1) return this.#fail(input, { class: 'feature', message: `feature ${bad} for model '${effect.model}' is ${effect.vector[bad]}`, stage: 'score' })
    }
    for (const effect of asked) {
      this.#requests.push({ turn, question: this.#question(input.ref, effect) })
      if (effect.kind === 'lookup') this.#rows += 1
    }
    if (!this.#waiting.has(input.entity)) this.#waiting.set(input.entity, [])
  }

  #runs(group: string, partition: number, input: TurnInput): void {
    if (this.#witness === NO_WITNESS) return
    const { subject } = input
    if (subject.kind === 'record') this.#witness.running(group, partition, subject.topic, subject.offset)
    else this.#witness.running(group, partition, subject.cause, -1)
  }

  #question(ref: InputRef, effect: Asking): Question {
    if (effect.kind === 'lookup') return { kind: 'row', ref, table: effect.table, key: effect.key }
    return { kind: 'score', ref, model: effect.model, hash: this.#memory.models.get(effect.model)?.hash ?? '', vector: effect.vector }
  }

  #resume(turn: Turn, list: readonly Answered[]): void {
    const { input } = turn
    const events: MachineEvent[] = []
    for (const { question, answer } of list) {
      const event = question.kind === 'score' ? this.#scored(input, question.model, answer) : this.#found(input, question, answer)
      if (!('type' in event)) return this.#fail(input, event)
      events.push(event)
    }
    this.#step(turn, events)
  }

  #scored(input: TurnInput, model: string, answer: Answer): MachineEvent | Failure {
    if (answer.kind === 'failed') return answer.failure
    if (answer.kind === 'row') return { class: 'model', message: `model '${model}' was answered with a row`, stage: 'score' }
    this.#batch.decided(input.ref, answer.kind === 'score' ? answer.score : answer.reason)
    return inferenceEvent(this.#memory.plan, this.#memory.models, input.timeMs, model, answer) ?? { class: 'model', message: `no score from model '${model}'${answer.kind === 'none' ? `: ${answer.reason}` : ''}`, stage: 'score' }
  }

  #found(input: TurnInput, { table, key }: RowQuestion, answer: Answer): MachineEvent | Failure {
    if (answer.kind === 'failed') return answer.failure
    const decoded = answer.kind === 'row' ? this.#codec.decode(answer.bytes) : undefined
    if (answer.kind !== 'row' || decoded?.kind !== 'ok') return { class: 'action', message: `the row of table '${table}' cannot be read`, stage: 'lookup' }
    this.#batch.chose(input.ref, answer.bytes)
    return { type: `lookup.${table}`, time: input.timeMs, table, key, row: decoded.value }
  }

  #finish(input: TurnInput, state: EngineState, effects: readonly Effect[], taken: readonly number[] | undefined): void {
    const { machine } = this.#memory.plan.definition
    const from = this.#onTurn === undefined || input.entity.machine === undefined ? undefined : machine.configuration(input.entity.machine)
    const failure = this.#applier.apply(input, state, effects)
    if (failure !== undefined) return this.#fail(input, failure)
    this.#batch.turns += 1
    if (taken !== undefined) this.#tally?.turn(taken, input)
    this.#onTurn?.({ input, from, to: machine.configuration(state), state, effects, models: this.#memory.models, isRefused: false })
    this.#next(input.entity)
  }

  #traceRefused(input: TurnInput): void {
    const { machine: state } = input.entity
    const { machine } = this.#memory.plan.definition
    const at = state === undefined ? undefined : machine.configuration(state)
    this.#onTurn?.({ input, from: at, to: at, state, effects: [], models: this.#memory.models, isRefused: true })
  }

  /** R1: nothing of the turn is kept. */
  #fail(input: TurnInput, failure: Failure): void {
    this.#refuser.refuse(input, failure)
    this.#next(input.entity)
  }

  /** Lets the inputs behind a finished turn go on, until one waits again. */
  #next(entity: Entity): void {
    const queue = this.#behind(entity)
    if (queue === undefined) return
    this.#waiting.delete(entity)
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      this.#start(input)
      const asked = this.#waiting.get(entity)
      if (asked === undefined) continue
      asked.push(...queue)
      return
    }
  }
}

/** Adds what is asked for; a list is made only when something is: most steps ask nothing. */
function askedOf(effects: readonly Effect[], asked: Asking[] | undefined): Asking[] | undefined {
  let all = asked
  for (const effect of effects) if (isAsking(effect)) (all ??= []).push(effect)
  return all
}

const tooManyEffects = (): Failure => ({ class: 'size', message: `more than ${EFFECTS_PER_INPUT_MAX} effects`, stage: 'step' })
