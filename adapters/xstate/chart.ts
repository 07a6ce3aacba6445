// Chart: reads an XState machine as the plain data that `system/engine` compiles, or says in one line why it is left to the interpreter.
//
// Not covered are definitions that XState takes and hardly anyone writes, where its behaviour hangs on details of its objects: an initial state that is a
// history state, two states with one id, a bound of iterations of its own, a guard that stands for another guard, guards that hold themselves, keys that read
// as ids, parallel states without states, history states with states or with an id that every object has.
import type { Chart, ChartNode, ChartTransition } from '../../system/engine/chart.ts'
import { statePath } from '../../system/engine/guards.ts'
import { readAction } from './chart-actions.ts'
import { nodeById, readGuard } from './chart-guards.ts'
import type { MachineParts } from './parts.ts'
import { nameOf, nodePlace, transitionsOf } from './places.ts'
import type { PlacedTransition } from './places.ts'
import { isFunction, listOf } from './shapes.ts'
import type { XNode, XReference } from './shapes.ts'
import { NotCovered } from './not-covered.ts'

export type ChartResult = { readonly kind: 'chart'; readonly chart: Chart } | { readonly kind: 'uncovered'; readonly reason: string }

export function chartOf(parts: MachineParts): ChartResult {
  try {
    return { kind: 'chart', chart: new Reading(parts).chart() }
  } catch (error) {
    if (error instanceof NotCovered) return { kind: 'uncovered', reason: error.message }
    throw error
  }
}

class Reading {
  readonly #parts: MachineParts
  readonly #orders: ReadonlyMap<XNode, number>

  constructor(parts: MachineParts) {
    this.#parts = parts
    this.#orders = new Map(parts.nodes.map((node, order) => [node, order]))
  }

  chart(): Chart {
    const { machine, nodes, tasks, watch, recorder } = this.#parts
    const { context, options } = machine.config
    if (options?.maxIterations !== undefined) throw new NotCovered('it has a bound of iterations of its own (options.maxIterations)')
    if (new Set(nodes.map(({ id }) => id)).size < nodes.length) throw new NotCovered('two of its states have the same id')
    return {
      nodes: nodes.map((node) => this.#node(node)),
      context: isFunction(context) ? { kind: 'function', of: context as never } : { kind: 'value', value: contextValue(context) },
      delays: machine.implementations.delays,
      self: recorder.scope.self as object,
      system: recorder.scope.system as object,
      watch,
      taskName: (src) => tasks.nameOf(src),
      readAction: (written) => readAction(machine, written),
      readGuard: (written) => this.#guard(written),
    }
  }

  #node(node: XNode): ChartNode {
    const { id, key, path, parent, states, type, output } = node
    refuseOddities(node)
    const initial = type === 'history' ? undefined : this.#initial(node)
    return {
      id, key, path: path.join('.'), place: nodePlace(node), kind: type, output,
      parent: parent && this.#order(parent),
      children: Object.values(states).map((child) => this.#order(child)),
      entry: this.#actions(node.entry),
      exit: this.#actions(node.exit),
      tasks: node.invoke.map(({ id: task, src, input }) => ({ id: task, src, input })),
      initial,
      ...this.#transitions(node),
      history: type === 'history' ? this.#history(node) : undefined,
    }
  }

  #order(node: XNode): number {
    const order = this.#orders.get(node)
    if (order === undefined) throw new NotCovered(`${nodePlace(node)} is no state of this machine`)
    return order
  }

  #initial(node: XNode): ChartNode['initial'] {
    if (node.type !== 'compound') {
      if (node.config.initial !== undefined) throw new NotCovered(`${nodePlace(node)} has an initial state and is not compound`)
      return undefined
    }
    const [target] = node.initial.target ?? []
    if (target === undefined || target.type === 'history') throw new NotCovered(`the initial state of ${nodePlace(node)} is a history state`)
    return { node: this.#order(target), actions: this.#actions(node.initial.actions) }
  }

  #transitions(node: XNode): Pick<ChartNode, 'transitions' | 'always'> {
    const transitions = new Map<string, ChartTransition[]>()
    const always: ChartTransition[] = []
    for (const [descriptor] of node.transitions) transitions.set(descriptor, [])
    for (const placed of transitionsOf(node)) {
      const { descriptor, transition } = placed
      const isAlways = node.always?.includes(transition) === true
      ;(isAlways ? always : (transitions.get(descriptor) ?? [])).push(this.#transition(placed))
    }
    return { transitions, always }
  }

  #transition({ id, place, transition: { target, reenter, guard, actions } }: PlacedTransition): ChartTransition {
    return {
      id, reenter,
      targets: target?.map((node) => this.#order(node)),
      guard: guard === undefined ? undefined : this.#guardOf(place, guard),
      guardName: guard === undefined || isFunction(guard) ? undefined : nameOf(guard),
      actions: this.#actions(actions),
    }
  }

  #history(node: XNode): ChartNode['history'] {
    const parent = node.parent as XNode
    const targets = listOf(node.config.target as string | readonly string[] | undefined)
    const isDeep = node.history === 'deep'
    if (targets.length > 0) return { isDeep, defaults: targets.map((target) => this.#order(this.#targetOf(parent, target))), isInitialOfParent: false }
    if (parent.type === 'parallel') return { isDeep, defaults: [this.#order(parent)], isInitialOfParent: false }
    return { isDeep, defaults: (parent.initial.target ?? []).map((each) => this.#order(each)), isInitialOfParent: true }
  }

  /** A default of a history state: `#id`, or keys below its parent. */
  #targetOf(parent: XNode, target: unknown): XNode {
    if (typeof target !== 'string' || target === '') throw new NotCovered(`a history state of ${nodePlace(parent)} has a target that is no text`)
    const found = target.startsWith('#') ? nodeById(this.#parts.machine, target) : statePath(target).reduce<XNode | undefined>((node, key) => node?.states[key], parent)
    if (found === undefined) throw new NotCovered(`a history state of ${nodePlace(parent)} has the target '${target}', which is no state below it and no id`)
    return found
  }

  #actions(actions: readonly XReference[]): ChartNode['entry'] {
    return actions.map((action) => readAction(this.#parts.machine, action))
  }

  #guardOf(place: string, guard: XReference): NonNullable<ChartTransition['guard']> {
    const read = this.#guard(guard)
    if (read === undefined) throw new NotCovered(`the guard of ${place} stands for another, holds itself, or names a state that there is not`)
    return read
  }

  #guard(written: unknown): ChartTransition['guard'] {
    return readGuard(this.#parts.machine, (node) => this.#orders.get(node), written)
  }
}

/** What XState looks up in its own objects, and finds something else. */
function refuseOddities(node: XNode): void {
  const { id, key, type, parent, states } = node
  const place = nodePlace(node)
  const hasStates = Object.keys(states).length > 0
  if (key === '' || key === '__proto__' || key.startsWith('#')) throw new NotCovered(`${place} has a state called '${key}'`)
  if (type === 'parallel' && Object.values(states).every((child) => child.type === 'history')) throw new NotCovered(`${place} is parallel and has no states`)
  if (type !== 'history') return
  if (parent === undefined) throw new NotCovered(`${place} is a history state without a parent`)
  if (hasStates) throw new NotCovered(`the history state ${place} has states`)
  if (id in {}) throw new NotCovered(`the history state ${place} has an id that every object has`)
}

function contextValue(context: unknown): unknown {
  if (context === undefined || context === null) return {}
  if (typeof context !== 'object') throw new NotCovered('its context is no object')
  return context
}

