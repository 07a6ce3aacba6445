// Features: what a step of a random machine met, by the transitions it took, the functions it called and where it stood.
import { transitionsOf } from '../../../adapters/xstate/places.ts'
import { nodesOf } from '../../../adapters/xstate/shapes.ts'
import type { XMachine, XNode, XTransition } from '../../../adapters/xstate/shapes.ts'

/** What a step may meet; each must be met by its share of all steps. Of input, tags and meta: a machine that has it, active states that have them. */
export const FEATURES = [
  'exact', 'partial wildcard', 'wildcard', 'always', 'after', 'done compound', 'done parallel', 'task done', 'task error', 'second candidate', 'forbidden',
  'targetless', 'inward', 'self', 'self reentered', 'reenter', 'outward', 'into another region', 'several targets', 'several transitions', 'microsteps', 'one region of several',
  'shallow history', 'deep history', 'history without default', 'history with default', 'history to history',
  'guard function', 'guard named', 'guard params', 'guard and', 'guard or', 'guard not', 'guard in', 'guard params constant', 'guard params function', 'guard params method',
  'action params constant', 'action params function', 'action params method', 'assign object', 'assign function', 'assign with params',
  'raise', 'raise delayed', 'raise with params', 'send', 'send delayed', 'send to nobody', 'send to others', 'delay named', 'delay function', 'cancel', 'cancel function', 'stopChild function',
  'enqueue', 'check', 'enqueue nested', 'enqueue with params', 'spawn', 'task', 'stopTask', 'emit', 'emit with params', 'tell', 'infer', 'lookup', 'reply', 'log',
  'final output', 'output used', 'done', 'error', 'input', 'tags', 'meta', 'failed', 'thrown in guard', 'thrown in params', 'thrown in assign', 'thrown in action', 'thrown in output',
] as const

/** Transition id -> what taking it means. */
export function featuresOf({ root }: XMachine): ReadonlyMap<string, readonly string[]> {
  return new Map(nodesOf(root).flatMap((node) => transitionsOf(node).map(({ id, descriptor, transition }) => [id, [...ofDescriptor(node, descriptor), ...ofTransition(node, transition), ...ofGuard(transition.guard), ...(id.endsWith(':1') ? ['second candidate'] : [])]] as const)))
}

/** Path of a state -> what an active state there has. */
export function wordsOf({ root }: XMachine): ReadonlyMap<string, readonly string[]> {
  return new Map(nodesOf(root).map((node) => {
    const line = [node, ...ancestorsOf(node)]
    return [node.path.join('.'), [...(line.some(({ config }) => 'tags' in config) ? ['tags'] : []), ...(line.some(({ config }) => 'meta' in config) ? ['meta'] : [])]] as const
  }))
}

function ofDescriptor(node: XNode, descriptor: string): readonly string[] {
  if (descriptor === 'always') return ['always']
  if (descriptor.startsWith('xstate.after.')) return ['after']
  if (descriptor.startsWith('xstate.done.state.')) return [`done ${node.type}`]
  if (descriptor.startsWith('xstate.done.actor.')) return ['task done']
  if (descriptor.startsWith('xstate.error.actor.')) return ['task error']
  return [descriptor === '*' ? 'wildcard' : descriptor.endsWith('.*') ? 'partial wildcard' : 'exact']
}

function ofTransition(node: XNode, { target, reenter, actions }: XTransition): readonly string[] {
  if (target === undefined || target.length === 0) return ['targetless', ...(actions.length === 0 ? ['forbidden'] : [])]
  const isInward = target.every((each) => each === node || ancestorsOf(each).includes(node))
  const self = target.length === 1 && target[0] === node ? [reenter ? 'self reentered' : 'self'] : []
  return [
    ...self, ...target.flatMap(ofHistory), isInward ? 'inward' : 'outward', ...(reenter ? ['reenter'] : []), ...(target.length > 1 ? ['several targets'] : []),
    ...(target.some((each) => !isInward && regionOf(each, node) !== undefined) ? ['into another region'] : []),
  ]
}

function ofHistory({ type, history, parent, config }: XNode): readonly string[] {
  if (type !== 'history') return []
  const target = (config as { readonly target?: unknown }).target
  const other = typeof target === 'string' ? parent?.states[target] : undefined
  return [`${String(history)} history`, target === undefined ? 'history without default' : other?.type === 'history' ? 'history to history' : 'history with default']
}

/** By what stands in it: combined guards call nothing of their own. */
function ofGuard(guard: unknown): readonly string[] {
  if (guard === 'isBoth') return ['guard and']
  if (guard === 'isNeither') return ['guard not', 'guard or']
  if (typeof guard !== 'function') return []
  const { guards = [] } = guard as { readonly guards?: readonly unknown[] }
  return [...('check' in guard ? [guard.name === 'stateIn' ? 'guard in' : `guard ${guard.name}`] : []), ...guards.flatMap(ofGuard)]
}

/** The region of a parallel state that `node` is in and `source`, in another region of it, is not. */
function regionOf(node: XNode, source: XNode): XNode | undefined {
  const [line, others] = [[node, ...ancestorsOf(node)], [source, ...ancestorsOf(source)]]
  return line.find((each) => each.parent?.type === 'parallel' && !others.includes(each) && others.some((other) => other.parent === each.parent))
}

function ancestorsOf(node: XNode): readonly XNode[] {
  return node.parent === undefined ? [] : [node.parent, ...ancestorsOf(node.parent)]
}
