// SCXML: reads the part of it that XState has words for, and makes the same machine of it. Throws for everything else.
import { assign, createMachine, log, not as xnot, raise, stateIn } from 'xstate'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
}

type Data = Readonly<Record<string, unknown>>

export function scxmlMachine(text: string): unknown {
  const root = parsed(text)
  const data = Object.fromEntries(root.children.filter(({ name }) => name === 'datamodel').flatMap(({ children }) => children).map(({ attributes: { id = '', expr = 'undefined' } }) => [id, evaluated(expr, {})]))
  return createMachine({ id: 'scxml', context: data, ...stateOf(root) } as never)
}

const NAMES = ['id', 'target', 'initial']

/** Names of states as they are here: a dot would be a path. */
export const scxmlName = (id: string): string => id.replaceAll('.', '_')

/** Of text without comments, whose attributes are in double quotes. */
function parsed(text: string): Element {
  const stack: { readonly name: string; readonly attributes: Readonly<Record<string, string>>; readonly children: Element[] }[] = [{ name: '', attributes: {}, children: [] }]
  for (const [, close = '', name = '', written = '', alone = ''] of text.matchAll(/<(\/?)([\w:]+)((?:\s+[\w:]+\s*=\s*"[^"]*")*)\s*(\/?)>/g)) {
    if (close === '/') stack.pop()
    else {
      const element = { name, attributes: Object.fromEntries([...written.matchAll(/([\w:]+)\s*=\s*"([^"]*)"/g)].map(([, key = '', value = '']) => [key, NAMES.includes(key) ? scxmlName(value) : value.replaceAll('&lt;', '<').replaceAll('&amp;', '&')])), children: [] }
      stack.at(-1)?.children.push(element)
      if (alone !== '/') stack.push(element)
    }
  }
  return stack[0]?.children[0] as Element
}

const STATES = ['state', 'parallel', 'final', 'history']

function stateOf({ name, attributes, children }: Element): object {
  const inner = children.filter((child) => STATES.includes(child.name))
  const transitions = children.filter((child) => child.name === 'transition')
  const first = children.find((child) => child.name === 'initial')?.children[0]?.attributes['target'] ?? attributes['initial'] ?? inner[0]?.attributes['id']
  if (name === 'history') return { type: 'history', ...idOf(attributes), history: attributes['type'] === 'deep' ? 'deep' : 'shallow', ...(transitions[0] === undefined ? {} : { target: `#${transitions[0].attributes['target']}` }) }
  return {
    ...(name === 'parallel' || name === 'final' ? { type: name } : {}),
    ...idOf(attributes),
    ...(inner.length === 0 ? {} : { states: Object.fromEntries(inner.map((child, at) => [child.attributes['id'] ?? `state${at}`, stateOf(child)])) }),
    ...(inner.length === 0 || name === 'parallel' ? {} : initialOf(first, inner)),
    entry: children.filter((child) => child.name === 'onentry').flatMap(actionsOf),
    exit: children.filter((child) => child.name === 'onexit').flatMap(actionsOf),
    on: onOf(transitions),
    always: transitions.filter(({ attributes: { event } }) => event === undefined).map(transitionOf),
  }
}

const idOf = ({ id }: Element['attributes']): object => (id === undefined ? {} : { id })

/** XState begins in a child; an initial state further down is a transition from a state of its own. */
function initialOf(first: string | undefined, inner: readonly Element[]): object {
  if (inner.some(({ attributes: { id } }) => id === first)) return { initial: first ?? 'state0' }
  if (first === undefined) return { initial: 'state0' }
  throw new TypeError(`the initial state '${first}' is no child`)
}

function onOf(transitions: readonly Element[]): object {
  const on: Record<string, unknown[]> = {}
  for (const transition of transitions) {
    for (const type of transition.attributes['event']?.split(' ') ?? []) (on[type] ??= []).push(transitionOf(transition))
  }
  return on
}

function transitionOf(element: Element): object {
  const { target, cond, type } = element.attributes
  return {
    ...(target === undefined ? {} : { target: target.split(' ').map((id) => `#${id}`), reenter: type !== 'internal' }),
    ...(cond === undefined ? {} : { guard: guardOf(cond) }),
    actions: actionsOf(element),
  }
}

function guardOf(cond: string): unknown {
  const [, not, id] = /^(!?)In\('(\w+)'\)$/.exec(cond) ?? []
  if (id === undefined) return ({ context }: { readonly context: Data }) => evaluated(cond, context) === true
  return not === '!' ? xnot(stateIn(`#${id}`)) : stateIn(`#${id}`)
}

function actionsOf({ children }: Element): readonly unknown[] {
  return children.map(({ name, attributes: { event = '', location = '', expr = 'undefined', label } }) => {
    if (name === 'raise') return raise({ type: event } as never)
    if (name === 'assign') return assign({ [location]: ({ context }: { readonly context: Data }) => evaluated(expr, context) } as never)
    if (name === 'log') return log((({ context }: { readonly context: Data }) => evaluated(expr, context)) as never, label)
    throw new TypeError(`<${name}> is not read`)
  })
}

function evaluated(expression: string, data: Data): unknown {
  return new Function(...Object.keys(data), `return (${expression})`)(...Object.values(data))
}
