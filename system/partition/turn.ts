// Turns: one input after another through the machines, with scoring in rounds across entities.
//
// Owns: who waits for a score and what waits behind it. Does no I/O but through the scorer.
//
// R1. A turn is atomic: its effects and new state apply together at its end, or its entity stays as it was and the input fails.
// R2. An entity that waits for a score takes no other event; its next inputs queue in order.
// R3. Records of a turn go into the slot opened when its input came, so that outputs stand in input order (I3).
import { EFFECTS_PER_INPUT_MAX, INFERENCES_PER_INPUT_MAX } from '../protocol/limits.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Failure } from '../protocol/failures.ts'
import type { Effect, EngineState } from '../ports/engine.ts'
import type { Score } from '../ports/models.ts'
import type { Batch } from './batch.ts'
import type { Entity } from './entity.ts'
import type { EffectApplier } from './effects.ts'
import type { Memory } from './memory.ts'
import type { Scorer, TurnInput, TurnTrace } from './turn-input.ts'

interface Turn extends TurnInput {
  state: EngineState | undefined
  readonly effects: Effect[]
  inferences: number
}

/** Decides about inputs that are not applied; `refusals.ts`. */
export interface Refuser {
  /** True when the input is refused without a step; it has been dealt with then. */
  knows(input: TurnInput): boolean
  refuse(input: TurnInput, failure: Failure): void
}

export class Turns {
  readonly #memory: Memory
  readonly #batch: Batch
  readonly #scorer: Scorer
  readonly #applier: EffectApplier
  readonly #refuser: Refuser
  readonly #onTurn: ((trace: TurnTrace) => void) | undefined
  /** Entities waiting for a score -> inputs that wait behind it. */
  readonly #waiting = new Map<Entity, TurnInput[]>()
  #requests: { readonly turn: Turn; readonly model: string; readonly vector: readonly number[] }[] = []

  constructor(memory: Memory, batch: Batch, scorer: Scorer, applier: EffectApplier, refuser: Refuser, onTurn?: (trace: TurnTrace) => void) {
    this.#memory = memory
    this.#batch = batch
    this.#scorer = scorer
    this.#applier = applier
    this.#refuser = refuser
    this.#onTurn = onTurn
  }

  get isWaiting(): boolean {
    return this.#requests.length > 0
  }

  /** True when the entity has a turn that waits for its score. */
  isBusy(entity: Entity | undefined): boolean {
    return entity !== undefined && this.#waiting.has(entity)
  }

  /** Starts the turn of an input, or queues it behind the entity's waiting one (R2). */
  begin(input: TurnInput): void {
    const queue = this.#waiting.get(input.entity)
    if (queue !== undefined) queue.push(input)
    else this.#start(input)
  }

  /** Scores everything asked for, round by round, until nobody waits. */
  async settle(): Promise<void> {
    while (this.#requests.length > 0) {
      const requests = this.#requests
      this.#requests = []
      const answer = this.#scorer.score(requests.map(({ turn, model, vector }) => ({ ref: turn.ref, model, vector })))
      const scores = answer instanceof Promise ? await answer : answer
      // A turn may have asked several times in one step: its answers are stepped together, in order.
      const turns = new Map<Turn, { model: string; score: Score }[]>()
      requests.forEach(({ turn, model }, index) => {
        const score = scores[index] ?? { kind: 'none', reason: 'the model gave no answer' }
        const answers = turns.get(turn)
        if (answers === undefined) turns.set(turn, [{ model, score }])
        else answers.push({ model, score })
      })
      for (const [turn, answers] of turns) this.#resume(turn, answers)
    }
  }

