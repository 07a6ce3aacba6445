// Engine: XState 5's interpreter behind the engine port.
//
// Owns: preparing a machine (refused, or an own copy whose guards are watched) and one step at a time of it.
// Does not own time, timers, tasks or the order of inputs: the core does.
//
// E1..E3 of the port. Beyond them:
// X1. XState's `transition` runs on our own scope, so that no actor is created and nothing but the step runs.
// X2. Whatever XState hands out is an effect or fails the step; nothing is executed.
import type { Engine, EngineState, PrepareResult, PreparedMachine, StepResult, StoredMachine } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { contextSeal } from './context.ts'
import type { ContextSeal } from './context.ts'
import { definitionHash } from './definition.ts'
import { failureOf } from './failure.ts'
import { watchGuards } from './guards.ts'
import type { GuardWatch } from './guards.ts'
import { actionsOf, nodePlace, transitionsOf } from './places.ts'
import { impurities } from './purity.ts'
import { Recorder } from './recorder.ts'
import { asMachine, isFunction, nodesOf } from './shapes.ts'
import type { XMachine, XNode, XSnapshot, XTransition } from './shapes.ts'
import { restored, settled, snapshotOf, stateOf, storedOf, takeWhole, withoutFinishedTask } from './snapshot.ts'
import { Tasks } from './tasks.ts'
import { visibleEffects } from './visible.ts'

export const xstateEngine: Engine = {
  name: 'xstate',
  prepare(value, { version, strict }): PrepareResult {
    const machine = asMachine(value)
    if (machine === undefined) return { kind: 'refused', problems: ["the machine is no XState 5 machine. Make it with setup({ ... }).createMachine({ ... }) of 'xstate'."] }
    const problems = impurities(machine)
    if (problems.length > 0) return { kind: 'refused', problems }
    return { kind: 'ok', machine: new XStateMachine(machine, version, strict) }
  },
}

class XStateMachine implements PreparedMachine {
  readonly hash: string
  readonly tells: readonly string[]
  readonly emits: readonly string[]
  readonly infers: readonly string[]
  readonly lookups: readonly string[]
  readonly states: readonly string[]
  readonly #machine: XMachine
  readonly #tasks: Tasks
  readonly #watch: GuardWatch
  readonly #recorder: Recorder
  readonly #seal: ContextSeal
  readonly #nodesById: ReadonlyMap<string, XNode>
  readonly #transitionIds: ReadonlyMap<XTransition, string>
  /** States share their list of nodes until one is entered or left. */
  readonly #configurations = new WeakMap<readonly XNode[], string>()

  constructor(machine: XMachine, version: number, strict: boolean) {
    const nodes = nodesOf(machine.root)
    this.hash = definitionHash(machine, version)
    this.states = nodes.map((node) => node.id)
    const visible = visibleEffects(machine)
    this.tells = visible.tells
    this.emits = visible.emits
    this.infers = visible.infers
    this.lookups = visible.lookups
    this.#machine = machine.provide({})
    const ownNodes = nodesOf(this.#machine.root)
    this.#nodesById = new Map(ownNodes.map((node) => [node.id, node]))
    this.#transitionIds = new Map(ownNodes.flatMap((node) => transitionsOf(node).map(({ id, transition }) => [transition, id] as const)))
    this.#tasks = new Tasks(this.#machine)
    nameSpawned(ownNodes, this.#tasks)
    this.#watch = watchGuards(this.#machine)
    this.#recorder = new Recorder(this.#tasks)
    this.#seal = contextSeal(strict)
  }

  initial(input: unknown, _nowMs: number): StepResult {
    return this.#run('initial', false, () => {
      const snapshot = this.#machine.getInitialSnapshot(this.#recorder.scope, input)
      // XState catches what the first step throws, and only there.
      if (snapshot.status === 'error') throw snapshot.error
      return snapshot
    })
  }

  step(state: EngineState, event: MachineEvent, _nowMs: number, wantTaken = false): StepResult {
    const snapshot = snapshotOf(state)
    if (snapshot.status !== 'active') return { kind: 'ok', state, effects: [], ...(wantTaken ? { taken: [] } : {}) }
    const start = withoutFinishedTask(snapshot, event.type)
    return this.#run(snapshot, wantTaken, () => this.#machine.transition(start, event, this.#recorder.scope))
  }

  store(state: EngineState): StoredMachine {
    return storedOf(snapshotOf(state))
  }

  restore(stored: StoredMachine): EngineState | undefined {
    const snapshot = restored(this.#machine, this.#nodesById, stored)
    if (snapshot === undefined || !this.#seal.fits(snapshot.context)) return undefined
    return stateOf(snapshot)
  }

  status(state: EngineState): 'active' | 'done' | 'error' {
    const { status } = snapshotOf(state)
    return status === 'stopped' ? 'error' : status
  }

  configuration(state: EngineState): string {
    const nodes = snapshotOf(state)._nodes
    const known = this.#configurations.get(nodes)
    if (known !== undefined) return known
    // Leaves tell the rest; paths read better than ids, which repeat the machine's name.
    const parents = new Set(nodes.map((node) => node.parent))
    const paths = nodes.filter((node) => node.parent !== undefined && !parents.has(node)).map((node) => node.path.join('.'))
    const configuration = paths.sort().join(',')
    this.#configurations.set(nodes, configuration)
    return configuration
  }

  context(state: EngineState): unknown {
    return snapshotOf(state).context
  }

  runTask(src: string, input: unknown, signal: AbortSignal, key: string): Promise<unknown> {
    return this.#tasks.run(src, input, signal, key)
  }

  #run(from: XSnapshot | 'initial', wantTaken: boolean, start: () => XSnapshot): StepResult {
    const recorder = this.#recorder
    recorder.begin()
    this.#watch.thrown = undefined
    try {
      const state = stateOf(this.#toTheEnd(start(), from === 'initial' ? undefined : from.context))
      const { effects } = recorder
      return wantTaken ? { kind: 'ok', state, effects, taken: this.#taken() } : { kind: 'ok', state, effects }
    } catch (error) {
      return failureOf(error, this.#watch, this.#where(from))
    }
  }

  /** Events of the machine to itself follow the step, one after the other, as they would in XState's mailbox. */
  #toTheEnd(first: XSnapshot, before: unknown): XSnapshot {
    let snapshot = first
    for (;;) {
      takeWhole(snapshot)
      const event = snapshot.status === 'active' ? this.#recorder.nextSelfEvent() : undefined
      if (event === undefined) break
      snapshot = this.#machine.transition(snapshot, event, this.#recorder.scope)
    }
    this.#recorder.end()
    this.#seal.seal(snapshot.context, before)
    return settled(snapshot)
  }

  #taken(): readonly string[] {
    return this.#recorder.taken.map((transition) => this.#transitionIds.get(transition) ?? '')
  }

  #where(from: XSnapshot | 'initial'): string {
    const states = from === 'initial' ? 'in its initial step' : `in ${this.configuration(stateOf(from)) || 'its only state'}`
    return `${nodePlace(this.#machine.root)} (${states})`
  }
}

/** Inline tasks of visible `spawnChild` actions get their place as name. */
function nameSpawned(nodes: readonly XNode[], tasks: Tasks): void {
  for (const node of nodes) {
    for (const { place, actions } of actionsOf(node)) {
      for (const action of actions) if (isFunction(action) && action.type === 'xstate.spawnChild') tasks.name(place, action['src'])
    }
  }
}
