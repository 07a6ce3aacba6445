// SCXML: reads the part of it that XState has words for, and makes the same machine of it. Throws for everything else.
import { createMachine, not as xnot, stateIn } from 'xstate'
import { actionsOf, evaluated, paramsOf } from './scxml-actions.ts'
import type { Data, Seen } from './scxml-actions.ts'
import { childrenOf, parsed, scxmlName } from './scxml-text.ts'
import type { Element } from './scxml-text.ts'

export function scxmlMachine(text: string): unknown {
  const root = parsed(text)
  const data: Record<string, unknown> = {}
  for (const { attributes: { id = '', expr }, text: written } of childrenOf(root, 'datamodel').flatMap(({ children }) => children)) data[id] = evaluated(expr ?? (written || 'undefined'), data)
  return createMachine({ id: 'scxml', context: data, ...stateOf(root) } as never)
}

const STATES = ['state', 'parallel', 'final', 'history']

function stateOf(element: Element): object {
  const { name, attributes, children } = element
  const inner = children.filter((child) => STATES.includes(child.name))
  const transitions = childrenOf(element, 'transition')
  const first = childrenOf(element, 'initial')[0]?.children[0]?.attributes['target'] ?? attributes['initial'] ?? inner[0]?.attributes['id']
  if (name === 'history') return { type: 'history', ...idOf(attributes), history: attributes['type'] === 'deep' ? 'deep' : 'shallow', ...(transitions[0] === undefined ? {} : { target: `#${transitions[0].attributes['target']}` }) }
  return {
    ...(name === 'parallel' || name === 'final' ? { type: name } : {}),
    ...idOf(attributes),
    ...(inner.length === 0 ? {} : { states: Object.fromEntries(inner.map((child, at) => [child.attributes['id'] ?? `state${at}`, stateOf(child)])) }),
    ...(inner.length === 0 || name === 'parallel' ? {} : initialOf(element, first, inner)),
    entry: childrenOf(element, 'onentry').flatMap(actionsOf),
    exit: childrenOf(element, 'onexit').flatMap(actionsOf),
    on: onOf(transitions),
    always: transitions.filter(({ attributes: { event } }) => event === undefined).map(transitionOf),
    ...outputOf(childrenOf(element, 'donedata')[0]),
  }
}

const idOf = ({ id }: Element['attributes']): object => (id === undefined ? {} : { id })

/** XState begins in a child; an initial state further down is a transition from a state of its own. */
function initialOf(element: Element, first: string | undefined, inner: readonly Element[]): object {
  const [transition] = childrenOf(element, 'initial').flatMap(({ children }) => children)
  if (inner.some(({ attributes: { id } }) => id === first)) return { initial: transition === undefined ? (first ?? 'state0') : { target: first, actions: actionsOf(transition) } }
  if (first === undefined) return { initial: 'state0' }
  throw new TypeError(`the initial state '${first}' is no child`)
}

function outputOf(donedata: Element | undefined): object {
  if (donedata === undefined) return {}
  return { output: ({ context, event }: Seen) => paramsOf(donedata, context, event) }
}

function onOf(transitions: readonly Element[]): object {
  const on: Record<string, unknown[]> = {}
  for (const transition of transitions) {
    for (const type of transition.attributes['event']?.trim().split(/\s+/) ?? []) (on[descriptorOf(type)] ??= []).push(transitionOf(transition))
  }
  return on
}

/** XState calls the end of a state otherwise. */
function descriptorOf(type: string): string {
  const [, id] = /^done\.state\.(.*)$/.exec(type) ?? []
  return id === undefined ? type : `xstate.done.state.${id === '*' ? id : scxmlName(id)}`
}

function transitionOf(element: Element): object {
  const { target, cond, type } = element.attributes
  return {
    ...(target === undefined ? {} : { target: target.trim().split(/\s+/).map((id) => `#${id}`), reenter: type !== 'internal' }),
    ...(cond === undefined ? {} : { guard: guardOf(cond) }),
    actions: actionsOf(element),
  }
}

function guardOf(cond: string): unknown {
  const [, not, id] = /^(!?)In\('(\w+)'\)$/.exec(cond) ?? []
  if (id === undefined) return ({ context, event }: { readonly context: Data; readonly event: Seen['event'] }) => Boolean(evaluated(cond, context, event))
  return not === '!' ? xnot(stateIn(`#${id}`)) : stateIn(`#${id}`)
}

