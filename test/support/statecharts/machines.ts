// Random machines: a tree of states with transitions of every kind between them, made by XState as a user's are.
import { and, assign, createMachine, fromPromise } from 'xstate'
import { ACTIONS, DELAYS, randomActions, trailing } from './actions.ts'
import { Chance } from './chance.ts'
import { GUARDS, randomGuard } from './guards.ts'
import { marking } from './meter.ts'
import { isBelow, isHistory, randomShapes } from './shapes.ts'
import { DESCRIPTORS, TASKS } from './words.ts'
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
    context: hasInput ? ({ input }: { readonly input: { readonly n: number } }) => ({ ...FIRST, n: input.n }) : FIRST,
    ...(chance.is(60) ? { output: marking('machine output', ({ context, event }: Args) => ({ n: context.n, type: event.type })) } : {}),
  }
  const machine = createMachine(config as never, { actions: ACTIONS, guards: GUARDS, delays: DELAYS, actors: ACTORS } as never)
  return { machine, shapes: draw.shapes, hasInput }
}

function stateOf(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const { kind, key } = shape
  if (kind === 'shallow' || kind === 'deep') return { type: 'history', history: kind, ...(chance.is(40) ? { target: defaultOf(draw, shape) } : {}) }
  const seen = { entry: seenBy(draw, `>${key}`), exit: seenBy(draw, `<${key}`) }
  const words = { ...(chance.is(20) ? { tags: [key] } : {}), ...(chance.is(20) ? { meta: { of: key } } : {}) }
  if (kind === 'final') return { type: 'final', ...seen, ...words, ...(chance.is(70) ? { output: marking('final output', ({ context }: Args) => ({ at: context.n })) } : {}) }
  const always = chance.is(28) ? { always: Array.from({ length: 1 + chance.below(2) }, () => eventless(draw, shape)) } : {}
  return { ...seen, ...words, ...always, on: onOf(draw, shape), ...timers(draw, shape), ...invokes(draw, shape), ...below(draw, shape) }
}

/** A mark in most states, and something random in some. */
function seenBy(draw: Draw, name: string): readonly unknown[] {
  return [...(draw.chance.is(60) ? [trailing(name)] : []), ...(draw.chance.is(40) ? randomActions(draw, 1) : [])]
}

/** States below, which is the initial one, and what follows when they are done. */
function below(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const { kind, children } = shape
  if (kind === 'atomic') return {}
  const states = Object.fromEntries(children.map((child) => [child.key, stateOf(draw, child)]))
  // The end of a parallel state needs an event to all its regions: it does not follow itself.
  if (kind === 'parallel') return { type: 'parallel', states, onDone: transition(draw, shape) }
  const onDone = chance.is(shape.parent?.kind === 'parallel' ? 45 : 95) ? { onDone: bounded(transition(draw, shape), hasLoops) } : {}
  const first = chance.pick(children.filter((child) => !isHistory(child) && child.kind !== 'final')).key
  return { states, initial: chance.is(40) ? { target: first, actions: [trailing('!'), ...randomActions(draw, 1)] } : first, ...onDone }
}

/** Regions may be brought to their ends, all by one event. */
function onOf(draw: Draw, shape: Shape): object {
  const { chance } = draw
  const end = shape.parent?.kind === 'parallel' ? shape.children.find((each) => each.kind === 'final') : undefined
  const ending = end === undefined ? {} : { finish: filling(draw, { actions: [trailing('.')], target: [idOf(end)] }) }
  return Object.assign(ending, Object.fromEntries(Array.from({ length: 1 + chance.below(4) }, () => {
    const candidates = Array.from({ length: 1 + chance.below(2) }, (_, at) => guarded(draw, filling(draw, transition(draw, shape)), at === 0 ? 45 : 15))
    return [chance.is(2) ? '*' : chance.pick(DESCRIPTORS), candidates]
  })))
}

