// Oracle: what a run must come to, folded plainly: per entity one loop over its inputs, one list of timers, one list of ids seen.
//
// Owns: nothing of statelog's partition. Knows no snapshots, restarts, passivation, retries or waiting; batches only as the moments at which
// processing time passes (`tick`) and in the names of generations. Written from what the documents promise.
import type { AnyMachineSnapshot } from 'xstate'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { FailureClass } from '../../../system/protocol/failures.ts'
import { timerCause } from '../../../system/protocol/ids.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import { newActor, storedActor } from './oracle-actor.ts'
import type { Actor, Timer } from './oracle-actor.ts'
import { found, inference } from './oracle-answers.ts'
import type { OracleModel } from './oracle-answers.ts'
import { readInput } from './oracle-input.ts'
import type { HistoryInput, ReadInput } from './oracle-input.ts'
import type { OracleMachine, Wanted } from './oracle-step.ts'

const TASK_LEASE_MS = 30_000
const TASK_ATTEMPTS = 4
const QUESTIONS = 100
const isCommand = (key: string): boolean => key.startsWith(':command/')

export interface OraclePolicy {
  readonly app: string
  readonly type: string
  readonly inbox: string
  /** Input topics in their order: what inputs are called in verdicts. */
  readonly inputs: readonly string[]
  readonly timers: 'processing' | 'event'
  readonly dedup: { readonly count: number; readonly withinMs: number }
  readonly stops: ReadonlySet<FailureClass>
  readonly fallback: number | undefined
  readonly keepStoppedMs: number
  readonly model: OracleModel
  /** Those that may be activated, by hash. */
  readonly others: ReadonlyMap<string, OracleModel>
}

interface Cause {
  readonly name: string
  readonly timeMs: number
  readonly command: string | undefined
}

export class Oracle {
  readonly #machine: OracleMachine
  readonly #policy: OraclePolicy
  readonly #actors = new Map<string, Actor>()
  /** Activated, by partition. */
  readonly #models = new Map<number, OracleModel>()
  /** Per entity, in order. */
  readonly outputs = new Map<string, string[]>()
  readonly tells = new Map<string, string[]>()
  readonly logs = new Map<string, unknown[]>()
  /** Replies of each command: one, unless its id was forgotten between two tries. */
  readonly replies = new Map<string, unknown[]>()
  readonly deadLetters: string[] = []
  readonly drops = new Map<string, number>()
  readonly counts = new Map<string, number>()
  #seq = 0
  #nowMs = 0
  /** Inputs whose outputs the log refused. */
  #refused: ReadonlySet<string> = new Set()

  constructor(machine: OracleMachine, policy: OraclePolicy) {
    this.#machine = machine
    this.#policy = policy
  }

