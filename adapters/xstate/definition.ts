// The definition of a machine as canonical JSON: what its hash is over.
//
// D1. Never function source: an inline function is its position, a named one its name.
// D2. Order of keys, and everything that does not change what the machine does (meta, tags, descriptions), leaves it unchanged.
import { sha256Hex } from '../../system/protocol/sha256.ts'
import { effectActionOf } from '../../system/authoring/effects.ts'
import { inlineInvokes } from './tasks.ts'
import { isFunction, nodesOf } from './shapes.ts'
import type { XMachine, XNode, XTransition } from './shapes.ts'
import { actionsOf, transitionsOf } from './places.ts'

export function definitionHash(machine: XMachine, version: number): string {
  return sha256Hex(new TextEncoder().encode(canonicalJson({ version, machine: definitionOf(machine) })))
}

/** Functions of XState that say what an action or guard is, not what the user wrote. */
const MECHANICS = new Set(['resolve', 'execute', 'retryResolve', 'check'])

function definitionOf(machine: XMachine): unknown {
  const { actions, guards, delays, actors } = machine.implementations
  return {
    id: machine.id,
    nodes: nodesOf(machine.root).map(nodeDefinition),
    context: described(machine.config.context),
    actions: described(actions),
    guards: described(guards),
    delays: described(delays),
    actors: Object.keys(actors).sort(),
  }
}

function nodeDefinition(node: XNode): unknown {
  return {
    id: node.id,
    type: node.type,
    history: node.type === 'history' ? { kind: node.history, target: described(node.config.target) } : undefined,
    initial: node.type === 'compound' ? targetsOf(node.initial) : undefined,
    actions: actionsOf(node).map(({ place, actions }) => ({ place, actions: actions.map(described) })),
    transitions: transitionsOf(node).map(({ id, transition }) => ({
      id,
      targets: targetsOf(transition),
      reenter: transition.reenter,
      guard: described(transition.guard),
    })),
    invoke: inlineInvokes(node).map(({ invoke, src }) => ({ id: invoke.id, src: typeof src === 'string' ? src : 'inline', input: described(invoke.input) })),
    output: described(node.output),
  }
}

function targetsOf(transition: XTransition): readonly string[] | undefined {
  return transition.target?.map((node) => node.id)
}

/** A value as written: functions become a word, XState's own actions and guards their options. */
function described(value: unknown): unknown {
  const effect = effectActionOf(value)
  if (effect !== undefined) return described(effect)
  if (isFunction(value)) {
    if (value.resolve === undefined && value.check === undefined) return '(function)'
    return described(Object.fromEntries(Object.entries(value).filter(([key]) => !MECHANICS.has(key))))
  }
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(described)
  if ('transition' in value && 'getInitialSnapshot' in value) return '(logic)'
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, described(each)]))
}

/** JSON with sorted keys; what JSON has no form for stands as a marked text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each ?? null)).join(',')}]`
  if (value instanceof Uint8Array) return `{"$bytes":[${value.join(',')}]}`
  if (value instanceof Date) return `{"$date":${canonicalJson(value.getTime())}}`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`
  }
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : `{"$number":"${Object.is(value, -0) ? '-0' : value}"}`
  if (typeof value === 'bigint') return `{"$bigint":"${value}"}`
  return JSON.stringify(value) ?? 'null'
}
