// Random trees of states, up to five deep: compound, parallel, atomic, final and history states.
import type { Chance } from './chance.ts'
import type { Shape } from './words.ts'

const DEPTH_MAX = 5
/** From how many states on no more are put below others. */
const STATES_MAX = { least: 6, most: 16 }

export function randomShapes(chance: Chance): readonly Shape[] {
  const root: Shape = { id: 'm', key: 'm', kind: chance.is(8) ? 'parallel' : 'compound', parent: undefined, children: [] }
  const growth = { chance, shapes: [root], statesMax: STATES_MAX.least + chance.below(STATES_MAX.most - STATES_MAX.least + 1) }
  // Mostly the older one: what stands side by side is to grow alike, and now and then something grows deep.
  const growing = [root]
  for (let next; (next = chance.is(65) ? growing.shift() : growing.pop()) !== undefined; ) growing.push(...grown(growth, next))
  // Document order, which is not the order of growing.
  return preorder(root)
}

function preorder(shape: Shape): readonly Shape[] {
  return [shape, ...shape.children.flatMap(preorder)]
}

interface Growth {
  readonly chance: Chance
  readonly shapes: Shape[]
  readonly statesMax: number
}

/** Gives `parent` its children; answers those that have children too. */
function grown(growth: Growth, parent: Shape): readonly Shape[] {
  const { chance, shapes } = growth
  const count = 2 + chance.below(parent.kind === 'compound' ? 3 : 2)
  const children = Array.from({ length: count }, (_, at) => add(parent, kindOf(growth, parent), `s${at}`, shapes))
  if (parent.kind === 'compound' && chance.is(parent.parent === undefined ? 30 : parent.parent.kind === 'parallel' ? 97 : 70)) add(parent, 'final', 'end', shapes)
  for (const key of chance.is(45) ? (chance.is(90) ? ['past', 'before'] : ['past']) : []) add(parent, chance.is(50) ? 'deep' : 'shallow', key, shapes)
  return children.filter(({ kind }) => kind === 'compound' || kind === 'parallel')
}

function add(parent: Shape, kind: Shape['kind'], key: string, shapes: Shape[]): Shape {
  const shape: Shape = { id: `${parent.id}.${key}`, key, kind, parent, children: [] }
  parent.children.push(shape)
  shapes.push(shape)
  return shape
}

function kindOf({ chance, shapes, statesMax }: Growth, parent: Shape): Shape['kind'] {
  if (depthOf(parent) + 1 >= DEPTH_MAX || shapes.length >= statesMax) return 'atomic'
  const drawn = chance.below(100)
  // A region is seldom a single state.
  if (parent.kind === 'parallel') return drawn < 4 ? 'atomic' : drawn < 7 ? 'final' : drawn < 94 ? 'compound' : 'parallel'
  return drawn < 56 ? 'atomic' : drawn < 76 ? 'compound' : 'parallel'
}

const depthOf = ({ parent }: Shape): number => (parent === undefined ? 0 : 1 + depthOf(parent))

export const isHistory = ({ kind }: Shape): boolean => kind === 'shallow' || kind === 'deep'

export function isBelow(shape: Shape, ancestor: Shape): boolean {
  return shape.parent !== undefined && (shape.parent === ancestor || isBelow(shape.parent, ancestor))
}
