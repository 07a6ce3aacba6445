// Definition: a statechart as JSON in the form of a machine of XState, for tools that read those. Names only: guards, actions and delays are called what a diagram calls them.
//
// X1. XState makes the same states and transitions of it as of the machine that it was read from.
// X2. States are named by their paths from the root: ids are the user's, and need not be unique.
import type { Outline, OutlineAction, OutlineState, OutlineTransition } from '../ports/outline.ts'
import { actionText } from './words.ts'

type Json = Readonly<Record<string, unknown>>

/** The JSON of `createMachine`'s argument. */
export function definitionOf(outline: Outline): string {
  const { id, description, states } = outline
  return JSON.stringify({ id, ...described(description), ...(states[0] === undefined ? {} : stateOf(outline, states[0], 0)) })
}

function stateOf(outline: Outline, { kind, initial, history, entry, exit, tasks, tags, description }: OutlineState, at: number): Json {
  const children = outline.states.map((child, place) => ({ child, place })).filter(({ child }) => child.parent === at)
  const own = outline.transitions.filter(({ source }) => source === at)
  return {
    ...(kind === 'atomic' || kind === 'compound' ? {} : { type: kind }),
    ...described(description), ...some('tags', tags), ...some('entry', entry.map(actionOf)), ...some('exit', exit.map(actionOf)),
    ...(initial === undefined ? {} : { initial: initialOf(outline, initial) }),
    ...(history === undefined ? {} : { history: history.isDeep ? 'deep' : 'shallow', ...targetsOf(outline, history.targets) }),
    ...listed('on', outline, own, ({ trigger }) => (trigger.kind === 'event' ? trigger.descriptor : undefined)),
    ...listed('after', outline, own, ({ trigger }) => (trigger.kind === 'after' ? trigger.delay : undefined)),
    ...some('always', own.filter(({ trigger }) => trigger.kind === 'always').map((one) => transitionOf(outline, one))),
    ...some('onDone', own.filter(({ trigger }) => trigger.kind === 'done').map((one) => transitionOf(outline, one))),
    ...some('invoke', tasks.map(({ id, src }) => ({ id, src, ...ofTask('onDone', 'taskDone', outline, own, id), ...ofTask('onError', 'taskError', outline, own, id) }))),
    ...(children.length === 0 ? {} : { states: Object.fromEntries(children.map(({ child, place }) => [child.key, stateOf(outline, child, place)])) }),
  }
}

function initialOf({ states }: Outline, { target, actions }: NonNullable<OutlineState['initial']>): unknown {
  const key = states[target]?.key
  return actions.length === 0 ? key : { target: key, actions: actions.map(actionOf) }
}

function listed(name: string, outline: Outline, transitions: readonly OutlineTransition[], keyOf: (one: OutlineTransition) => string | undefined): Json {
  const byKey = new Map<string, Json[]>()
  for (const one of transitions) {
    const key = keyOf(one)
    if (key !== undefined) byKey.set(key, [...byKey.get(key) ?? [], transitionOf(outline, one)])
  }
  return byKey.size === 0 ? {} : { [name]: Object.fromEntries(byKey) }
}

function ofTask(name: string, kind: 'taskDone' | 'taskError', outline: Outline, transitions: readonly OutlineTransition[], task: string): Json {
  return some(name, transitions.filter(({ trigger }) => trigger.kind === kind && trigger.task === task).map((one) => transitionOf(outline, one)))
}

function transitionOf(outline: Outline, { targets, reenter, guard, actions, description }: OutlineTransition): Json {
  return { ...targetsOf(outline, targets), ...(reenter ? { reenter } : {}), ...(guard === undefined ? {} : { guard: { type: guard } }), ...some('actions', actions.map(actionOf)), ...described(description) }
}

const actionOf = (action: OutlineAction): Json => ({ type: actionText(action) })

/** X2: `#card.blocked`, dots in names escaped. */
const targetOf = ({ id, states }: Outline, target: number): string => `#${[id, ...states[target]?.path ?? []].map((name) => name.replace(/[\\.]/g, '\\$&')).join('.')}`

const targetsOf = (outline: Outline, targets: readonly number[]): Json => {
  const [first, ...more] = targets.map((target) => targetOf(outline, target))
  return first === undefined ? {} : { target: more.length === 0 ? first : [first, ...more] }
}

const described = (description: string | undefined): Json => (description === undefined ? {} : { description })

const some = (name: string, all: readonly unknown[]): Json => (all.length === 0 ? {} : { [name]: all })
