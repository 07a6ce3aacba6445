// Chart: a statechart as plain data, in this project's own words. What the compiler reads; an adapter makes it from its vendor's machine.
//
// C1. Nodes stand in document order, the root first; a node is named by its place in that list.
// C2. Functions are the user's, as written. Their arguments are those that the interpreter gives.
import type { EffectAction } from '../authoring/effects.ts'
import type { GuardWatch } from './failure.ts'

/** A function of the user: an expression, a guard, an assignment. */
export type UserFunction = (args: object, params?: unknown) => unknown

/** Params of a named action or guard: a value, or how to get it from context and event. */
export type Params = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'function'; readonly of: UserFunction } | undefined

export type GuardTest =
  | { readonly kind: 'function'; readonly of: UserFunction }
  | { readonly kind: 'and' | 'or'; readonly guards: readonly ChartGuard[] }
  | { readonly kind: 'not'; readonly guard: ChartGuard }
  /** Whether a node is active. */
  | { readonly kind: 'in'; readonly node: number }
  /** Whether the state value has this part. */
  | { readonly kind: 'matches'; readonly value: unknown }

export interface ChartGuard {
  readonly test: GuardTest
  readonly params: Params
}

/** Values that may be expressions are as written: a function is called with the moment's arguments. */
export type ActionWork =
  | { readonly kind: 'assign'; readonly assignment: unknown }
  | { readonly kind: 'raise'; readonly event: unknown; readonly id: unknown; readonly delay: unknown }
  /** An event of the machine to itself, or to what `to` answers. */
  | { readonly kind: 'send'; readonly to: unknown; readonly event: unknown; readonly id: unknown; readonly delay: unknown }
  | { readonly kind: 'emit'; readonly event: unknown }
  | { readonly kind: 'cancel'; readonly timer: unknown }
  | { readonly kind: 'log'; readonly label: unknown; readonly value: unknown }
  | { readonly kind: 'spawn'; readonly task: unknown; readonly src: unknown; readonly input: unknown }
  | { readonly kind: 'stop'; readonly task: unknown }
  | { readonly kind: 'enqueue'; readonly collect: UserFunction }
  | { readonly kind: 'effect'; readonly effect: EffectAction }
  /** Found only when it runs, inside `enqueueActions`: a function that is no action. */
  | { readonly kind: 'sideEffect'; readonly name: string }
  /** Left to the interpreter whenever it runs. */
  | { readonly kind: 'uncovered' }

export interface ChartAction {
  readonly work: ActionWork
  readonly params: Params
}

export interface ChartTransition {
  /** Stable id, as `PreparedMachine.transitions` has it. */
  readonly id: string
  /** Undefined: it has no target, and leaves nothing. */
  readonly targets: readonly number[] | undefined
  readonly reenter: boolean
  readonly guard: ChartGuard | undefined
  /** What its guard is called in an error. */
  readonly guardName: string | undefined
  readonly actions: readonly ChartAction[]
}

export type NodeKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history'

export interface ChartNode {
  readonly id: string
  readonly key: string
  /** From the root, without it, joined by '.'. */
  readonly path: string
  /** In words a user finds again in the source. */
  readonly place: string
  readonly kind: NodeKind
  readonly parent: number | undefined
  /** All of them, history nodes too. */
  readonly children: readonly number[]
  /** Entry actions with those that arm its timers, exit actions with those that disarm them. */
  readonly entry: readonly ChartAction[]
  readonly exit: readonly ChartAction[]
  readonly tasks: readonly { readonly id: string; readonly src: string; readonly input: unknown }[]
  readonly initial: { readonly node: number; readonly actions: readonly ChartAction[] } | undefined
  /** Descriptor -> candidates in document order. */
  readonly transitions: ReadonlyMap<string, readonly ChartTransition[]>
  readonly always: readonly ChartTransition[]
  /** Of a final node or the root: a value or an expression; undefined for none. */
  readonly output: unknown
  readonly history: { readonly isDeep: boolean; readonly defaults: readonly number[]; readonly isInitialOfParent: boolean } | undefined
}

export interface Chart {
  readonly nodes: readonly ChartNode[]
  /** A value that all entities begin with, or a function of the input. */
  readonly context: { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'function'; readonly of: UserFunction }
  readonly delays: Readonly<Record<string, unknown>>
  /** What functions of the user find as `self` and `system`. */
  readonly self: object
  readonly system: object
  /** Where guards note what they throw. */
  readonly watch: GuardWatch
  /** The name of a task's implementation; undefined when it is none. */
  taskName(src: unknown): string | undefined
  /** Reads an action or a guard that only appears in a step, inside `enqueueActions`. */
  readAction(written: unknown): ChartAction
  readGuard(written: unknown): ChartGuard | undefined
}
