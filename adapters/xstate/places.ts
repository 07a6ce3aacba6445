// Places: where in a machine something stands, in words a user finds again in the source: `card.blocked.after.coolingOff`.
import { listOf } from './shapes.ts'
import type { XMachine, XNode, XReference, XTransition } from './shapes.ts'

/** The default id of a machine without one; it is left out of places. */
const UNNAMED = '(machine)'

export interface PlacedTransition {
  readonly place: string
  /** Stable id: source state, descriptor, position among those with the same descriptor. */
  readonly id: string
  readonly descriptor: string
  readonly transition: XTransition
}

export interface PlacedActions {
  readonly place: string
  readonly actions: readonly XReference[]
}

export function nodePlace(node: XNode): string {
  const root = rootOf(node)
  const path = root.id === UNNAMED ? node.path : [root.id, ...node.path]
  return path.length === 0 ? 'machine' : path.join('.')
}

/** All transitions of a node: on, after, onDone, those of its invokes, and always. */
export function transitionsOf(node: XNode): readonly PlacedTransition[] {
  const placed: PlacedTransition[] = []
  const add = (words: string, descriptor: string, transitions: readonly XTransition[]): void => {
    transitions.forEach((transition, index) => {
      const position = transitions.length > 1 ? `[${index}]` : ''
      placed.push({ place: `${nodePlace(node)}.${words}${position}`, id: `${node.id}:${descriptor}:${index}`, descriptor, transition })
    })
  }
  for (const [descriptor, transitions] of node.transitions) add(wordsOf(node, descriptor), descriptor, transitions)
  add('always', 'always', node.always ?? [])
  return placed
}

/** All lists of actions of a node, as the user wrote them. */
export function actionsOf(node: XNode): readonly PlacedActions[] {
  const place = nodePlace(node)
  const placed: PlacedActions[] = [
    { place: `${place}.entry`, actions: listOf(node.config.entry) },
    { place: `${place}.exit`, actions: listOf(node.config.exit) },
  ]
  if (node.type === 'compound') placed.push({ place: `${place}.initial`, actions: node.initial.actions })
  for (const { place: at, transition } of transitionsOf(node)) placed.push({ place: at, actions: transition.actions })
  return placed.filter((each) => each.actions.length > 0)
}

/** What a guard or action is called in a message. */
export function nameOf(reference: XReference): string {
  if (typeof reference === 'string') return reference
  if (typeof reference === 'object') return reference.type
  return reference.type ?? (reference.name || '(anonymous)')
}

export function machinePlace(machine: XMachine, words: string): string {
  return `${nodePlace(machine.root)}.${words}`
}

function wordsOf(node: XNode, descriptor: string): string {
  if (node.config.on !== undefined && Object.hasOwn(node.config.on, descriptor)) return `on.${descriptor}`
  if (descriptor === `xstate.done.state.${node.id}`) return 'onDone'
  const after = `.${node.id}`
  if (descriptor.startsWith('xstate.after.') && descriptor.endsWith(after)) return `after.${descriptor.slice('xstate.after.'.length, -after.length)}`
  for (const { id } of node.invoke) {
    if (descriptor === `xstate.done.actor.${id}`) return `invoke.${id}.onDone`
    if (descriptor === `xstate.error.actor.${id}`) return `invoke.${id}.onError`
    if (descriptor === `xstate.snapshot.${id}`) return `invoke.${id}.onSnapshot`
  }
  return `on.${descriptor}`
}

function rootOf(node: XNode): XNode {
  return node.parent === undefined ? node : rootOf(node.parent)
}
