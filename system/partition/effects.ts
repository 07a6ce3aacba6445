// Effects: what a finished turn asks for, applied to its entity and written as records. All or nothing (R1 of `turn.ts`).
//
// A1. Everything that can be refused is made before anything is changed.
// A2. Generations and task keys count per entity and commit, so that they do not depend on what other entities did.
import { InvariantBroken } from '../protocol/assert.ts'
import { TASK_LEASE_MS } from '../protocol/limits.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { Failure } from '../protocol/failures.ts'
import { notPlain } from '../protocol/plain.ts'
import { NotPlainData } from '../ports/codec.ts'
import type { Effect, EngineState } from '../ports/engine.ts'
import type { Batch } from './batch.ts'
import { commandKey } from './entity.ts'
import type { Entity, Task, Timer } from './entity.ts'
import type { Memory } from './memory.ts'
import type { Made, RecordMaker } from './outbox.ts'
import type { TurnInput } from './turn-input.ts'

/** Changes to the entity that a turn's effects add up to. */
interface Plan {
  timers: Map<string, Timer> | undefined
  tasks: Map<string, Task> | undefined
  arms: number
  reply: { readonly value: unknown } | undefined
}

type Writing = Extract<Effect, { readonly kind: 'emit' | 'tell' }>

export class EffectApplier {
  readonly #memory: Memory
  readonly #batch: Batch
  readonly #maker: RecordMaker
  readonly #arms = new Map<Entity, number>()

  constructor(memory: Memory, batch: Batch, maker: RecordMaker) {
    this.#memory = memory
    this.#batch = batch
    this.#maker = maker
  }

  /** Applies a turn's end, or answers why it cannot be and changes nothing (A1). */
  apply(turn: TurnInput, state: EngineState, effects: readonly Effect[]): Failure | undefined {
    /** Most turns only write. */
    let plan: Plan | undefined
    let written = 0
    for (const effect of effects) {
      const isWritten = effect.kind === 'emit' || effect.kind === 'tell'
      const failure = isWritten ? this.#write(turn, written, effect) : this.#plan((plan ??= this.#newPlan(turn.entity)), turn, effect)
      if (failure !== undefined) return this.#undone(turn, failure)
      if (isWritten) written += 1
    }
    const { timersMax } = this.#memory.plan.definition.limits
    if (plan?.timers !== undefined && plan.timers.size > timersMax) return this.#undone(turn, { class: 'size', message: `more than ${timersMax} armed timers`, stage: 'effects' })
    this.#commit(plan, turn, state, effects)
    return undefined
  }

  #newPlan(entity: Entity): Plan {
    return { timers: undefined, tasks: undefined, arms: this.#arms.get(entity) ?? 0, reply: undefined }
  }

