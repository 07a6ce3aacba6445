// Port: the engine that runs a statechart. Pure: the same machine, state and event give the same state and effects on every runtime (I11).
//
// E1. `step` and `initial` never change their arguments, read no clock and draw no chance. `keep` alone changes one, the state that it replaces.
// E2. `restore(store(state))` steps exactly like `state`; stored forms are the same for all engines.
// E3. A throw of user code is a value (`failed`), and leaves the given state usable.
import type { FailureClass } from '../protocol/failures.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Outline } from './outline.ts'

/** Opaque to the core. */
export type EngineState = { readonly brand: 'EngineState' }

export type Effect =
  | { readonly kind: 'emit'; readonly event: MachineEvent }
  | { readonly kind: 'tell'; readonly target: string; readonly id: string; readonly event: MachineEvent }
  /** Arms (or re-arms) a timer: after `delayMs` the machine gets `event`. */
  | { readonly kind: 'schedule'; readonly timer: string; readonly delayMs: number; readonly event: MachineEvent }
  | { readonly kind: 'cancel'; readonly timer: string }
  | { readonly kind: 'infer'; readonly model: string; readonly vector: readonly number[] }
  /** The row of `key` in a reference table, back as `lookup.<table>` in the same turn. */
  | { readonly kind: 'lookup'; readonly table: string; readonly key: string }
  /** Starts a task: `src` names the implementation, the result comes back as `done` or `error` of `task`. */
  | { readonly kind: 'task'; readonly task: string; readonly src: string; readonly input: unknown }
  | { readonly kind: 'stopTask'; readonly task: string }
  | { readonly kind: 'reply'; readonly value: unknown }
  | { readonly kind: 'log'; readonly label: string; readonly value: unknown }

export type StepResult =
  | { readonly kind: 'ok'; readonly state: EngineState; readonly effects: readonly Effect[]; readonly taken?: readonly number[] }
  | { readonly kind: 'failed'; readonly class: FailureClass; readonly message: string; readonly stack: string }

/** What is written for an entity: plain data (see `Data`), ids instead of references. */
export interface StoredMachine {
  readonly value: unknown
  readonly context: unknown
  /** History node id -> ids of the remembered states. */
  readonly history?: Readonly<Record<string, readonly string[]>>
  readonly status: 'active' | 'done' | 'error'
  readonly output?: unknown
  /** Ids of running tasks. */
  readonly tasks?: readonly string[]
}

export interface PreparedMachine {
  /** sha256 hex over the canonical definition JSON with implementation names and the user's version; never over function source. */
  readonly hash: string
  /** Actor types that visible `tell` actions name; others need declaring. */
  readonly tells: readonly string[]
  /** Event types that visible `emit` actions produce. */
  readonly emits: readonly string[]
  /** Model names of visible `infer` actions. */
  readonly infers: readonly string[]
  /** Table names of visible `lookup` actions. */
  readonly lookups: readonly string[]
  /** Every state node id, in document order. */
  readonly states: readonly string[]
  /** The id of every transition, as the outline lists them; two may have the same. */
  readonly transitions: readonly string[]
  /** Why an engine that compiles machines runs this one on the interpreter, in one line; undefined where it does not. */
  readonly interpreted?: string | undefined
  /** The statechart as names, for diagrams; made when it is asked for. */
  outline(): Outline
  initial(input: unknown, nowMs: number): StepResult
  /** `taken` only when asked for: the transitions taken, by their places in `transitions`. */
  step(state: EngineState, event: MachineEvent, nowMs: number, wantTaken?: boolean): StepResult
  store(state: EngineState): StoredMachine
  /** Throws nothing: a stored form that does not fit the machine is `undefined` (another version wrote it). */
  restore(stored: StoredMachine): EngineState | undefined
  status(state: EngineState): 'active' | 'done' | 'error'
  /** Paths of the active leaf states, sorted and joined by ',': what occupancy counts. '' for a machine without states. */
  configuration(state: EngineState): string
  context(state: EngineState): unknown
  /** The same state in the form that is cheapest until the entity's next turn. It may take the place of `before`, which nobody may use any more. */
  keep?(state: EngineState, before: EngineState | undefined): EngineState
  /** Runs the implementation of a task, outside any step. Rejects with what the task threw. */
  runTask(src: string, input: unknown, signal: AbortSignal, key: string): Promise<unknown>
}

export type PrepareResult =
  | { readonly kind: 'ok'; readonly machine: PreparedMachine }
  /** Each problem names state, action and cure. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }

export interface Engine {
  readonly name: string
  /** `version` is the actor type's own; `strict` freezes contexts deeply (development and tests). */
  prepare(machine: unknown, options: { readonly version: number; readonly strict: boolean }): PrepareResult
}
