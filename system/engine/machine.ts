// Machine: a compiled statechart behind the engine port.
//
// Owns: the tables of one machine and the step under way. Does not own what the definition is (names, hash, tasks): the interpreter's prepared machine,
// which it stands in front of, says that.
//
// E1..E3 of the port. Beyond them:
// G1. A step answers what the interpreter would: state, effects, taken transitions, failure class and message.
// G2. A step that meets what is not compiled is given up and run by the interpreter from the same state: steps are pure.
import type { EngineState, PreparedMachine, StepResult, StoredMachine } from '../ports/engine.ts'
import type { Outline } from '../ports/outline.ts'
import type { MachineEvent } from '../protocol/data.ts'
import { spawn } from './actions.ts'
import type { Chart } from './chart.ts'
import { Configuration, Configurations } from './configuration.ts'
import type { Plan } from './configuration.ts'
import type { ContextSeal } from './context.ts'
import { Flats } from './flat.ts'
import { failureOf, placeOf } from './failure.ts'
import { Macrostep } from './macrostep.ts'
import { Moment, NO_TASKS, Uncovered, withoutTask } from './moment.ts'
import type { Tasks } from './moment.ts'
import { nodesOf } from './nodes.ts'
import type { Node } from './nodes.ts'
import { Planner } from './plan.ts'
import { EventKinds } from './selection.ts'
import { Kept, opaque, restOf, restored, State, stateOf, storedOf } from './state.ts'
import { NO_HISTORY } from './targets.ts'

export class CompiledMachine implements PreparedMachine {
  readonly hash: string
  readonly tells: readonly string[]
  readonly emits: readonly string[]
  readonly infers: readonly string[]
  readonly lookups: readonly string[]
  readonly states: readonly string[]
  readonly transitions: readonly string[]
  /** The same machine without tables: answers the same, and what is not compiled. */
  readonly interpreter: PreparedMachine
  readonly #chart: Chart
  readonly #seal: ContextSeal
  readonly #root: Node
  readonly #byId: ReadonlyMap<string, Node>
  readonly #configurations = new Configurations()
  readonly #entering: Plan
  /** Where a machine stands before it has entered anything, but for its value. */
  readonly #start: Configuration
  readonly #moment: Moment
  readonly #macrostep: Macrostep
  readonly #flats = new Flats()