  #undone(turn: TurnInput, failure: Failure): Failure {
    this.#batch.outbox.cut(turn.slot, 0)
    return failure
  }

  #plan(plan: Plan, turn: TurnInput, effect: Exclude<Effect, Writing>): Failure | undefined {
    switch (effect.kind) {
      case 'schedule': {
        if (!Number.isFinite(effect.delayMs)) return action(`timer '${effect.timer}' has the delay ${effect.delayMs}`)
        const unfit = unstorable(effect.event, `the event of timer '${effect.timer}'`)
        if (unfit !== undefined) return unfit
        const base = this.#memory.plan.definition.timers === 'event' ? turn.timeMs : this.#batch.nowMs
        plan.arms += 1
        plan.timers ??= new Map(turn.entity.timers)
        plan.timers.set(effect.timer, { generation: `${this.#batch.seq}.${plan.arms}`, dueMs: base + Math.max(0, effect.delayMs), event: effect.event })
        return undefined
      }
      case 'cancel':
        plan.timers ??= new Map(turn.entity.timers)
        plan.timers.delete(effect.timer)
        return undefined
      case 'task': {
        const unfit = unstorable(effect.input, `the input of task '${effect.task}'`)
        if (unfit !== undefined) return unfit
        plan.arms += 1
        plan.tasks ??= new Map(turn.entity.tasks)
        const key = `${this.#memory.plan.definition.name}/${turn.entity.id}/${effect.task}/${this.#batch.seq}-${plan.arms}`
        plan.tasks.set(effect.task, { key, src: effect.src, input: effect.input, attempt: 1, dueMs: this.#batch.nowMs + TASK_LEASE_MS })
        return undefined
      }
      case 'stopTask':
        plan.tasks ??= new Map(turn.entity.tasks)
        plan.tasks.delete(effect.task)
        return undefined
      case 'reply':
        plan.reply = { value: effect.value }
        return unstorable(effect.value, 'the reply')
      case 'infer':
      case 'lookup':
      case 'log': return undefined
    }
  }

  /** `n`: records that the turn has made before. */
  #write(turn: TurnInput, n: number, effect: Writing): Failure | undefined {
    try {
      const made = effect.kind === 'emit' ? this.#maker.output(effect.event, n, turn) : this.#told(effect, n, turn)
      if (typeof made === 'string') return action(made)
      this.#batch.outbox.write(turn.slot, made)
      return undefined
    } catch (thrown) {
      if (thrown instanceof InvariantBroken) throw thrown
      return action(thrown instanceof NotPlainData ? thrown.message : `an event cannot be written: ${String(thrown)}`)
    }
  }

  #told({ target: name, id: text, event }: Extract<Effect, { readonly kind: 'tell' }>, n: number, turn: TurnInput): Made {
    const target = this.#memory.plan.targets.get(name)
    if (target === undefined) return `it tells '${name}', which the actor type does not declare. Add tells: { '${name}': 'forward' }.`
    const id = parseEntityId(text)
    if (id === undefined) return `it tells '${name}' an entity whose id is no entity id: '${String(text).slice(0, 80)}'`
    return this.#maker.tell(target, id, event, n, turn)
  }

  #commit(plan: Plan | undefined, turn: TurnInput, state: EngineState, effects: readonly Effect[]): void {
    const { entity } = turn
    const { entities } = this.#memory
    const { machine, keepStoppedMs } = this.#memory.plan.definition
    const from = entity.machine === undefined ? undefined : machine.configuration(entity.machine)
    entity.machine = machine.keep === undefined ? state : machine.keep(state, entities.befores === undefined ? entity.machine : entities.befores.replaceable(entity))
    if (plan !== undefined && plan.arms > 0) this.#arms.set(entity, plan.arms)
    const done = machine.status(state) !== 'active'
    const timers = done ? new Map<string, Timer>() : plan?.timers
    const tasks = done ? new Map<string, Task>() : plan?.tasks
    if (timers !== undefined) this.#setTimers(entity, timers)
    if (tasks !== undefined) this.#setTasks(entity, tasks)
    if (done) {
      entity.stopped = true
      entity.expireAtMs = this.#batch.nowMs + keepStoppedMs
      entities.arm({ dueMs: entity.expireAtMs, entity: entity.id, kind: 3, id: '' })
    }
    this.#batch.moved(from, machine.configuration(state))
    if (plan !== undefined) for (const effect of effects) if (effect.kind === 'log') this.#batch.logs.push({ entity: entity.id, label: effect.label, value: effect.value })
    if (turn.command !== undefined) this.#reply(entity, turn.command, plan?.reply?.value)
    entities.touch(entity, this.#batch.seq, this.#batch.nowMs)
  }

  #reply(entity: Entity, command: string, value: unknown): void {
    const seen = entity.seen.find((one) => one.key === commandKey(command))
    if (seen !== undefined) seen.reply = value ?? null
    this.#batch.replies.push({ entity: entity.id, command, value: value ?? null, ...(seen?.sum === undefined ? {} : { sum: seen.sum }) })
  }

  #setTimers(entity: Entity, timers: ReadonlyMap<string, Timer>): void {
    const { entities } = this.#memory
    for (const id of entity.timers.keys()) if (!timers.has(id)) entities.disarm({ entity: entity.id, kind: 1, id })
    for (const [id, timer] of timers) if (entity.timers.get(id) !== timer) entities.arm({ dueMs: timer.dueMs, entity: entity.id, kind: 1, id })
    entity.timers = timers
  }

  #setTasks(entity: Entity, tasks: ReadonlyMap<string, Task>): void {
    const { entities } = this.#memory
    for (const id of entity.tasks.keys()) if (!tasks.has(id)) entities.disarm({ entity: entity.id, kind: 2, id })
    for (const [id, task] of tasks) {
      if (entity.tasks.get(id) === task) continue
      entities.arm({ dueMs: task.dueMs, entity: entity.id, kind: 2, id })
      this.#batch.taskStarts.push({ entity: entity.id, task: id, key: task.key, src: task.src, input: task.input })
    }
    entity.tasks = tasks
  }
}

/** What becomes part of the entity's stored form must fit there now, not when it is stored. */
function unstorable(value: unknown, name: string): Failure | undefined {
  const found = notPlain(value, name)
  return found === undefined ? undefined : action(`${found.path} is ${found.reason}, which cannot be stored`)
}

const action = (message: string): Failure => ({ class: 'action', message, stage: 'effects' })
