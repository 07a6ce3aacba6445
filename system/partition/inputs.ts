// Inputs: what one arrival, held event or due entry does to its entity before a turn begins: dedup, lateness, holding, task results.
import { TASK_ATTEMPTS_MAX, TASK_LEASE_MS } from '../protocol/limits.ts'
import { activate } from './activation.ts'
import type { Arrival } from './arrivals.ts'
import type { Subject } from './batch.ts'
import type { Input } from './input.ts'
import type { Due } from './due-index.ts'
import { compareHeld } from './dues.ts'
import { isCommandKey } from './entity.ts'
import type { Entity, Held, Seen } from './entity.ts'
import type { Activation } from './envelope.ts'
import type { FoldContext } from './fold-context.ts'
import { InputNaming } from './input-names.ts'
import type { InputNames } from './input-names.ts'
import type { FiredTimer, InputRef } from './journal.ts'
import { RecordTurn } from './record-turn.ts'
import type { TurnTimes } from './record-turn.ts'
import { taskRetryMs } from './supervision.ts'

export class InputApplier {
  readonly #fold: FoldContext
  readonly #naming: InputNaming
  #times: TurnTimes

  constructor(fold: FoldContext) {
    this.#fold = fold
    this.#naming = new InputNaming(fold.memory.plan)
    this.#times = { progressMs: fold.progressMs, nowMs: fold.plan.nowMs }
  }

  /** Takes what the arrival says about event time. */
  observe(arrival: Arrival): void {
    const { watermarks } = this.#fold.memory
    const { decode } = arrival
    if (watermarks === undefined) return
    if (decode.kind === 'input' && !decode.input.onArrival) watermarks.observeEvent(arrival.topic, decode.input.timeMs)
    if (decode.promised !== undefined) watermarks.observePromise(decode.promised.input, decode.promised.watermarkMs, decode.promised.idle)
  }

  apply(arrival: Arrival): void {
    const { decode, record } = arrival
    const { plan } = this.#fold.memory
    if (decode.kind === 'promise') return
    const names = this.#naming.of(arrival.topic, arrival.partition)
    if (decode.kind === 'failed') return this.#refuse(arrival, names, decode)
    if (decode.kind === 'activation') return this.#activate(`${names.refs}${record.offset}`, subjectOf(arrival), decode.activation)
    const { input } = decode
    const entity = this.#fold.entity(input.entity, arrival.known)
    if (entity === undefined) return
    if (entity.parked !== undefined) return this.#fold.begin(this.#turn(arrival, input, entity, names))
    if (this.#isDuplicate(entity, input) || this.#isSettledTask(entity, input)) return
    const { watermarks } = this.#fold.memory
    if (input.onArrival) return this.#fold.begin(this.#turn(arrival, input, entity, names))
    if (watermarks !== undefined && input.timeMs < watermarks.currentMs && plan.definition.late.kind !== 'apply') return this.#late(arrival, names)
    if (plan.definition.order === 'arrival' || (watermarks !== undefined && input.timeMs < watermarks.currentMs)) return this.#fold.begin(this.#turn(arrival, input, entity, names))
    if (entity.holds.length >= plan.definition.limits.heldMax) {
      return this.#fold.refuse(this.#turn(arrival, input, entity, names), { class: 'size', message: `${entity.holds.length} events held for '${entity.id}'`, stage: 'hold' })
    }
    this.#hold(entity, { timeMs: input.timeMs, rank: input.rank, origin: { source: input.origin.source, id: input.origin.id }, topic: arrival.topic, partition: arrival.partition, offset: record.offset, event: input.event })
  }

  #turn({ record }: Arrival, input: Input, entity: Entity, names: InputNames): RecordTurn {
    return new RecordTurn(names, record.offset, record, entity, input, this.#fold.slot(names.refs, record.offset), this.#timesNow())
  }

  #timesNow(): TurnTimes {
    const { progressMs, plan } = this.#fold
    if (progressMs !== this.#times.progressMs) this.#times = { progressMs, nowMs: plan.nowMs }
    return this.#times
  }

  /** Only stopping or parking concerns the entity that the record's key names. */
  #refuse(arrival: Arrival, names: InputNames, { failure, entity: id }: Extract<Arrival['decode'], { kind: 'failed' }>): void {
    const { record } = arrival
    const ref = `${names.refs}${record.offset}`
    const subject = subjectOf(arrival)
    const directive = this.#fold.directiveFor(ref, failure)
    if (id === undefined || (directive !== 'park' && directive !== 'stop')) return this.#fold.refuseRecord(ref, subject, failure, id)
    const entity = this.#fold.entity(id)
    if (entity === undefined) return
    // It stays as it was parked.
    if (entity.parked !== undefined) return this.#fold.refuseRecord(ref, subject, failure, id)
    const from = { event: { type: '' }, timeMs: record.timestampMs, origin: { source: arrival.topic, id: '' } }
    this.#fold.refuse(new RecordTurn(names, record.offset, record, entity, from, this.#fold.slot(ref), this.#timesNow()), failure)
  }

