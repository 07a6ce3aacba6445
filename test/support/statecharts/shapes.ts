// Random trees of states, up to five deep: compound, parallel, atomic, final and history states.
import type { Chance } from './chance.ts'
import type { Shape } from './words.ts'

const DEPTH_MAX = 5
const STATES_MAX = 16

export function randomShapes(chance: Chance): readonly Shape[] {
  const root: Shape = { id: 'm', key: 'm', kind: chance.is(28) ? 'parallel' : 'compound', parent: undefined, children: [] }
  const shapes = [root]
  grow(chance, root, 1, shapes)
  // Document order, which is not the order of growing.
  return preorder(root)
}

function preorder(shape: Shape): readonly Shape[] {
  return [shape, ...shape.children.flatMap(preorder)]
}

function grow(chance: Chance, parent: Shape, depth: number, shapes: Shape[]): void {
  const count = 2 + chance.below(parent.kind === 'compound' ? 3 : 2)
  for (let at = 0; at < count; at += 1) {
    const child = add(parent, kindOf(chance, parent, depth, shapes.length), `s${at}`, shapes)
    if (child.kind === 'compound' || child.kind === 'parallel') grow(chance, child, depth + 1, shapes)
  }
  if (parent.kind === 'compound' && chance.is(parent.parent?.kind === 'parallel' ? 95 : 45)) add(parent, 'final', 'end', shapes)
  if (chance.is(45)) add(parent, chance.is(50) ? 'deep' : 'shallow', 'past', shapes)
}

function add(parent: Shape, kind: Shape['kind'], key: string, shapes: Shape[]): Shape {
  const shape: Shape = { id: `${parent.id}.${key}`, key, kind, parent, children: [] }
  parent.children.push(shape)
  shapes.push(shape)
  return shape
}

function kindOf(chance: Chance, parent: Shape, depth: number, count: number): Shape['kind'] {
  if (depth >= DEPTH_MAX || count >= STATES_MAX) return 'atomic'
  const drawn = chance.below(100)
  // A region is seldom a single state.
  if (parent.kind === 'parallel') return drawn < 6 ? 'atomic' : drawn < 94 ? 'compound' : 'parallel'
  return drawn < 56 ? 'atomic' : drawn < 76 ? 'compound' : 'parallel'
}

export const isHistory = ({ kind }: Shape): boolean => kind === 'shallow' || kind === 'deep'

export function isBelow(shape: Shape, ancestor: Shape): boolean {
  return shape.parent !== undefined && (shape.parent === ancestor || isBelow(shape.parent, ancestor))
}
