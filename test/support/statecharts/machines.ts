// Random machines: a tree of states with transitions of every kind between them, made by XState as a user's are.
import { createMachine, fromPromise } from 'xstate'
import { ACTIONS, DELAYS, randomActions, trailing } from './actions.ts'
import { Chance } from './chance.ts'
import { frail } from './frail.ts'
import { GUARDS } from './guards.ts'
import { marking } from './meter.ts'
import { isHistory, randomShapes } from './shapes.ts'
import { bounded, candidates, eventless, filling, finishing, guarded, hasLoops, shallow, transition } from './transitions.ts'
import { amountOf, DESCRIPTORS, idOf, TASKS } from './words.ts'
import type { Args, Draw, RandomContext, Shape } from './words.ts'

export interface RandomMachine {
  readonly machine: unknown
  readonly shapes: readonly Shape[]
  readonly hasInput: boolean
}

const ACTORS = Object.fromEntries(TASKS.map((name) => [name, fromPromise(async () => name)]))
const FIRST: RandomContext = { n: 0, m: 3, loops: 2, trail: '', list: [] }

export function randomMachine(seed: number): RandomMachine {
  const chance = new Chance(seed)
  const draw: Draw = { chance, shapes: randomShapes(chance) }
  const hasInput = chance.is(30)
  const [root] = draw.shapes
  const config = {
    ...stateOf(draw, root as Shape),
    id: 'm',
    context: hasInput ? marking('context function', ({ input }: { readonly input: { readonly n: number } }) => ({ ...FIRST, n: input.n })) : FIRST,
    ...outputOf(draw, 60, 'machine output'),
  }
  const machine = createMachine(config as never, { actions: ACTIONS, guards: GUARDS, delays: DELAYS, actors: ACTORS } as never)
  return { machine, shapes: draw.shapes, hasInput }
}

function stateOf(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const { kind, key } = shape
  if (kind === 'shallow' || kind === 'deep') return { type: 'history', history: kind, ...defaultOf(draw, shape) }
  const seen = { ...seenBy(draw, shape, 'entry'), ...seenBy(draw, shape, 'exit') }
  const words = { ...(chance.is(20) ? { tags: [key] } : {}), ...(chance.is(20) ? { meta: { of: key } } : {}) }
  if (kind === 'final') return { type: 'final', ...seen, ...words, ...outputOf(draw, 70, 'final output') }
  const always = chance.is(22) ? { always: chance.is(50) ? eventless(draw, shape) : [eventless(draw, shape), eventless(draw, shape)] } : {}
  return { ...seen, ...words, ...always, on: onOf(draw, shape), ...timers(draw, shape), ...invokes(draw, shape), ...below(draw, shape) }
}

/** A mark in most states, and something random in some; as a list, or alone. */
function seenBy(draw: Draw, { kind, key }: Shape, when: 'entry' | 'exit'): object {
  const name = `${when === 'entry' ? '>' : '<'}${key}`
  const actions = [...(draw.chance.is(60) ? [trailing(draw, name)] : []), ...(draw.chance.is(kind === 'final' ? 60 : 35) ? randomActions(draw, 1) : [])]
  return actions.length === 0 ? {} : { [when]: actions.length === 1 ? actions[0] : actions }
}

/** A function, or a value. */
function outputOf(draw: Draw, percent: number, feature: string): object {
  const { chance } = draw
  if (!chance.is(percent)) return {}
  return { output: chance.is(15) ? { at: chance.below(9) } : frail(draw, 'output', feature, ({ context, event }: Args) => ({ at: context.n, type: event.type, from: event.output })) }
}

/** States below, which is the initial one, and what follows when they are done. */
function below(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const { kind, children } = shape
  if (kind === 'atomic') return {}
  const states = Object.fromEntries(children.map((child) => [child.key, stateOf(draw, child)]))
  // The end of a parallel state needs an event to all its regions: it does not follow itself.
  if (kind === 'parallel') return { type: 'parallel', states, onDone: children.some((child) => child.kind === 'final') ? bounded(transition(draw, shape), hasLoops) : transition(draw, shape) }
  const onDone = chance.is(shape.parent?.kind === 'parallel' ? 60 : 97) ? { onDone: finishing(draw, shape) } : {}
  const firsts = children.filter((child) => !isHistory(child) && (child.kind !== 'final' || (shape.parent?.kind === 'parallel' && chance.is(20))))
  const first = (chance.is(45) ? firsts.find((child) => child.kind === 'parallel') ?? chance.pick(firsts) : chance.pick(firsts)).key
  return { states, initial: chance.is(40) ? { target: first, actions: [trailing(draw, '!'), ...randomActions(draw, 1)] } : first, ...onDone }
}