  /** From here on commits are called `seq` and it is `nowMs`. */
  moment(seq: number, nowMs: number, refused: ReadonlySet<string>): void {
    [this.#seq, this.#nowMs, this.#refused] = [seq, nowMs, refused]
  }

  /** Processing time has come to now: what is due runs, or of that only what is named. Answers what ran, and what was due until something else that ran put an end to it. */
  tick(entities: (id: string) => boolean, only?: readonly string[]): { readonly ran: string[]; readonly ended: string[] } {
    const ticked: { ran: string[]; ended: string[] } = { ran: [], ended: [] }
    for (const actor of this.#actors.values()) if (entities(actor.id)) this.#tickActor(actor, ticked, only)
    return ticked
  }

  #tickActor(actor: Actor, { ran, ended }: { readonly ran: string[]; readonly ended: string[] }, only?: readonly string[]): void {
    const dues = [
      ...(this.#policy.timers === 'processing' ? [...actor.timers].map(([id, { dueMs, generation }]) => ({ dueMs, kind: 1, id, as: generation })) : []),
      ...[...actor.tasks].map(([id, { dueMs, key }]) => ({ dueMs, kind: 2, id, as: key })),
      ...(actor.expireAtMs === undefined ? [] : [{ dueMs: actor.expireAtMs, kind: 3, id: '', as: '' }]),
    ].filter((due) => due.dueMs <= this.#nowMs && only?.includes(`${actor.id}/${due.kind}/${due.id}/${due.as}`) !== false).sort((a, b) => a.dueMs - b.dueMs || a.kind - b.kind || (a.id < b.id ? -1 : 1))
    for (const { dueMs, kind, id, as } of dues) {
      const timer = actor.timers.get(id)
      const task = actor.tasks.get(id)
      const isThere = kind === 1 ? timer?.generation === as : kind === 2 ? task?.key === as : actor.expireAtMs === dueMs
      const list = isThere ? ran : ended
      list.push(`${actor.id}/${kind}/${id}/${as}`)
      if (!isThere) continue
      if (kind === 1 && timer !== undefined) this.fire(actor, id, timer)
      if (kind === 2 && task !== undefined) task.dueMs = this.#nowMs + TASK_LEASE_MS
      if (kind === 3) {
        this.#count('expired')
        Object.assign(actor, { snapshot: undefined, stopped: false, seen: [], expireAtMs: undefined })
      }
    }
  }

  fire(actor: Actor, id: string, timer: Timer): void {
    actor.timers.delete(id)
    this.#count('timer fired')
    this.#turn(actor, { ...timer.event, time: timer.dueMs }, { name: timerCause(actor.id as EntityId, id, timer.generation), timeMs: timer.dueMs, command: undefined })
  }

  /** One record, in the order of its partition. */
  take(record: HistoryInput): void {
    const input = this.accept(record)
    if (input !== undefined) this.apply(record, input)
  }

  /** The input of a record, unless it is bad or was seen before. */
  accept(record: HistoryInput): ReadInput | undefined {
    const read = readInput(record, this.#policy.inbox)
    if (read.kind === 'nothing') return undefined
    if (read.kind === 'activation') return this.#activate(record, this.#policy.others.get(read.hash))
    if (read.kind === 'bad') {
      this.#letter(this.#nameOf(record), read.class)
      return undefined
    }
    const actor = this.actor(read.entity)
    actor.partition = record.partition
    if (read.dedup !== undefined && !this.#notes(actor, read.dedup, read.timeMs, read.sum)) {
      this.#drop('duplicate')
      return undefined
    }
    return read
  }

  #activate(record: HistoryInput, model: OracleModel | undefined): undefined {
    this.#count('activation')
    if (model === undefined) this.#letter(this.#nameOf(record), 'model')
    else this.#models.set(record.partition, model)
  }

  apply(record: HistoryInput, input: ReadInput): void {
    const actor = this.actor(input.entity)
    if (input.task !== undefined && !this.#settles(actor, input.task)) return
    this.#turn(actor, input.event, { name: this.#nameOf(record), timeMs: input.timeMs, command: input.command })
  }

  actor(id: string): Actor {
    let actor = this.#actors.get(id)
    if (actor === undefined) {
      actor = newActor(id)
      this.#actors.set(id, actor)
    }
    return actor
  }

  /** Every entity that must be stored, in its stored form. */
  *stored(): Generator<readonly [id: string, stored: object]> {
    for (const actor of this.#actors.values()) {
      const stored = storedActor(this.#machine, actor)
      if (stored !== undefined) yield [actor.id, stored]
    }
  }

  #nameOf(record: HistoryInput): string {
    return `${this.#policy.inputs.indexOf(record.topic)}:${record.offset}@${record.partition}`
  }

  #notes(actor: Actor, key: string, timeMs: number, sum: number | undefined): boolean {
    if (actor.seen.some((one) => one.key === key)) return false
    const { count, withinMs } = this.#policy.dedup
    // Ids of commands and ids of sources are remembered apart.
    const { true: alike = [], false: others = [] } = Object.groupBy(actor.seen, (one) => `${isCommand(one.key) === isCommand(key)}`)
    const newestMs = Math.max(timeMs, ...alike.map((one) => one.timeMs))
    actor.seen = [...others, ...[...alike.filter((one) => one.timeMs > newestMs - withinMs), { key, timeMs, ...(sum === undefined ? {} : { sum }) }].slice(-count)]
    return true
  }

  /** False: the machine must not see this result. */
  #settles(actor: Actor, answer: NonNullable<ReadInput['task']>): boolean {
    const task = actor.tasks.get(answer.task)
    if (task?.key !== answer.key) {
      this.#drop('stale-task')
      return false
    }
    if (answer.ok || task.attempt === TASK_ATTEMPTS) {
      actor.tasks.delete(answer.task)
      return true
    }
    this.#count('task tried again')
    task.attempt += 1
    task.dueMs = this.#nowMs + 200 * 2 ** (task.attempt - 2)
    return false
  }

  /** One event through the machine: all of it, or nothing and a dead letter. */
  #turn(actor: Actor, event: MachineEvent, cause: Cause): void {
    if (this.#refused.has(cause.name)) return this.#fail(actor, cause, 'size')
    if (actor.stopped) return this.#drop('stopped')
    const end = this.#run(actor, event, cause)
    if (typeof end === 'string') return this.#fail(actor, cause, end)
    if (end.wanted.some((one) => one.kind === 'tell' && one.id === '')) return this.#fail(actor, cause, 'action')
    actor.snapshot = end.snapshot
    let reply: unknown
    for (const one of end.wanted) {
      this.#count(one.kind)
      if (one.kind === 'reply') reply = one.value
      else this.#do(actor, one, cause)
    }
    if (cause.command !== undefined) {
      push(this.replies, cause.command, reply ?? null)
      const seen = actor.seen.find((one) => one.key === `:command/${cause.command}`)
      if (seen !== undefined) seen.reply = reply ?? null
    }
    if (end.snapshot.status !== 'active') this.#stop(actor)
  }

  #run(actor: Actor, event: MachineEvent, cause: Cause): { readonly snapshot: AnyMachineSnapshot; readonly wanted: readonly Wanted[] } | FailureClass {
    const wanted: Wanted[] = []
    let snapshot = actor.snapshot
    if (snapshot === undefined) {
      const made = this.#machine.initial({ id: actor.id })
      if (typeof made === 'string') return made
      snapshot = made.snapshot
      wanted.push(...made.wanted)
    }
    let events: MachineEvent[] = [event]
    for (let asked = 0, answered = 0; events.length > 0; answered = asked) {
      for (const each of events) {
        const next = this.#machine.step(snapshot, each)
        if (typeof next === 'string') return next
        snapshot = next.snapshot
        wanted.push(...next.wanted)
      }
      const questions = wanted.filter((one) => one.kind === 'infer' || one.kind === 'find')
      asked = questions.length
      if (asked > QUESTIONS) return 'timeout'
      const round = questions.slice(answered)
      if (round.some((one) => one.kind === 'infer' && one.vector.some((value) => !Number.isFinite(value)))) return 'feature'
      events = []
      for (const one of round) {
        const answer = one.kind === 'infer' ? inference(this.#models.get(actor.partition) ?? this.#policy.model, one.vector, this.#policy.fallback, cause.timeMs) : found(one.key, cause.timeMs)
        if (typeof answer === 'string') return answer
        events.push(answer)
      }
    }
    return { snapshot, wanted }
  }

  #do(actor: Actor, one: Wanted, { timeMs }: Cause): void {
    switch (one.kind) {
      case 'emit': return push(this.outputs, actor.id, JSON.stringify(one.event))
      case 'tell': return push(this.tells, actor.id, JSON.stringify([one.target, one.id, one.event]))
      case 'log': return push(this.logs, actor.id, one.value)
      case 'schedule': {
        const baseMs = this.#policy.timers === 'event' ? timeMs : this.#nowMs
        actor.timers.set(one.timer, { generation: `${this.#seq}.${this.#arm(actor)}`, dueMs: baseMs + one.delayMs, event: one.event })
        return
      }
      case 'cancel': return void actor.timers.delete(one.timer)
      case 'task':
        actor.tasks.set(one.task, { key: `${this.#policy.type}/${actor.id}/${one.task}/${this.#seq}-${this.#arm(actor)}`, src: one.src, input: one.input, attempt: 1, dueMs: this.#nowMs + TASK_LEASE_MS })
        return
      case 'stopTask': return void actor.tasks.delete(one.task)
    }
  }

  #arm(actor: Actor): number {
    if (actor.arms.seq !== this.#seq) actor.arms = { seq: this.#seq, count: 0 }
    actor.arms.count += 1
    return actor.arms.count
  }

  #fail(actor: Actor, cause: Cause, failureClass: FailureClass): void {
    this.#letter(cause.name, failureClass)
    if (this.#policy.stops.has(failureClass)) this.#stop(actor)
  }

  #stop(actor: Actor): void {
    Object.assign(actor, { stopped: true, timers: new Map(), tasks: new Map(), expireAtMs: this.#nowMs + this.#policy.keepStoppedMs })
  }

  #letter(name: string, failureClass: FailureClass): void {
    this.#count(`class ${failureClass}`)
    this.deadLetters.push(`${name} ${failureClass}`)
  }

  #drop(reason: string): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  map.set(key, [...(map.get(key) ?? []), value])
}
