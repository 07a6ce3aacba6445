// Drawing: a statechart as placed boxes, lines and texts, plain data that JSON keeps. Renderers only read it.
//
// D1. States and transitions are named by their places in the outline; a box stands behind everything that is inside of it.
// D2. It follows from the outline and the layout alone: made once for each hash.
import type { Layout, Placement, Point, Rect } from '../ports/layout.ts'
import type { Outline, OutlineKind } from '../ports/outline.ts'
import { OperationError } from '../protocol/failures.ts'
import { DRAWN_LINES_MAX, DRAWN_STATES_MAX } from '../protocol/limits.ts'
import { outlineHash } from './hash.ts'
import { MARGIN } from './metrics.ts'
import type { Row } from './rows.ts'
import { boxName, dotName, forkName, sketchOf } from './sketch.ts'
import type { Sketch } from './sketch.ts'

export interface DrawnBox extends Rect {
  readonly state: number
  readonly kind: OutlineKind
  /** A region of a parallel state. */
  readonly isRegion: boolean
  readonly hasChildren: boolean
  readonly title: string
  readonly rows: readonly Row[]
}

export interface DrawnLine {
  /** None: from an initial dot, or to what a history state stands for with nothing to remember. */
  readonly transitions: readonly number[]
  readonly points: readonly Point[]
  readonly hasArrow: boolean
  readonly label?: Rect & { readonly rows: readonly Row[] }
}

export interface Drawing {
  readonly form: 'statelog-drawing/1'
  /** Of the outline. */
  readonly hash: string
  readonly width: number
  readonly height: number
  /** Parents before what is in them. */
  readonly boxes: readonly DrawnBox[]
  readonly lines: readonly DrawnLine[]
  /** Where compound states begin. */
  readonly dots: readonly (Rect & { readonly state: number })[]
  /** Where a transition parts to several states. */
  readonly forks: readonly (Rect & { readonly transition: number })[]
}

/** Throws OperationError when it is too large, or the layout cannot place it. */
export async function drawingOf(outline: Outline, layout: Layout): Promise<Drawing> {
  const sketch = sketchOf(outline)
  const { states } = outline
  if (states.length > DRAWN_STATES_MAX || sketch.lines.length > DRAWN_LINES_MAX) {
    throw new OperationError('chart/large', `the statechart has ${states.length} states and ${sketch.lines.length} lines between them; up to ${DRAWN_STATES_MAX} and ${DRAWN_LINES_MAX} are drawn. Its text can still be had: --format mermaid, --format json`)
  }
  return drawn(outline, sketch, await layout.place(sketch.graph))
}

function drawn(outline: Outline, sketch: Sketch, placement: Placement): Drawing {
  const { states } = outline
  const parents = new Set(states.map(({ parent }) => parent))
  return {
    form: 'statelog-drawing/1', hash: outlineHash(outline),
    width: Math.ceil(placement.width + 2 * MARGIN), height: Math.ceil(placement.height + 2 * MARGIN),
    boxes: states.map(({ kind, parent }, state) => ({
      state, kind, ...placeOf(placement, boxName(state)),
      isRegion: parent !== undefined && states[parent]?.kind === 'parallel' && kind !== 'history',
      hasChildren: parents.has(state),
      ...(sketch.boxes[state] ?? { title: '', rows: [] }),
    })),
    lines: sketch.lines.map(({ id, transitions, rows, isToFork }) => {
      const { points = [], label } = placement.edges.get(id) ?? {}
      return { transitions, points: points.map(moved), hasArrow: !isToFork, ...(label === undefined ? {} : { label: { ...label, ...moved(label), rows } }) }
    }),
    dots: states.flatMap(({ initial }, state) => (initial === undefined ? [] : [{ state, ...placeOf(placement, dotName(state)) }])),
    forks: sketch.forks.map((transition) => ({ transition, ...placeOf(placement, forkName(transition)) })),
  }
}

function placeOf(placement: Placement, name: string): Rect {
  const rect = placement.nodes.get(name) ?? { x: 0, y: 0, width: 0, height: 0 }
  return { ...rect, ...moved(rect) }
}

function moved({ x, y }: Point): Point {
  return { x: rounded(x + MARGIN), y: rounded(y + MARGIN) }
}

/** Tenths of a pixel: a drawing is sent and kept. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