  #activate(ref: InputRef, subject: Subject, activation: Activation): void {
    if (this.#fold.isRefused(ref, subject)) return
    activate(this.#fold.memory, activation)
    this.#fold.batch.activated.push(`${activation.model} v${activation.version}`)
  }

  /** The next held event of an entity has its turn. */
  releaseHeld(entity: Entity): void {
    const held = entity.holds.length === 0 ? undefined : entity.holds.shift()
    if (held === undefined) return
    this.#armHolds(entity)
    this.#fold.touch(entity)
    const names = this.#naming.of(held.topic, held.partition)
    this.#fold.begin(new RecordTurn(names, held.offset, undefined, entity, held, this.#fold.slot(names.refs, held.offset), this.#timesNow()))
  }

  /** A task's next start, or the end of a stopped entity. */
  fireUpkeep(entity: Entity, due: Due): FiredTimer | undefined {
    const { memory, batch, plan } = this.#fold
    if (due.kind === 2) {
      const task = entity.tasks.get(due.id)
      if (task === undefined) return undefined
      const dueMs = plan.nowMs + TASK_LEASE_MS
      entity.tasks = new Map(entity.tasks).set(due.id, { ...task, dueMs })
      memory.entities.arm({ dueMs, entity: entity.id, kind: 2, id: due.id })
      batch.taskStarts.push({ entity: entity.id, task: due.id, key: task.key, src: task.src, input: task.input })
      this.#fold.touch(entity)
      return { due, generation: task.key }
    }
    if (entity.expireAtMs === undefined) return undefined
    const { machine } = memory.plan.definition
    batch.moved(entity.machine === undefined ? undefined : machine.configuration(entity.machine), undefined)
    // Events that waited for a stopped entity end with it.
    for (let left = entity.holds.length; left > 0; left -= 1) batch.drop('stopped')
    Object.assign(entity, { machine: undefined, stopped: false, seen: [], holds: [], expireAtMs: undefined })
    this.#armHolds(entity)
    this.#fold.touch(entity)
    return { due, generation: '' }
  }

  #hold(entity: Entity, held: Held): void {
    // Mostly at the end: events come nearly in order.
    let at = entity.holds.length
    while (at > 0 && compareHeld(held, entity.holds[at - 1] as Held) < 0) at -= 1
    // Without any it shares its list with others.
    if (entity.holds.length === 0) entity.holds = [held]
    else entity.holds.splice(at, 0, held)
    this.#armHolds(entity)
    this.#fold.touch(entity)
  }

  #armHolds(entity: Entity): void {
    const [first] = entity.holds
    const { entities } = this.#fold.memory
    if (first === undefined) entities.disarm({ entity: entity.id, kind: 0, id: '' })
    else entities.arm({ dueMs: first.timeMs, entity: entity.id, kind: 0, id: '' })
  }

  #late(arrival: Arrival, names: InputNames): void {
    const { late } = this.#fold.memory.plan.definition
    const { key, value, headers, offset } = arrival.record
    if (late.kind === 'output' && this.#fold.isRefused(`${names.refs}${offset}`, subjectOf(arrival))) return
    this.#fold.batch.drop('late')
    if (late.kind !== 'output') return
    this.#fold.batch.outbox.write(this.#fold.slot(names.refs, offset), { topic: late.topic, partition: arrival.partition, key, value, headers, timestampMs: this.#fold.plan.nowMs })
  }

  /** A4: an id seen within the window is dropped; a repeated command gets its answer again. */
  #isDuplicate(entity: Entity, input: Input): boolean {
    if (input.dedupKey === undefined) return false
    const seen = entity.seen.find((one) => one.key === input.dedupKey)
    if (seen !== undefined) {
      this.#fold.batch.drop('duplicate')
      if (input.command !== undefined && seen.reply !== undefined) this.#fold.batch.replies.push({ entity: entity.id, command: input.command, value: seen.reply, ...(seen.sum === undefined ? {} : { sum: seen.sum }) })
      return true
    }
    const { count, withinMs } = this.#fold.memory.plan.definition.dedup
    // Commands count the time of callers, sources the time of events: one must not make the other forget.
    const isAlike = (one: Seen): boolean => isCommandKey(one.key) === (input.command !== undefined)
    const alike = entity.seen.filter(isAlike)
    const newestMs = alike.reduce((newest, one) => Math.max(newest, one.timeMs), input.timeMs)
    const kept = alike.filter((one) => one.timeMs > newestMs - withinMs)
    const others = entity.seen.filter((one) => !isAlike(one))
    entity.seen = [...others, ...kept.slice(Math.max(0, kept.length - count + 1)), input.sum === undefined ? { key: input.dedupKey, timeMs: input.timeMs } : { key: input.dedupKey, timeMs: input.timeMs, sum: input.sum }]
    this.#fold.touch(entity)
    return false
  }

  /** Task results: a stale one is dropped, a failure is tried again until its attempts are used up. False: the machine gets it. */
  #isSettledTask(entity: Entity, input: Input): boolean {
    const result = input.task
    if (result === undefined) return false
    const task = entity.tasks.get(result.task)
    if (task === undefined || task.key !== result.key) {
      this.#fold.batch.drop('stale-task')
      return true
    }
    const { entities } = this.#fold.memory
    const tasks = new Map(entity.tasks)
    const again = !result.ok && task.attempt < TASK_ATTEMPTS_MAX
    if (again) {
      const dueMs = this.#fold.plan.nowMs + taskRetryMs(task.attempt + 1)
      tasks.set(result.task, { ...task, attempt: task.attempt + 1, dueMs })
      entities.arm({ dueMs, entity: entity.id, kind: 2, id: result.task })
    } else {
      tasks.delete(result.task)
      entities.disarm({ entity: entity.id, kind: 2, id: result.task })
    }
    entity.tasks = tasks
    this.#fold.touch(entity)
    return again
  }
}

function subjectOf({ topic, partition, record }: Arrival): Extract<Subject, { readonly kind: 'record' }> {
  return { kind: 'record', topic, partition, offset: record.offset, record }
}
