// Outline: a statechart as names, plain data that JSON keeps: what is drawn, counted on and exported.
//
// O1. States stand in document order, the root first; states and transitions name each other by their places in the two lists.
// O2. Names are the user's, whatever they hold; nothing is a function, nor the source of one.
// O3. `id` is what `PreparedMachine.states` and `transitions` say, in the same order; ids and keys are data and need not be unique.

export type OutlineKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history'

/** What a transition waits for. */
export type OutlineTrigger =
  | { readonly kind: 'event'; readonly descriptor: string }
  /** `ms` is missing where the delay is worked out in the step. */
  | { readonly kind: 'after'; readonly delay: string; readonly ms?: number }
  | { readonly kind: 'always' }
  /** The state itself is done. */
  | { readonly kind: 'done' }
  | { readonly kind: 'taskDone' | 'taskError'; readonly task: string }

/** `named`: an implementation of the user; the others are built in, and `name` is what they are about, where the definition says it. */
export interface OutlineAction {
  readonly kind: 'named' | 'assign' | 'emit' | 'tell' | 'infer' | 'lookup' | 'reply' | 'raise' | 'send' | 'cancel' | 'log' | 'start' | 'stop' | 'enqueue'
  readonly name?: string
}

export interface OutlineState {
  readonly id: string
  readonly key: string
  /** Keys from the root, without it. */
  readonly path: readonly string[]
  readonly kind: OutlineKind
  readonly parent?: number
  /** Of a compound state. */
  readonly initial?: { readonly target: number; readonly actions: readonly OutlineAction[] }
  /** `targets` where nothing is remembered; empty: the initial state of its parent. */
  readonly history?: { readonly isDeep: boolean; readonly targets: readonly number[] }
  readonly entry: readonly OutlineAction[]
  readonly exit: readonly OutlineAction[]
  readonly tasks: readonly { readonly id: string; readonly src: string }[]
  readonly tags: readonly string[]
  readonly description?: string
}

export interface OutlineTransition {
  readonly id: string
  readonly source: number
  /** Empty: nothing is left or entered. */
  readonly targets: readonly number[]
  /** Whether source and targets are left and entered again where they are not anyway. */
  readonly reenter: boolean
  readonly trigger: OutlineTrigger
  /** Its name, or names joined by `and`, `or`, `not`; `inline` for a function without one. */
  readonly guard?: string
  readonly actions: readonly OutlineAction[]
  readonly description?: string
}

export interface Outline {
  readonly id: string
  readonly description?: string
  readonly states: readonly OutlineState[]
  readonly transitions: readonly OutlineTransition[]
}