  constructor(chart: Chart, interpreter: PreparedMachine, seal: ContextSeal) {
    const nodes = nodesOf(chart)
    const root = nodes[0] as Node
    const planner = new Planner(root, chart.self, this.#configurations)
    this.hash = interpreter.hash
    this.tells = interpreter.tells
    this.emits = interpreter.emits
    this.infers = interpreter.infers
    this.lookups = interpreter.lookups
    this.states = interpreter.states
    this.transitions = interpreter.transitions
    this.interpreter = interpreter
    this.#chart = chart
    this.#seal = seal
    this.#root = root
    this.#byId = new Map(nodes.map((node) => [node.id, node]))
    this.#entering = planner.initial()
    this.#start = new Configuration([root], this.#entering.to.value)
    this.#moment = new Moment(this.#start)
    this.#macrostep = new Macrostep(this.#start, planner, new EventKinds(nodes), this.#moment)
    this.#meet(chart.context.kind === 'value' ? chart.context.value : undefined)
  }

  outline(): Outline {
    return this.interpreter.outline()
  }

  initial(input: unknown, nowMs: number): StepResult {
    const moment = this.#moment
    moment.begin(undefined, NO_TASKS, { type: 'xstate.init', input })
    this.#macrostep.begin(this.#start, NO_HISTORY, false)
    this.#chart.watch.thrown = undefined
    const uncovered = Uncovered.count
    try {
      moment.context = this.#firstContext(input)
      this.#macrostep.enter(this.#entering)
      const state = this.#finished(undefined, undefined)
      if (Uncovered.count !== uncovered) throw new Uncovered()
      return { kind: 'ok', state, effects: moment.effects }
    } catch (error) {
      if (Uncovered.count !== uncovered) return this.#taken(this.interpreter.initial(input, nowMs))
      return failureOf(error, this.#chart.watch, placeOf(this.#root.place, undefined))
    }
  }

  step(state: EngineState, event: MachineEvent, nowMs: number, wantTaken = false): StepResult {
    const from = stateOf(state)
    const { configuration, rest } = from
    if (rest.status !== 'active') return { kind: 'ok', state, effects: [], ...(wantTaken ? { taken: [] } : {}) }
    const moment = this.#moment
    const context = this.#contextOf(from)
    moment.begin(context, rest.tasks === NO_TASKS ? NO_TASKS : withoutFinished(rest.tasks, event.type), event)
    this.#macrostep.begin(configuration, rest.history, wantTaken)
    this.#chart.watch.thrown = undefined
    const uncovered = Uncovered.count
    try {
      this.#macrostep.take()
      const next = this.#finished(from, context)
      if (Uncovered.count !== uncovered) throw new Uncovered()
      const { effects, taken } = moment
      return wantTaken ? { kind: 'ok', state: next, effects, taken } : { kind: 'ok', state: next, effects }
    } catch (error) {
      if (Uncovered.count !== uncovered) return this.#interpreted(state, event, nowMs, wantTaken)
      return failureOf(error, this.#chart.watch, placeOf(this.#root.place, configuration.leaves))
    }
  }

  store(state: EngineState): StoredMachine {
    const from = stateOf(state)
    return storedOf(from, this.#contextOf(from))
  }

  restore(stored: StoredMachine): EngineState | undefined {
    const state = restored(this.#root, this.#byId, this.#configurations, stored)
    if (state === undefined || !this.#seal.fits(state.context)) return undefined
    this.#meet(state.context)
    return opaque(state)
  }

  status(state: EngineState): 'active' | 'done' | 'error' {
    return stateOf(state).rest.status
  }

  configuration(state: EngineState): string {
    return stateOf(state).configuration.leaves
  }

  context(state: EngineState): unknown {
    return this.#contextOf(stateOf(state))
  }

  keep(state: EngineState, before: EngineState | undefined): EngineState {
    const next = stateOf(state)
    if (next instanceof Kept) return state
    const old = before === undefined ? undefined : stateOf(before)
    const place = old instanceof Kept ? old : undefined
    const shape = this.#flats.lay(next.context, place?.shape)
    if (shape === undefined) return state
    const kept = place ?? new Kept(next)
    kept.configuration = next.configuration
    kept.rest = next.rest
    this.#flats.take(kept, shape)
    return opaque(kept)
  }

  runTask(src: string, input: unknown, signal: AbortSignal, key: string): Promise<unknown> {
    return this.interpreter.runTask(src, input, signal, key)
  }

  #contextOf(state: State | Kept): unknown {
    if (!(state instanceof Kept)) return state.context
    const context = this.#flats.read(state)
    this.#seal.again(context)
    return context
  }

  /** A context that no step has made: those have no key `__proto__`. */
  #meet(context: unknown): void {
    if (Object.hasOwn(Object(context) as object, '__proto__')) this.#moment.hasMetProto = true
  }

  #firstContext(input: unknown): unknown {
    const { context, self } = this.#chart
    return context.kind === 'value' ? context.value : Object.assign({}, context.of({ spawn, input, self }))
  }

  /** Events of the machine to itself follow, one after the other; then the state is what they left. */
  #finished(from: State | Kept | undefined, before: unknown): EngineState {
    const moment = this.#moment
    const macrostep = this.#macrostep
    for (let sent; moment.status === 'active' && (sent = moment.nextSent()) !== undefined; ) {
      moment.event = sent
      macrostep.take()
    }
    const { context, status, output } = moment
    this.#seal.seal(context, before, from === undefined ? undefined : moment.assigned)
    const { configuration, history } = macrostep
    const tasks = status === 'active' ? moment.tasks : NO_TASKS
    if (from !== undefined && history === from.rest.history && tasks === from.rest.tasks && status === 'active') {
      if (configuration === from.configuration && context === before) return opaque(from)
      return opaque(new State(configuration, context, from.rest))
    }
    return opaque(new State(configuration, context, restOf(history, tasks, status, output)))
  }

  /** The same step, by the interpreter. */
  #interpreted(state: EngineState, event: MachineEvent, nowMs: number, wantTaken: boolean): StepResult {
    const restoredState = this.interpreter.restore(this.store(state))
    if (restoredState === undefined) throw new Uncovered('the interpreter does not take this state')
    return this.#taken(this.interpreter.step(restoredState, event, nowMs, wantTaken))
  }

  #taken(result: StepResult): StepResult {
    if (result.kind === 'failed') return result
    const state = this.restore(this.interpreter.store(result.state))
    if (state === undefined) throw new Uncovered('a state of the interpreter is not taken')
    return { ...result, state }
  }
}

/** A task whose result the event brings is not running any more. */
function withoutFinished(tasks: Tasks, eventType: string): Tasks {
  if (!eventType.startsWith('xstate.done.actor.') && !eventType.startsWith('xstate.error.actor.')) return tasks
  const task = eventType.slice(eventType.indexOf('.actor.') + '.actor.'.length)
  return Object.hasOwn(tasks, task) ? withoutTask(tasks, task) : tasks
}
