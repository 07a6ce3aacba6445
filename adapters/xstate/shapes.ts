// The parts of XState 5 that this adapter relies on, as structure: XState's own types are generic over a user's machine,
// and a user's machine may come from another copy of the package. Pinned to the version in package.json.
//
// Relied on and not promised by XState: `transition` on a machine with a scope of one's own (the exported `transition`
// first creates an actor, which runs the machine's initial state, on every call), the inspection event of each microstep,
// and `_nodes`. The engine contract fails when one of them changes.
import type { MachineEvent } from '../../system/protocol/data.ts'

export interface XArgs {
  readonly context: unknown
  readonly event: MachineEvent
}

/** An action or guard as written: a name, a name with params, or a function. */
export type XReference = string | { readonly type: string; readonly params?: unknown } | XFunction

/** Functions of XState's own carry `resolve` (actions) or `check` (guards) and their options as properties. */
export type XFunction = ((args: XArgs, params: unknown) => unknown) & {
  readonly type?: string
  readonly resolve?: unknown
  readonly check?: unknown
  readonly guards?: readonly XReference[]
  readonly [option: string]: unknown
}

export interface XTransition {
  readonly source: XNode
  readonly target: readonly XNode[] | undefined
  readonly reenter: boolean
  readonly actions: readonly XReference[]
  guard?: XReference | undefined
}

export interface XInvoke {
  readonly id: string
  readonly src: string
  readonly systemId?: string
  readonly onSnapshot?: unknown
  readonly input?: unknown
}

export interface XNode {
  readonly id: string
  readonly key: string
  readonly path: readonly string[]
  readonly order: number
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly history: false | 'shallow' | 'deep'
  readonly parent?: XNode
  readonly states: Readonly<Record<string, XNode>>
  readonly transitions: ReadonlyMap<string, readonly XTransition[]>
  readonly always?: readonly XTransition[]
  readonly initial: XTransition
  /** As written, then what arms and disarms the timers of `after`. */
  readonly entry: readonly XReference[]
  readonly exit: readonly XReference[]
  readonly invoke: readonly XInvoke[]
  readonly output?: unknown
  readonly config: {
    readonly entry?: XReference | readonly XReference[]
    readonly exit?: XReference | readonly XReference[]
    readonly target?: unknown
    readonly initial?: unknown
    readonly invoke?: unknown
    readonly after?: object
    readonly on?: object
    readonly tags?: unknown
  }
}

export type XValue = string | { readonly [key: string]: XValue }

export interface XSnapshot {
  status: 'active' | 'done' | 'error' | 'stopped'
  readonly output: unknown
  readonly error: unknown
  readonly context: unknown
  readonly historyValue: Readonly<Record<string, readonly XNode[]>>
  _nodes: XNode[]
  value: XValue
  children: Readonly<Record<string, { readonly id: string }>>
}

/** What XState hands out for each action, in order, while it resolves a step. */
export interface XAction {
  readonly type: string
  readonly info: XArgs
  readonly params: unknown
  readonly exec: unknown
}

export interface XInspection {
  readonly type: string
  readonly snapshot?: XSnapshot
  readonly _transitions?: readonly XTransition[]
  readonly actorRef: { readonly id: string }
}

/** The surroundings XState runs a step in. */
export interface XScope {
  readonly self: unknown
  readonly system: unknown
  readonly id: string
  readonly sessionId: string
  readonly logger: () => void
  readonly defer: () => void
  readonly emit: () => void
  readonly stopChild: () => void
  actionExecutor: (action: XAction) => void
}

export interface XImplementations {
  readonly actions: Record<string, XReference>
  readonly guards: Record<string, XReference>
  readonly delays: Record<string, unknown>
  readonly actors: Record<string, unknown>
}

export interface XMachine {
  readonly id: string
  readonly root: XNode
  readonly config: { readonly context?: unknown; readonly id?: string; readonly options?: { readonly maxIterations?: number } }
  readonly implementations: XImplementations
  provide(implementations: object): XMachine
  transition(snapshot: XSnapshot, event: MachineEvent, scope: XScope): XSnapshot
  getInitialSnapshot(scope: XScope, input: unknown): XSnapshot
  resolveState(config: object): XSnapshot
  /** Throws for an id that there is not. */
  getStateNodeById(id: string): XNode
}

/** The machine, or undefined for anything that XState's `createMachine` did not make. */
export function asMachine(value: unknown): XMachine | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const machine = value as Partial<XMachine> & { readonly __xstatenode?: unknown }
  if (machine.__xstatenode !== true || typeof machine.resolveState !== 'function' || typeof machine.provide !== 'function') return undefined
  return machine as XMachine
}

export const isFunction = (value: unknown): value is XFunction => typeof value === 'function'

export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

/** Every node of the machine in document order. */
export function nodesOf(root: XNode): readonly XNode[] {
  return [root, ...Object.values(root.states).flatMap(nodesOf)]
}
