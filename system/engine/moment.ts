// Moment: the step under way, as actions and guards see it and change it. One per machine, begun anew by each step.
//
// Owns: context, running tasks, effects, queues and the count of microsteps of this step. Does not own where the machine stands: `macrostep.ts` does.
//
// M1. A step ends after at most MICROSTEPS_MAX microsteps, by a throw if need be.
// M2. What a step answers (effects, context, tasks) is never changed after it.
import { MICROSTEPS_MAX } from '../protocol/limits.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Effect } from '../ports/engine.ts'
import type { Params } from './chart.ts'
import { MicrostepsExceeded } from './failure.ts'

/** Thrown by a step that meets what is not compiled: it is run again by the interpreter. */
export class Uncovered extends TypeError {
  override readonly name = 'Uncovered'
  /** How many there were so far: a function of the user may catch one. */
  static count = 0
  constructor(message?: string) {
    super(message)
    Uncovered.count += 1
  }
}

/** A running task: an object, as the interpreter has one. Keys of `Tasks` keep the order in which tasks were started. */
export class Task {
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

export type Tasks = Readonly<Record<string, Task>>
export const NO_TASKS: Tasks = Object.freeze({})

/** What guards ask about where the machine stood before the microstep under way. */
export interface Standing {
  has(node: number): boolean
  readonly value: unknown
}

export type Status = 'active' | 'done' | 'error'

const NONE: Effect[] = []
const NO_NAMES: readonly string[] = []
const NOWHERE: readonly number[] = []
/** Beyond it the whole context is looked at. */
const ASSIGNED_MAX = 32

export class Moment {
  context: unknown = undefined
  event: MachineEvent = { type: '' }
  /** The fields assigned by name so far, some more than once; undefined when others may have been assigned too. */
  assigned: readonly string[] | undefined = undefined
  standing: Standing
  tasks: Tasks = NO_TASKS
  status: Status = 'active'
  output: unknown = undefined
  effects: Effect[] = NONE
  /** Numbers of the transitions enabled so far. */
  taken: readonly number[] = NOWHERE
  /** Whether an action of the microstep under way made a new snapshot in the interpreter's sense: eventless transitions are looked at again. */
  isTouched = false
  /** Whether contexts may have a key `__proto__` of their own: the machine has met one. */
  hasMetProto = false
  #raised: MachineEvent[] = []
  #raisedAt = 0
  #sent: MachineEvent[] = []
  #sentAt = 0
  #microsteps = 0

  constructor(standing: Standing) {
    this.standing = standing
  }

  begin(context: unknown, tasks: Tasks, event: MachineEvent): void {
    this.context = context
    this.assigned = NO_NAMES
    this.event = event
    this.tasks = tasks
    this.status = 'active'
    this.output = undefined
    this.effects = NONE
    this.taken = NOWHERE
    this.isTouched = false
    if (this.#raised.length > 0) this.#raised = []
    this.#raisedAt = 0
    if (this.#sent.length > 0) this.#sent = []
    this.#sentAt = 0
    this.#microsteps = 0
  }

  /** The list is made with its first effect: most steps ask for one or none, and a list that grows takes room for seventeen. */
  ask(effect: Effect): void {
    if (this.effects === NONE) this.effects = [effect]
    else this.effects.push(effect)
  }

  /** Most steps take one transition: its own list is kept, and none made. */
  took(numbers: readonly number[]): void {
    this.taken = this.taken === NOWHERE ? numbers : [...this.taken, ...numbers]
  }

  /** A new context with the fields of this one. XState's `Object.assign` differs from a spread, which takes a third of its time, by `__proto__` alone. */
  copied(): Record<string, unknown> {
    const { context } = this
    return this.hasMetProto ? Object.assign({}, context) : { ...(context as object) }
  }

  /** The context with these fields assigned, and no others. */
  assign(context: unknown, names: readonly string[]): void {
    this.context = context
    this.isTouched = true
    const { assigned } = this
    if (assigned === undefined || assigned === names) return
    // A copy of one with that key may have another prototype.
    if (this.hasMetProto) this.assigned = undefined
    else if (assigned === NO_NAMES) this.assigned = names
    else this.assigned = assigned.length + names.length > ASSIGNED_MAX ? undefined : [...assigned, ...names]
  }

  countMicrostep(): void {
    this.#microsteps += 1
    if (this.#microsteps > MICROSTEPS_MAX) throw new MicrostepsExceeded()
  }

  /** Queues an event that the step itself takes. */
  raise(event: MachineEvent): void {
    this.#raised.push(event)
  }

  nextRaised(): MachineEvent | undefined {
    return this.#raisedAt < this.#raised.length ? this.#raised[this.#raisedAt++] : undefined
  }

  /** Queues an event that is taken by a step of its own after this one. */
  send(event: MachineEvent): void {
    this.#sent.push(event)
  }

  nextSent(): MachineEvent | undefined {
    return this.#sentAt < this.#sent.length ? this.#sent[this.#sentAt++] : undefined
  }

  startTask(id: string): void {
    this.tasks = { ...this.tasks, [id]: new Task(id) }
    this.isTouched = true
  }

  /** `id` need not run. */
  endTask(id: string): void {
    this.tasks = withoutTask(this.tasks, id)
    this.isTouched = true
  }
}

export function withoutTask(tasks: Tasks, id: string): Tasks {
  const { [id]: _ended, ...left } = tasks
  return Object.keys(left).length === 0 ? NO_TASKS : left
}

export function paramsOf(params: Params, { context, event }: Moment): unknown {
  if (params === undefined) return undefined
  return params.kind === 'value' ? params.value : params.of({ context, event })
}

/** An expression of the user with the moment's arguments, or the value itself. */
export function valueOf(written: unknown, args: object, params: unknown): unknown {
  return typeof written === 'function' ? (written(args, params) as unknown) : written
}
