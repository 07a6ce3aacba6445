// Places: where in a machine something stands, in words a user finds again in the source: `card.blocked.after.coolingOff`.
import type { OutlineTrigger } from '../../system/ports/outline.ts'
import { listOf } from './shapes.ts'
import type { XMachine, XNode, XReference, XTransition } from './shapes.ts'

/** The default id of a machine without one; it is left out of places. */
const UNNAMED = '(machine)'
const SNAPSHOT = 'xstate.snapshot.'

export interface PlacedTransition {
  readonly place: string
  /** Stable id: source state, descriptor, position among those with the same descriptor. */
  readonly id: string
  readonly descriptor: string
  /** The same in words of its own, without the state's id in it. */
  readonly trigger: OutlineTrigger
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
  const add = (trigger: OutlineTrigger, descriptor: string, transitions: readonly XTransition[]): void => {
    const words = wordsOf(trigger)
    transitions.forEach((transition, index) => {
      const position = transitions.length > 1 ? `[${index}]` : ''
      placed.push({ place: `${nodePlace(node)}.${words}${position}`, id: `${node.id}:${descriptor}:${index}`, descriptor, trigger, transition })
    })
  }
  for (const [descriptor, transitions] of node.transitions) add(triggerOf(node, descriptor), descriptor, transitions)
  add({ kind: 'always' }, 'always', node.always ?? [])
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

function triggerOf(node: XNode, descriptor: string): OutlineTrigger {
  if (node.config.on !== undefined && Object.hasOwn(node.config.on, descriptor)) return { kind: 'event', descriptor }
  if (descriptor === `xstate.done.state.${node.id}`) return { kind: 'done' }
  const after = `.${node.id}`
  if (descriptor.startsWith('xstate.after.') && descriptor.endsWith(after)) return { kind: 'after', delay: descriptor.slice('xstate.after.'.length, -after.length) }
  for (const { id } of node.invoke) {
    if (descriptor === `xstate.done.actor.${id}`) return { kind: 'taskDone', task: id }
    if (descriptor === `xstate.error.actor.${id}`) return { kind: 'taskError', task: id }
  }
  return { kind: 'event', descriptor }
}

function wordsOf(trigger: OutlineTrigger): string {
  switch (trigger.kind) {
    case 'event': return trigger.descriptor.startsWith(SNAPSHOT) ? `invoke.${trigger.descriptor.slice(SNAPSHOT.length)}.onSnapshot` : `on.${trigger.descriptor}`
    case 'after': return `after.${trigger.delay}`
    case 'always': return 'always'
    case 'done': return 'onDone'
    case 'taskDone': return `invoke.${trigger.task}.onDone`
    case 'taskError': return `invoke.${trigger.task}.onError`
  }
}

function rootOf(node: XNode): XNode {
  return node.parent === undefined ? node : rootOf(node.parent)
}
