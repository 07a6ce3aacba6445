// Outline: reads an XState machine as names. Takes whatever was prepared, also what the compiler leaves to the interpreter.
import type { Outline, OutlineState, OutlineTransition } from '../../system/ports/outline.ts'
import { nodeById } from './chart-guards.ts'
import { actionName, guardName } from './outline-names.ts'
import { transitionsOf } from './places.ts'
import type { PlacedTransition } from './places.ts'
import { listOf, nodesOf } from './shapes.ts'
import type { XMachine, XNode, XReference } from './shapes.ts'
import { inlineInvokes } from './tasks.ts'

export function outlineOf(machine: XMachine): Outline {
  const nodes = nodesOf(machine.root)
  const orders = new Map(nodes.map((node, order) => [node, order]))
  const orderOf = (node: XNode): readonly number[] => {
    const order = orders.get(node)
    return order === undefined ? [] : [order]
  }
  return {
    id: machine.id,
    ...described(machine.root),
    states: nodes.map((node) => stateOf(machine, node, orderOf)),
    transitions: nodes.flatMap((node) => transitionsOf(node).map((placed) => transitionOf(machine, placed, orderOf))),
  }
}

type OrderOf = (node: XNode) => readonly number[]

function stateOf(machine: XMachine, node: XNode, orderOf: OrderOf): OutlineState {
  const { id, key, path, type: kind, parent } = node
  const [order] = parent === undefined ? [] : orderOf(parent)
  const [first] = kind === 'compound' ? node.initial.target ?? [] : []
  const [target] = first === undefined ? [] : orderOf(first)
  return {
    id, key, path, kind,
    ...(order === undefined ? {} : { parent: order }),
    ...(target === undefined ? {} : { initial: { target, actions: node.initial.actions.map(actionName) } }),
    ...(kind === 'history' ? { history: { isDeep: node.history === 'deep', targets: defaultsOf(machine, node).flatMap(orderOf) } } : {}),
    entry: actionsOf(node.config.entry),
    exit: actionsOf(node.config.exit),
    tasks: inlineInvokes(node).map(({ invoke, src }) => ({ id: invoke.id, src: typeof src === 'string' ? src : 'inline' })),
    tags: listOf(node.config.tags as string | readonly string[] | undefined).map(String),
    ...described(node),
  }
}

function transitionOf(machine: XMachine, { id, trigger, transition }: PlacedTransition, orderOf: OrderOf): OutlineTransition {
  const { source, target = [], reenter, guard, actions } = transition
  const [order = 0] = orderOf(source)
  return {
    id, source: order, targets: target.flatMap(orderOf), reenter,
    trigger: trigger.kind === 'after' ? { ...trigger, ...delayOf(machine, trigger.delay) } : trigger,
    ...(guard === undefined ? {} : { guard: guardName(guard) }),
    actions: actions.map(actionName),
    ...described(transition),
  }
}

/** Delays of setup that are numbers, and numbers. */
function delayOf({ implementations: { delays } }: XMachine, delay: string): { readonly ms?: number } {
  const value = Number.isNaN(Number(delay)) ? (Object.hasOwn(delays, delay) ? delays[delay] : undefined) : Number(delay)
  return typeof value === 'number' && Number.isFinite(value) ? { ms: value } : {}
}

/** Where a history state leads with nothing to remember, as written: `#id`, or keys below its parent. */
function defaultsOf(machine: XMachine, node: XNode): readonly XNode[] {
  return listOf(node.config.target).flatMap((target) => {
    if (typeof target !== 'string') return []
    const found = target.startsWith('#') ? nodeById(machine, target) : target.split('.').reduce<XNode | undefined>((at, key) => at?.states[key], node.parent)
    return found === undefined ? [] : [found]
  })
}

function actionsOf(written: XReference | readonly XReference[] | undefined): OutlineState['entry'] {
  return listOf(written).map(actionName)
}

function described(written: object): { readonly description?: string } {
  const description = 'description' in written ? written.description : undefined
  return typeof description === 'string' ? { description } : {}
}