function timers(draw: Draw, shape: Shape): object {
  const { chance } = draw
  if (!chance.is(28)) return {}
  return { after: { [chance.pick<string | number>(['soon', 'growing', 500])]: guarded(draw, transition(draw, shape), 15) } }
}

function invokes(draw: Draw, shape: Shape): object {
  const { chance } = draw
  if (!chance.is(22)) return {}
  const id = chance.is(60) ? { id: `task-${shape.key}` } : {}
  return { invoke: { ...id, src: chance.pick(TASKS), input: marking('task', ({ context }: Args) => context.n), onDone: transition(draw, shape), ...(chance.is(95) ? { onError: transition(draw, shape) } : {}) } }
}

interface Drawn {
  readonly actions: readonly unknown[]
  readonly guard?: unknown
  readonly target?: unknown
}

function transition(draw: Draw, shape: Shape): Drawn {
  const { chance } = draw
  const actions = [trailing('-'), ...randomActions(draw, 1)]
  if (chance.is(14)) return { actions }
  return { actions, target: targetsOf(draw, shape), ...(chance.is(22) ? { reenter: true } : {}) } as Drawn
}

function guarded(draw: Draw, drawn: Drawn, percent: number): Drawn {
  return draw.chance.is(percent) ? { ...drawn, guard: randomGuard(draw) } : drawn
}

/** With loops to burn for what follows it. */
function filling(draw: Draw, { actions, ...rest }: Drawn): Drawn {
  return { ...rest, actions: draw.chance.is(70) ? [...actions, assign({ loops: 3 } as never)] : actions }
}

const hasLoops = ({ context }: Args): boolean => context.loops > 0
const burn = assign({ loops: ({ context }: Args) => context.loops - 1 } as never)

/** Now and then one that changes nothing: it is taken once, and not again before something happens. */
function eventless(draw: Draw, shape: Shape): Drawn {
  if (draw.chance.is(8)) return { actions: ['announce'], guard: randomGuard(draw, 1) }
  return bounded(transition(draw, shape), draw.chance.is(40) ? and([hasLoops, randomGuard(draw, 1)] as never) : hasLoops)
}

/** Taken only as long as events have left loops to burn: nothing follows itself without end. */
function bounded({ actions, ...rest }: Drawn, guard: unknown): Drawn {
  return { ...rest, actions: [...actions, burn], guard }
}

/** Mostly a neighbour; also anything else, below and above, and two at once. */
function targetsOf({ chance, shapes }: Draw, shape: Shape): readonly string[] {
  const neighbours = (shape.parent?.children ?? shape.children).filter((each) => shape.parent?.kind !== 'parallel' || isHistory(each) || each === shape)
  const inside = shapes.filter((each) => isBelow(each, shape))
  const drawn = chance.below(100)
  if (drawn < 48) return [idOf(chance.pick(neighbours))]
  if (drawn < 66 && inside.length > 0) return [idOf(chance.pick(inside))]
  if (drawn < 72) return pairOf(chance, shapes) ?? [idOf(shape)]
  const histories = shapes.filter((each) => isHistory(each) && each.parent !== undefined && !isBelow(shape, each.parent) && each.parent !== shape)
  return [idOf(drawn < 84 && histories.length > 0 ? chance.pick(histories) : chance.pick(shapes))]
}

/** Targets in two regions of a parallel state. */
function pairOf(chance: Chance, shapes: readonly Shape[]): readonly string[] | undefined {
  const parallels = shapes.filter(({ kind, children }) => kind === 'parallel' && children.filter((child) => child.kind === 'compound').length > 1)
  if (parallels.length === 0) return undefined
  const regions = chance.pick(parallels).children.filter((child) => child.kind === 'compound')
  return regions.slice(0, 2).map((region) => idOf(chance.pick(region.children)))
}

function defaultOf({ chance }: Draw, { parent }: Shape): string {
  return idOf(chance.pick((parent as Shape).children.filter((each) => !isHistory(each))))
}

const idOf = ({ id }: Shape): string => `#${id}`
