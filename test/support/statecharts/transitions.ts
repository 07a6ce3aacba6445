// Random transitions: where they lead, under what guard, and what they do.
import { and, assign, spawnChild, stopChild } from 'xstate'
import { randomActions, trailing } from './actions.ts'
import type { Chance } from './chance.ts'
import { randomGuard } from './guards.ts'
import { mark } from './meter.ts'
import { isBelow, isHistory } from './shapes.ts'
import { amountOf, DEPTH_MAX, depthOf, idOf } from './words.ts'
import type { Args, Draw, Shape } from './words.ts'

export interface Drawn {
  readonly actions: readonly unknown[]
  readonly guard?: unknown
  readonly target?: unknown
  readonly reenter?: boolean
}

export function transition(draw: Draw, shape: Shape): Drawn {
  const { chance } = draw
  const actions = [trailing(draw, '-'), ...randomActions(draw, 1)]
  if (chance.is(14)) return { actions, ...(chance.is(20) ? { reenter: true } : {}) }
  return { actions, target: targetsOf(draw, shape), ...(chance.is(22) ? { reenter: true } : {}) }
}

/** One candidate, or one behind another with a guard. */
export function candidates(draw: Draw, shape: Shape, percent: number): unknown {
  const last = guarded(draw, filling(draw, transition(draw, shape)), percent)
  return draw.chance.is(50) ? last : [guarded(draw, filling(draw, transition(draw, shape)), 45), last]
}

export function guarded(draw: Draw, drawn: Drawn, percent: number): Drawn {
  return draw.chance.is(percent) ? { ...drawn, guard: randomGuard(draw) } : drawn
}

/** With loops to burn for what follows it. */
export function filling(draw: Draw, drawn: Drawn): Drawn {
  return draw.chance.is(88) ? { ...drawn, actions: [...drawn.actions, assign({ loops: 2 } as never)] } : drawn
}

/** Of events that others were raised for: they do not follow each other without end. */
export function shallow(drawn: Drawn): Drawn {
  return { ...drawn, guard: ({ event }: Args): boolean => depthOf(event) <= DEPTH_MAX && !event.type.startsWith('xstate.done.state.') }
}

export const hasLoops = ({ context }: Args): boolean => context.loops > 0
const burn = assign({ loops: ({ context }: Args) => context.loops - 1 } as never)

/** Taken only as long as events have left loops to burn: nothing follows itself without end. */
export function bounded(drawn: Drawn, guard: unknown): Drawn {
  return { ...drawn, actions: [...drawn.actions, burn], guard }
}

/** Now and then one that changes nothing: it is taken once, and not again before something happens. */
export function eventless(draw: Draw, shape: Shape): Drawn {
  const { chance } = draw
  if (chance.is(8)) return { actions: ['announce'], guard: randomGuard(draw, 1) }
  if (chance.is(2.5)) return endless(draw, shape)
  return bounded(transition(draw, shape), chance.is(40) ? and([hasLoops, randomGuard(draw, 1)] as never) : hasLoops)
}

/** Changes nothing that guards can see, and is taken again or not by what XState takes for a change; seldom, for it may go on up to the bound of microsteps. */
function endless({ chance }: Draw, shape: Shape): Drawn {
  const guard = ({ event }: Args): boolean => amountOf(event) === 8
  if (chance.is(50)) return { actions: [], target: idOf(shape), reenter: true, guard }
  return { actions: [chance.is(50) ? stopChild('nothing') : spawnChild('work' as never, { id: 'spawned0' } as never)], guard }
}

/** What a state that is done was left with goes into the context, and decides. */
export function finishing(draw: Draw, shape: Shape): unknown {
  const drawn = transition(draw, shape)
  const keep = assign({ list: ({ context, event }: Args) => {
    if (event.output !== undefined) mark('output used')
    return [...context.list, event.output].slice(-3)
  } } as never)
  const last = bounded({ ...drawn, actions: [keep, ...drawn.actions] }, hasLoops)
  if (draw.chance.is(60)) return last
  const isSmall = ({ context, event }: Args): boolean => context.loops > 0 && typeof event.output === 'object' && Number((event.output as { readonly at?: number } | null)?.at) % 2 === 0
  return [bounded(transition(draw, shape), isSmall), last]
}

/** Mostly a neighbour; also anything else, below and above, itself, and two at once. */
function targetsOf({ chance, shapes }: Draw, shape: Shape): readonly string[] | string {
  const neighbours = (shape.parent?.children ?? shape.children).filter((each) => shape.parent?.kind !== 'parallel' || isHistory(each) || each === shape)
  const inside = shapes.filter((each) => isBelow(each, shape))
  const drawn = chance.below(100)
  if (drawn < 8) return idOf(shape)
  if (drawn < 42) return [idOf(chance.pick(neighbours))]
  if (drawn < 56 && inside.length > 0) return [idOf(chance.pick(inside))]
  if (drawn < 72) return severalOf(chance, shapes, shape) ?? [idOf(shape)]
  const histories = shapes.filter((each) => isHistory(each) && each.parent !== undefined && !isBelow(shape, each.parent) && each.parent !== shape)
  if (drawn >= 91 || histories.length === 0) return [idOf(chance.pick(shapes))]
  // Those that remember several states at once say most about who mixes them up.
  const several = histories.filter(({ kind, parent }) => kind === 'deep' && shapes.some((each) => each.kind === 'parallel' && (each === parent || isBelow(each, parent as Shape))))
  return [idOf(chance.pick(several.length > 0 && chance.is(70) ? several : histories))]
}

/** Targets in the regions of a parallel state, at any depth, histories too; the source itself may be one of them. */
function severalOf(chance: Chance, shapes: readonly Shape[], source: Shape): readonly string[] | undefined {
  const parallels = shapes.filter(({ kind, children }) => kind === 'parallel' && regionsOf(children).length > 1)
  if (parallels.length === 0) return undefined
  const regions = regionsOf(chance.pick(parallels).children).slice(0, chance.is(80) ? 2 : 3)
  const isOwn = chance.is(35)
  return regions.map((region) => {
    if (isOwn && (region === source || isBelow(source, region))) return idOf(source)
    return idOf(chance.is(75) ? chance.pick(region.children) : chance.pick(shapes.filter((each) => isBelow(each, region))))
  })
}

const regionsOf = (children: readonly Shape[]): readonly Shape[] => children.filter(({ kind }) => kind === 'compound')
