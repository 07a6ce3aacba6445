// Oracle step: one event through a machine by XState's own public `transition`, and what it asks for.
//
// Owns: nothing of statelog's engine. A snapshot is put into document order between events, because a state that was stored has no other.
import { getMicrosteps, initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { FailureClass } from '../../../system/protocol/failures.ts'
import { Fault } from './machine-build.ts'
import type { Asked } from './machine-build.ts'
import type { NodeSpec } from './spec.ts'

export type Wanted =
  | Asked
  | { readonly kind: 'emit'; readonly event: MachineEvent }
  | { readonly kind: 'schedule'; readonly timer: string; readonly delayMs: number; readonly event: MachineEvent }
  | { readonly kind: 'cancel'; readonly timer: string }
  | { readonly kind: 'task'; readonly task: string; readonly src: string; readonly input: unknown }
  | { readonly kind: 'stopTask'; readonly task: string }
  | { readonly kind: 'log'; readonly value: unknown }
  | { readonly kind: 'raise' }

export interface Stepped {
  readonly snapshot: AnyMachineSnapshot
  readonly wanted: readonly Wanted[]
}

interface Action {
  readonly type: string
  readonly params: unknown
}

export class OracleMachine {
  readonly #machine: AnyStateMachine
  /** Ids of all nodes in document order. */
  readonly #order = new Map<string, number>()
  #mayBreak = false
  /** Told of every step: what kinds of states and moves a run met. */
  readonly onStep: ((event: string, before: AnyMachineSnapshot, after: AnyMachineSnapshot) => void) | undefined

  constructor(machine: AnyStateMachine, root: NodeSpec, onStep?: OracleMachine['onStep']) {
    this.#machine = machine
    this.onStep = onStep
    const visit = (node: NodeSpec): void => {
      this.#order.set(node.id, this.#order.size)
      if (node.kind === 'parallel') this.#mayBreak = true
      for (const child of node.children) visit(child)
    }
    visit(root)
  }

  initial(input: unknown): Stepped | FailureClass {
    try {
      const [snapshot, actions] = initialTransition(this.#machine, input as never)
      if (snapshot.status === 'error') return classOf(snapshot.error)
      return this.#toTheEnd(snapshot as AnyMachineSnapshot, actions as readonly Action[])
    } catch (error) {
      return classOf(error)
    }
  }

  step(before: AnyMachineSnapshot, event: MachineEvent): Stepped | FailureClass {
    if (before.status !== 'active') return { snapshot: before, wanted: [] }
    try {
      const [snapshot, actions] = this.#transition(withoutFinished(before, event.type), event)
      this.onStep?.(event.type, before, snapshot as AnyMachineSnapshot)
      return this.#toTheEnd(snapshot as AnyMachineSnapshot, actions as readonly Action[])
    } catch (error) {
      return classOf(error)
    }
  }

  /** The form in which the machine stands in a stored entity. */
  stored(snapshot: AnyMachineSnapshot): object {
    const history = Object.entries(snapshot.historyValue as Record<string, readonly { id: string }[]>).map(([id, nodes]) => [id, this.#sorted(nodes.map((node) => node.id))] as const)
    const tasks = Object.keys(snapshot.children)
    return {
      value: this.#ordered(snapshot.value), context: snapshot.context, status: snapshot.status,
      ...(history.length > 0 ? { history: Object.fromEntries(history) } : {}),
      ...(snapshot.status === 'active' && tasks.length > 0 ? { tasks } : {}),
    }
  }

  /** Events of the machine to itself follow, each as a step of its own. */
  #toTheEnd(first: AnyMachineSnapshot, actions: readonly Action[]): Stepped {
    const wanted: Wanted[] = []
    const selves: MachineEvent[] = []
    let snapshot = this.#settled(first)
    read(actions, wanted, selves)
    for (let event = selves.shift(); event !== undefined && snapshot.status === 'active'; event = selves.shift()) {
      const [next, more] = this.#transition(snapshot, event)
      this.onStep?.(event.type, snapshot, next as AnyMachineSnapshot)
      read(more as readonly Action[], wanted, selves)
      snapshot = this.#settled(next as AnyMachineSnapshot)
    }
    return { snapshot, wanted }
  }

  /** XState makes of some transitions states that are none: with two children of a compound node, or without their parents. Such a step must fail. */
  #transition(before: AnyMachineSnapshot, event: MachineEvent): readonly [AnyMachineSnapshot, readonly unknown[]] {
    if (this.#mayBreak && !getMicrosteps(this.#machine, before, event as never).every(([snapshot]) => isWhole(snapshot as AnyMachineSnapshot))) throw new Fault('action')
    const [snapshot, actions] = transition(this.#machine, before, event as never)
    return [snapshot as AnyMachineSnapshot, actions]
  }

  #settled(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
    if (snapshot.status !== 'active') return snapshot
    const value = this.#ordered(snapshot.value)
    if (JSON.stringify(value) === JSON.stringify(snapshot.value)) return snapshot
    const { context, historyValue } = snapshot
    const settled = this.#machine.resolveState({ value: value as never, context, historyValue, status: 'active' } as never) as AnyMachineSnapshot
    Object.assign(settled, { children: snapshot.children })
    return settled
  }

  #ordered(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(this.#sorted(Object.keys(value)).map((key) => [key, this.#ordered((value as Record<string, unknown>)[key])]))
  }

  #sorted(ids: readonly string[]): string[] {
    return [...ids].sort((a, b) => (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0))
  }
}

interface Node {
  readonly type: string
  readonly parent?: Node
  readonly states: Readonly<Record<string, Node>>
}

/** One active child of each compound node, all of each parallel one. */
function isWhole(snapshot: AnyMachineSnapshot): boolean {
  const nodes = (snapshot as unknown as { readonly _nodes: readonly Node[] })._nodes
  return nodes.every((node) => {
    if (node.parent !== undefined && !nodes.includes(node.parent)) return false
    const children = nodes.filter((each) => each.parent === node).length
    if (node.type === 'parallel') return children === Object.values(node.states).filter(({ type }) => type !== 'history').length
    return children === (node.type === 'compound' ? 1 : 0)
  })
}

/** A task whose result has come does not run any more. */
function withoutFinished(snapshot: AnyMachineSnapshot, type: string): AnyMachineSnapshot {
  const task = /^xstate\.(?:done|error)\.actor\.(.*)$/.exec(type)?.[1]
  if (task === undefined || !Object.hasOwn(snapshot.children, task)) return snapshot
  const children = Object.fromEntries(Object.entries(snapshot.children).filter(([id]) => id !== task))
  return { ...snapshot, children } as AnyMachineSnapshot
}

function classOf(error: unknown): FailureClass {
  if (error instanceof Fault) return error.class
  if (error instanceof Error && error.message.startsWith('Unable to evaluate guard')) return 'guard'
  throw error
}

interface Params {
  readonly event: EventObject
  readonly delay?: number
  readonly id?: string
  readonly sendId: string
  readonly value: unknown
  readonly src: string
  readonly input: unknown
}

function read(actions: readonly Action[], wanted: Wanted[], selves: MachineEvent[]): void {
  for (const action of actions) {
    const params = action.params as Params
    const event = params?.event as MachineEvent
    switch (action.type) {
      case 'asks': wanted.push(action.params as Asked); break
      case 'xstate.emit': wanted.push({ kind: 'emit', event }); break
      case 'xstate.raise':
      case 'xstate.sendTo':
        if (params.delay !== undefined) wanted.push({ kind: 'schedule', timer: params.id ?? `raise.${event.type}`, delayMs: params.delay, event })
        else if (action.type === 'xstate.sendTo') selves.push(event)
        else wanted.push({ kind: 'raise' })
        break
      case 'xstate.cancel': wanted.push({ kind: 'cancel', timer: params.sendId }); break
      case 'xstate.log': wanted.push({ kind: 'log', value: params.value }); break
      case 'xstate.spawnChild': wanted.push({ kind: 'task', task: params.id ?? '', src: params.src, input: params.input }); break
      case 'xstate.stopChild': if (params !== undefined) wanted.push({ kind: 'stopTask', task: params.id ?? '' }); break
      default: throw new TypeError(`the oracle does not know the action '${action.type}'`)
    }
  }
}
