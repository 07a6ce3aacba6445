// State: where an entity is. What it stores and what it is restored from are the interpreter's, byte for byte (E2).
//
// S1. A state that a step made is never changed. Entities in the same configuration share it; what few entities have stands in a part of its own.
// S2. A kept state is changed by nothing but the next one that is kept in its place.
import type { EngineState, StoredMachine } from '../ports/engine.ts'
import type { Configuration, Configurations } from './configuration.ts'
import { NO_NUMBERS, NO_OTHERS } from './flat.ts'
import type { Flat } from './flat.ts'
import { NO_TASKS, Task } from './moment.ts'
import type { Status, Tasks } from './moment.ts'
import type { Node } from './nodes.ts'
import { NO_HISTORY } from './targets.ts'
import { OTHER } from './shapes.ts'
import type { History } from './targets.ts'

/** What an entity has beside configuration and context. */
export interface Rest {
  readonly history: History
  readonly tasks: Tasks
  readonly status: Status
  readonly output: unknown
}

/** Of nearly all entities. */
export const PLAIN: Rest = { history: NO_HISTORY, tasks: NO_TASKS, status: 'active', output: undefined }

export class State {
  readonly configuration: Configuration
  readonly context: unknown
  readonly rest: Rest

  constructor(configuration: Configuration, context: unknown, rest: Rest) {
    this.configuration = configuration
    this.context = context
    this.rest = rest
  }
}

/** Between turns, with the context laid flat. */
export class Kept implements Flat {
  configuration: Configuration
  rest: Rest
  shape = OTHER
  numbers = NO_NUMBERS
  others = NO_OTHERS

  constructor({ configuration, rest }: State) {
    this.configuration = configuration
    this.rest = rest
  }
}

export const stateOf = (state: EngineState): State | Kept => state as unknown as State | Kept
export const opaque = (state: State | Kept): EngineState => state as unknown as EngineState

export function restOf(history: History, tasks: Tasks, status: Status, output: unknown): Rest {
  return history === NO_HISTORY && tasks === NO_TASKS && status === 'active' ? PLAIN : { history, tasks, status, output }
}

export function storedOf({ configuration, rest }: Pick<State, 'configuration' | 'rest'>, context: unknown): StoredMachine {
  if (rest === PLAIN) return { value: configuration.value, context, status: 'active' }
  const { history, tasks, status, output } = rest
  const remembered = Object.entries(history).map(([id, nodes]) => [id, nodes.map((node) => node.id)] as const)
  const ids = Object.keys(tasks)
  return {
    value: configuration.value,
    context,
    status,
    ...(remembered.length > 0 ? { history: Object.fromEntries(remembered) } : {}),
    ...(output !== undefined ? { output } : {}),
    ...(ids.length > 0 ? { tasks: ids } : {}),
  }
}

/** Undefined when the machine has no such states. */
export function restored(root: Node, byId: ReadonlyMap<string, Node>, configurations: Configurations, stored: StoredMachine): State | undefined {
  const { context, status, output, tasks = [] } = stored
  if (typeof context !== 'object' || context === null) return undefined
  const active = activeNodes(root, stored.value)
  const history = historyOf(stored.history ?? {}, byId)
  if (active === undefined || history === undefined) return undefined
  const configuration = configurations.of(active.sort((a, b) => a.order - b.order))
  if (configuration.isFinal !== (status === 'done')) return undefined
  const running = tasks.length === 0 ? NO_TASKS : Object.fromEntries(tasks.map((id) => [id, new Task(id)]))
  return new State(configuration, context, restOf(history, running, status, output))
}

function historyOf(stored: Readonly<Record<string, readonly string[]>>, byId: ReadonlyMap<string, Node>): History | undefined {
  const remembered: [string, readonly Node[]][] = []
  for (const [id, ids] of Object.entries(stored)) {
    const known = ids.map((each) => byId.get(each)).filter((node) => node !== undefined)
    if (byId.get(id)?.kind !== 'history' || known.length < ids.length) return undefined
    remembered.push([id, known])
  }
  return remembered.length === 0 ? NO_HISTORY : Object.fromEntries(remembered)
}

/** The nodes that `value` makes active; undefined when it is not exactly a value of this node. */
function activeNodes(node: Node, value: unknown): Node[] | undefined {
  if (node.kind === 'history') return undefined
  const keys = node.kind === 'atomic' || node.kind === 'final' ? [] : keysOf(value)
  if (keys.length !== (node.kind === 'parallel' ? node.children.length : node.kind === 'compound' ? 1 : 0)) return undefined
  if (keys.length === 0 && !isEmptyValue(value)) return undefined
  const below: Node[] = []
  for (const key of keys) {
    const child = node.children.find((each) => each.key === key)
    const inner = child && activeNodes(child, typeof value === 'string' ? {} : (value as Record<string, unknown>)[key])
    if (inner === undefined) return undefined
    below.push(...inner)
  }
  return [node, ...below]
}

const isEmptyValue = (value: unknown): boolean => value !== null && typeof value === 'object' && Object.keys(value).length === 0

function keysOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