/** Regions are brought to their ends, all by one event. */
function onOf(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const end = shape.parent?.kind === 'parallel' ? shape.children.find((each) => each.kind === 'final') : undefined
  const ending = end === undefined ? {} : { finish: { ...filling(draw, { actions: [trailing(draw, '.')], target: [idOf(end)] }), ...(isNested(shape) ? { guard: mayFinish } : {}) } }
  return Object.assign(ending, Object.fromEntries(Array.from({ length: 1 + chance.below(4) }, () => {
    const type = chance.is(2) ? '*' : chance.pick(DESCRIPTORS)
    if (chance.is(9)) return [type, chance.pick([undefined, {}, [], { target: [] }, [undefined]])]
    return [type, type === '*' ? shallow(transition(draw, shape)) : candidates(draw, shape, 9)]
  })))
}

/** The region of a parallel state inside of a region: the outer one is to have its turn. And regions of the root: their end is the machine's. */
const isNested = ({ parent }: Shape): boolean => parent !== undefined && (parent.parent === undefined ? parent.kind === 'parallel' : parent.parent.parent?.kind === 'parallel' || isNested(parent))
const mayFinish = ({ event }: Args): boolean => amountOf(event) > 3

function timers(draw: Draw, shape: Shape): object {
  const { chance } = draw
  if (!chance.is(28)) return {}
  const delays = [chance.pick<string | number>(['soon', 'soon', 'soon', 'growing', 'growing', 'growing', 'back', 'back', 'back', 500, 500, 500, 'sometimes']), 700]
  return { after: Object.fromEntries(delays.slice(0, chance.is(80) ? 1 : 2).map((delay) => [delay, chance.is(80) ? guarded(draw, transition(draw, shape), 15) : candidates(draw, shape, 15)])) }
}

function invokes(draw: Draw, shape: Shape): object {
  const { chance } = draw
  if (!chance.is(32)) return {}
  const invoke = (id: object): object => ({
    ...id, src: chance.pick(TASKS), input: chance.is(20) ? { of: shape.key } : frail(draw, 'output', 'task', ({ context }: Args) => context.n),
    ...(chance.is(85) ? { onDone: chance.is(70) ? finishing(draw, shape) : candidates(draw, shape, 15) } : {}),
    ...(chance.is(70) ? { onError: chance.is(80) ? transition(draw, shape) : candidates(draw, shape, 15) } : {}),
  })
  const named = chance.is(60) ? { id: `task-${shape.key}` } : {}
  return { invoke: chance.is(75) ? invoke(named) : [invoke(named), invoke({ id: 'task-second' })] }
}

/** Nothing, a state beside it or below, several in the regions of a parallel state, or another history state. */
function defaultOf({ chance, shapes }: Draw, shape: Shape): object {
  const { children = [], kind } = shape.parent ?? {}
  if (!chance.is(72)) return {}
  // History states that stand for each other in a circle overflow the stack, which takes its time.
  const isAllowed = (each: Shape): boolean => !isHistory(each) || shapes.indexOf(each) > shapes.indexOf(shape) || (each !== shape && chance.is(1))
  const others = children.filter((each) => isHistory(each) && isAllowed(each))
  if (others.length > 0) return { target: chance.pick(others).key }
  if (chance.is(8)) return { target: idOf(chance.pick(shapes.filter((each) => each.parent !== undefined && isAllowed(each)))) }
  const regions = children.filter((each) => !isHistory(each))
  if (kind === 'parallel' && chance.is(30)) return { target: regions.map(({ key, children: states }) => [key, states.find((each) => !isHistory(each))?.key].filter((each) => each !== undefined).join('.')) }
  return { target: chance.is(80) ? chance.pick(regions).key : idOf(chance.pick(shapes.filter((each) => each.parent === shape.parent && !isHistory(each)))) }
}