  #start(input: TurnInput): void {
    if (input.timer !== undefined && !this.#consume(input.entity, input.timer)) return
    if (input.entity.stopped) {
      this.#batch.drop('stopped')
      return
    }
    // Only now: a refusal that stops the entity must not overtake the turns before it.
    if (this.#refuser.knows(input)) return this.#traceRefused(input)
    const turn: Turn = { ...input, state: input.entity.machine, effects: [], inferences: 0 }
    const { definition } = this.#memory.plan
    if (turn.state === undefined) {
      const made = definition.machine.initial(definition.input(input.entity.id), this.#batch.nowMs)
      if (made.kind === 'failed') return this.#fail(turn, { class: made.class, message: made.message, stage: 'initial', stack: made.stack })
      turn.state = made.state
      turn.effects.push(...made.effects)
    }
    this.#step(turn, [input.event])
  }

  /** Takes a timer off its entity. False: an earlier turn cancelled or re-armed it. */
  #consume(entity: Entity, timer: { readonly id: string; readonly generation: string }): boolean {
    if (entity.timers.get(timer.id)?.generation !== timer.generation) {
      this.#batch.drop('stale-timer')
      return false
    }
    entity.timers = new Map(entity.timers)
    entity.timers.delete(timer.id)
    this.#memory.entities.touch(entity, this.#batch.seq, this.#batch.nowMs)
    return true
  }

  /** Steps the events; ends the turn unless it asked for scores. */
  #step(turn: Turn, events: readonly MachineEvent[]): void {
    const { machine } = this.#memory.plan.definition
    const asked: { model: string; vector: readonly number[] }[] = []
    for (const effect of turn.effects) if (effect.kind === 'infer' && turn.inferences === 0) asked.push(effect)
    for (const event of events) {
      const result = machine.step(turn.state as EngineState, event, this.#batch.nowMs)
      if (result.kind === 'failed') return this.#fail(turn, { class: result.class, message: result.message, stage: 'step', stack: result.stack })
      turn.state = result.state
      for (const effect of result.effects) {
        turn.effects.push(effect)
        if (effect.kind === 'infer') asked.push(effect)
      }
    }
    if (turn.effects.length > EFFECTS_PER_INPUT_MAX) return this.#fail(turn, { class: 'size', message: `more than ${EFFECTS_PER_INPUT_MAX} effects`, stage: 'step' })
    if (asked.length === 0) return this.#finish(turn)
    turn.inferences += asked.length
    if (turn.inferences > INFERENCES_PER_INPUT_MAX) return this.#fail(turn, { class: 'timeout', message: `more than ${INFERENCES_PER_INPUT_MAX} inferences for one input`, stage: 'score' })
    for (const { model, vector } of asked) {
      const bad = vector.findIndex((value) => !Number.isFinite(value))
      if (bad !== -1) return this.#fail(turn, { class: 'feature', message: `feature ${bad} for model '${model}' is ${vector[bad]}`, stage: 'score' })
    }
    for (const { model, vector } of asked) this.#requests.push({ turn, model, vector })
    if (!this.#waiting.has(turn.entity)) this.#waiting.set(turn.entity, [])
  }

  #resume(turn: Turn, answers: readonly { readonly model: string; readonly score: Score }[]): void {
    const events: MachineEvent[] = []
    const { models, plan: { definition } } = this.#memory
    for (const { model, score } of answers) {
      this.#batch.decisions.push([turn.ref, score.kind === 'score' ? score.score : score.reason])
      const served = models.get(model)
      const base = { type: `inference.${model}`, time: turn.by.timeMs, model, version: served?.version ?? 0, hash: served?.hash ?? '' }
      if (score.kind === 'score') {
        events.push({ ...base, score: score.score })
        continue
      }
      const fallback = definition.fallbacks.get(model)
      if (fallback === undefined) return this.#fail(turn, { class: 'model', message: `no score from model '${model}': ${score.reason}`, stage: 'score' })
      events.push({ ...base, score: fallback, fallback: score.reason })
    }
    this.#step(turn, events)
  }

  #finish(turn: Turn): void {
    const { machine } = this.#memory.plan.definition
    const from = this.#onTurn === undefined || turn.entity.machine === undefined ? undefined : machine.configuration(turn.entity.machine)
    const failure = this.#applier.apply(turn, turn.state as EngineState, turn.effects)
    if (failure !== undefined) return this.#fail(turn, failure)
    this.#batch.turns += 1
    this.#onTurn?.({ input: turn, from, to: machine.configuration(turn.state as EngineState), effects: turn.effects, isRefused: false })
    this.#next(turn.entity)
  }

  #traceRefused(input: TurnInput): void {
    const { machine } = input.entity
    const at = machine === undefined ? undefined : this.#memory.plan.definition.machine.configuration(machine)
    this.#onTurn?.({ input, from: at, to: at, effects: [], isRefused: true })
  }

  /** R1: nothing of the turn is kept. */
  #fail(turn: Turn, failure: Failure): void {
    this.#refuser.refuse(turn, failure)
    this.#next(turn.entity)
  }

  /** Lets the inputs behind a finished turn go on, until one waits again. */
  #next(entity: Entity): void {
    const queue = this.#waiting.get(entity)
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
