// Engine: XState 5's interpreter behind the engine port.
//
// Owns: one step at a time of a machine. Preparing it is in `parts.ts`.
// Does not own time, timers, tasks or the order of inputs: the core does.
//
// E1..E3 of the port. Beyond them:
// X1. XState's `transition` runs on our own scope, so that no actor is created and nothing but the step runs.
// X2. Whatever XState hands out is an effect or fails the step; nothing is executed.
import type { Engine, EngineState, PrepareResult, PreparedMachine, StepResult, StoredMachine } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import type { ContextSeal } from '../../system/engine/context.ts'
import { failureOf, placeOf } from '../../system/engine/failure.ts'
import type { GuardWatch } from '../../system/engine/failure.ts'
import type { Outline } from '../../system/ports/outline.ts'
import { outlineOf } from './outline.ts'
import { partsOf } from './parts.ts'
import type { MachineParts } from './parts.ts'
import { nodePlace, transitionsOf } from './places.ts'
import type { Recorder } from './recorder.ts'
import type { XMachine, XNode, XSnapshot, XTransition } from './shapes.ts'
import { restored, settled, snapshotOf, stateOf, storedOf, takeWhole, withoutFinishedTask } from './snapshot.ts'
import type { Tasks } from './tasks.ts'

export const xstateEngine: Engine = {
  name: 'xstate',
  prepare(value, options): PrepareResult {
    const parts = partsOf(value, options)
    return parts.kind === 'refused' ? parts : { kind: 'ok', machine: new XStateMachine(parts) }
  },
}

export class XStateMachine implements PreparedMachine {
  readonly hash: string
  readonly tells: readonly string[]
  readonly emits: readonly string[]
  readonly infers: readonly string[]
  readonly lookups: readonly string[]
  readonly states: readonly string[]
  readonly transitions: readonly string[]
  /** Why the machine is not compiled; undefined where nobody asked. */
  readonly interpreted: string | undefined
  readonly #machine: XMachine
  readonly #tasks: Tasks
  readonly #watch: GuardWatch
  readonly #recorder: Recorder
  readonly #seal: ContextSeal
  readonly #written: XMachine
  readonly #nodesById: ReadonlyMap<string, XNode>
  readonly #places: ReadonlyMap<XTransition, number>
  #outline: Outline | undefined
  /** States share their list of nodes until one is entered or left. */
  readonly #configurations = new WeakMap<readonly XNode[], string>()

  constructor({ hash, visible, states, written, machine, nodes, tasks, watch, recorder, seal }: MachineParts, interpreted?: string) {
    this.hash = hash
    this.states = states
    this.tells = visible.tells
    this.emits = visible.emits
    this.infers = visible.infers
    this.lookups = visible.lookups
    this.interpreted = interpreted
    this.#machine = machine
    this.#written = written
    this.#nodesById = new Map(nodes.map((node) => [node.id, node]))
    const placed = nodes.flatMap((node) => transitionsOf(node))
    this.transitions = placed.map(({ id }) => id)
    this.#places = new Map(placed.map(({ transition }, place) => [transition, place]))
    this.#tasks = tasks
    this.#watch = watch
    this.#recorder = recorder
    this.#seal = seal
  }

  outline(): Outline {
    return (this.#outline ??= outlineOf(this.#written))
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

  #taken(): readonly number[] {
    return this.#recorder.taken.flatMap((transition) => this.#places.get(transition) ?? [])
  }

  #where(from: XSnapshot | 'initial'): string {
    return placeOf(nodePlace(this.#machine.root), from === 'initial' ? undefined : this.configuration(stateOf(from)))
  }
}
