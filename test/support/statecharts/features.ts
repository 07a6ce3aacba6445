// Features: what a step of a random machine met, by the transitions it took and the functions it called.
import { transitionsOf } from '../../../adapters/xstate/places.ts'
import { asMachine, nodesOf } from '../../../adapters/xstate/shapes.ts'
import type { XMachine, XNode, XTransition } from '../../../adapters/xstate/shapes.ts'

/** What a step may meet; each must be met by its share of all steps. */
export const FEATURES = [
  'exact', 'partial wildcard', 'wildcard', 'always', 'after', 'done compound', 'done parallel', 'task done', 'task error', 'second candidate',
  'targetless', 'inward', 'reenter', 'outward', 'several targets', 'shallow history', 'deep history', 'several transitions', 'microsteps',
  'guard function', 'guard named', 'guard params', 'guard and', 'guard or', 'guard not', 'guard in', 'params function', 'action params',
  'assign object', 'assign function', 'raise', 'raise delayed', 'send', 'send delayed', 'delay named', 'delay function', 'cancel', 'stopChild', 'enqueue', 'spawn', 'task', 'stopTask',
  'emit', 'tell', 'infer', 'lookup', 'reply', 'log', 'final output',
] as const

/** Transition id -> what taking it means. */
export function featuresOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  const machine = asMachine(value) as XMachine
  return new Map(nodesOf(machine.root).flatMap((node) => transitionsOf(node).map(({ id, descriptor, transition }) => [id, [...ofDescriptor(node, descriptor), ...ofTransition(node, transition), ...ofGuard(transition.guard), ...(id.endsWith(':1') ? ['second candidate'] : [])]] as const)))
}

function ofDescriptor(node: XNode, descriptor: string): readonly string[] {
  if (descriptor === 'always') return ['always']
  if (descriptor.startsWith('xstate.after.')) return ['after']
  if (descriptor.startsWith('xstate.done.state.')) return [`done ${node.type}`]
  if (descriptor.startsWith('xstate.done.actor.')) return ['task done']
  if (descriptor.startsWith('xstate.error.actor.')) return ['task error']
  return [descriptor === '*' ? 'wildcard' : descriptor.endsWith('.*') ? 'partial wildcard' : 'exact']
}

function ofTransition(node: XNode, { target, reenter }: XTransition): readonly string[] {
  if (target === undefined) return ['targetless']
  const histories = target.filter(({ type }) => type === 'history').map(({ history }) => `${String(history)} history`)
  const isInward = target.every((each) => each === node || isBelow(each, node))
  return [...histories, isInward ? 'inward' : 'outward', ...(reenter ? ['reenter'] : []), ...(target.length > 1 ? ['several targets'] : [])]
}

/** By what stands in it: combined guards call nothing of their own. */
function ofGuard(guard: unknown): readonly string[] {
  if (guard === 'isBoth') return ['guard and']
  if (typeof guard !== 'function') return []
  const { guards = [] } = guard as { readonly guards?: readonly unknown[] }
  return [...('check' in guard ? [guard.name === 'stateIn' ? 'guard in' : `guard ${guard.name}`] : []), ...guards.flatMap(ofGuard)]
}

function isBelow(node: XNode, ancestor: XNode): boolean {
  return node.parent !== undefined && (node.parent === ancestor || isBelow(node.parent, ancestor))
}
