// Drawing: a statechart as placed boxes, lines and texts, plain data that JSON keeps. Renderers only read it.
//
// D1. States and transitions are named by their places in the outline; a box stands behind everything that is inside of it.
// D2. It follows from the outline and the layout alone: made once for each hash.
import type { Layout, Placement, Point, Rect } from '../ports/layout.ts'
import type { Outline, OutlineKind } from '../ports/outline.ts'
import { OperationError } from '../protocol/failures.ts'
import { DRAWN_LINES_MAX, DRAWN_STATES_MAX } from '../protocol/limits.ts'
import { outlineHash } from './hash.ts'
import { BOX_PADDING, LABEL_GAP, LABEL_PADDING, LINE_BASELINE, LINE_HEIGHT, MARGIN, ROOM_WIDTH, RULE_GAP, TITLE_BASELINE, TITLE_HEIGHT } from './metrics.ts'
import { arrowAt, pathOf, tenth } from './paths.ts'
import { rowLines } from './rows.ts'
import type { Row } from './rows.ts'
import { boxName, dotName, forkName, sketchOf } from './sketch.ts'
import type { Sketch, SketchOptions } from './sketch.ts'

export interface DrawnRow extends Row {
  readonly x: number
  /** Where the letters of each of its lines stand. */
  readonly baselines: readonly number[]
  /** What is kept free below its text. */
  readonly room?: Rect
}

export interface DrawnBox extends Rect {
  readonly state: number
  readonly kind: OutlineKind
  /** A region of a parallel state. */
  readonly isRegion: boolean
  readonly hasChildren: boolean
  readonly title: string
  /** Where its letters stand; of a history state their middle. */
  readonly titleAt: Point
  /** Of the rule below the title; undefined: nothing stands below it. */
  readonly ruleY?: number
  readonly rows: readonly DrawnRow[]
}

export interface DrawnLine {
  /** None: from an initial dot, or to what a history state stands for with nothing to remember. */
  readonly transitions: readonly number[]
  /** As SVG writes it; '' where the layout placed none. */
  readonly path: string
  /** The head of its arrow; '' for none. */
  readonly arrow: string
  readonly label?: Rect & { readonly rows: readonly DrawnRow[] }
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
export async function drawingOf(outline: Outline, layout: Layout, options: SketchOptions = {}): Promise<Drawing> {
  const sketch = sketchOf(outline, options)
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
      state, kind,
      isRegion: parent !== undefined && states[parent]?.kind === 'parallel' && kind !== 'history',
      hasChildren: parents.has(state),
      ...boxOf(placeOf(placement, boxName(state)), kind, sketch.boxes[state] ?? { title: '', rows: [] }),
    })),
    lines: sketch.lines.map(({ id, transitions, rows, isToFork }) => {
      const { points = [], label } = placement.edges.get(id) ?? {}
      const places = points.map(moved)
      const isLine = places.length > 1
      return { transitions, path: isLine ? pathOf(places, !isToFork) : '', arrow: isLine && !isToFork ? arrowAt(places) : '', ...(label === undefined ? {} : { label: labelOf({ ...label, ...moved(label) }, rows) }) }
    }),
    dots: states.flatMap(({ initial }, state) => (initial === undefined ? [] : [{ state, ...placeOf(placement, dotName(state)) }])),
    forks: sketch.forks.map((transition) => ({ transition, ...placeOf(placement, forkName(transition)) })),
  }
}

function boxOf(rect: Rect, kind: OutlineKind, { title, rows }: Sketch['boxes'][number]): Omit<DrawnBox, 'state' | 'kind' | 'isRegion' | 'hasChildren'> {
  const half = rect.width / 2
  if (kind === 'history') return { ...rect, title, titleAt: { x: rect.x + half, y: rect.y + half + 4.5 }, rows: [] }
  const left = rect.x + BOX_PADDING.x
  const top = rect.y + BOX_PADDING.y
  const rule = top + TITLE_HEIGHT + RULE_GAP
  return { ...rect, title, titleAt: { x: left, y: tenth(top + TITLE_BASELINE) }, ...(rows.length === 0 ? {} : { ruleY: tenth(rule) }), rows: placedRows(rows, left, rule + RULE_GAP, 0) }
}

function labelOf(rect: Rect, rows: readonly Row[]): NonNullable<DrawnLine['label']> {
  return { ...rect, rows: placedRows(rows, rect.x + LABEL_PADDING.x, rect.y + LABEL_PADDING.y, LABEL_GAP) }
}

function placedRows(rows: readonly Row[], x: number, y: number, gap: number): readonly DrawnRow[] {
  let top = y
  return rows.map((row) => {
    const start = top
    top += rowLines(row) * LINE_HEIGHT + gap
    const room = { x: tenth(x), y: tenth(start + row.lines.length * LINE_HEIGHT), width: ROOM_WIDTH, height: LINE_HEIGHT }
    return { ...row, x: tenth(x), baselines: row.lines.map((_, at) => tenth(start + at * LINE_HEIGHT + LINE_BASELINE)), ...(row.hasRoom === true ? { room } : {}) }
  })
}

function placeOf(placement: Placement, name: string): Rect {
  const rect = placement.nodes.get(name) ?? { x: 0, y: 0, width: 0, height: 0 }
  return { ...rect, ...moved(rect) }
}

function moved({ x, y }: Point): Point {
  return { x: tenth(x + MARGIN), y: tenth(y + MARGIN) }
}
