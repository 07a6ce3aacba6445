// Sketch: what of a statechart is boxes and what is lines, and how large they are; the layout says where.
//
// K1. Names in the layout's graph are made here (`s3`, `i3`, `f7`, `e0`): the user's names never reach it.
// K2. Transitions without a target stand in the box of their state; others with the same source and targets share one line, each with a row in its label.
// K3. A transition to several states goes through a fork: one line to it, one from it to each.
import type { LayoutEdge, LayoutGraph, LayoutNode } from '../ports/layout.ts'
import type { Outline, OutlineState, OutlineTransition } from '../ports/outline.ts'
import { BOX_PADDING, BOX_WIDTH_MIN, COUNT_SLOT, DOT_SIZE, FORK, HISTORY_SIZE, LABEL_GAP, LABEL_PADDING, LABEL_WIDTH_MAX, LINE_HEIGHT, ROW_WIDTH_MAX, RULE_GAP, TITLE_FONT, TITLE_HEIGHT, TITLE_WIDTH_MAX } from './metrics.ts'
import { readingOrder } from './reading-order.ts'
import { initialRow, ROOM, rowLines, stateRows, transitionRow, withRoom } from './rows.ts'
import type { Row } from './rows.ts'
import { fitted, textWidth } from './text-size.ts'
import { shown } from './words.ts'

export interface SketchedBox {
  readonly title: string
  readonly rows: readonly Row[]
}

export interface SketchedLine {
  readonly id: string
  /** By their places in the outline; none for the way from an initial dot, and from a history state to its default. */
  readonly transitions: readonly number[]
  readonly rows: readonly Row[]
  /** Its end is a fork: no arrow. */
  readonly isToFork: boolean
}

export interface Sketch {
  readonly graph: LayoutGraph
  /** In the order of the outline's states. */
  readonly boxes: readonly SketchedBox[]
  readonly lines: readonly SketchedLine[]
  /** Transitions with several targets. */
  readonly forks: readonly number[]
}

export const boxName = (state: number): string => `s${state}`
export const dotName = (state: number): string => `i${state}`
export const forkName = (transition: number): string => `f${transition}`

export interface SketchOptions {
  /** Keeps room for numbers that change. */
  readonly isLive?: boolean
}

export function sketchOf(outline: Outline, { isLive = false }: SketchOptions = {}): Sketch {
  const { states, transitions } = outline
  const roomy = isLive ? withRoom : (row: Row): Row => row
  const drawn = transitions.map((transition, place) => ({ transition, place }))
  const boxes = states.map((state, at) => ({
    title: state.kind === 'history' ? (state.history?.isDeep === true ? 'H*' : 'H') : fitted(shown(state.parent === undefined ? outline.id : state.key), TITLE_WIDTH_MAX, TITLE_FONT),
    rows: [
      ...(isLive && state.kind !== 'history' ? [ROOM] : []),
      ...stateRows(state),
      ...drawn.filter(({ transition: { source, targets } }) => source === at && targets.length === 0).map(({ transition, place }) => roomy(transitionRow(transition, place, ROW_WIDTH_MAX))),
    ],
  }))
  const forks = drawn.filter(({ transition: { targets } }) => targets.length > 1).map(({ place }) => place)
  const lines = linesOf(outline, roomy)
  return {
    graph: { root: nodeOf(outline, boxes, forks, 0), edges: lines.map(({ edge }) => edge) },
    boxes, forks,
    lines: lines.map(({ line }) => line),
  }
}

function nodeOf(outline: Outline, boxes: readonly SketchedBox[], forks: readonly number[], at: number): LayoutNode {
  const state = outline.states[at] as OutlineState
  if (state.kind === 'history') return leaf(boxName(at), HISTORY_SIZE, HISTORY_SIZE)
  const { title, rows } = boxes[at] as SketchedBox
  const width = Math.max(BOX_WIDTH_MIN, textWidth(title, TITLE_FONT) + COUNT_SLOT, ...rows.map((row) => row.width)) + 2 * BOX_PADDING.x
  const height = TITLE_HEIGHT + 2 * BOX_PADDING.y + (rows.length === 0 ? 0 : 2 * RULE_GAP + rowsHeight(rows))
  const inside = outline.states.flatMap(({ parent }, child) => (parent === at ? [nodeOf(outline, boxes, forks, child)] : []))
  const children = [
    ...(state.initial === undefined ? [] : [leaf(dotName(at), DOT_SIZE, DOT_SIZE)]),
    ...forks.filter((place) => forkParent(outline, place) === at).map((place) => leaf(forkName(place), FORK.width, FORK.height)),
    ...inside,
  ]
  return { id: boxName(at), width: Math.ceil(width), height: Math.ceil(height), headerHeight: Math.ceil(height), children }
}

export function rowsHeight(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + rowLines(row) * LINE_HEIGHT, 0)
}

function leaf(id: string, width: number, height: number): LayoutNode {
  return { id, width, height, headerHeight: 0, children: [] }
}

/** The innermost state that holds source and targets, and is none of them. */
function forkParent({ states, transitions }: Outline, place: number): number {
  const { source, targets } = transitions[place] as OutlineTransition
  const lineOf = (at: number): readonly number[] => {
    const parent = states[at]?.parent
    return parent === undefined ? [] : [...lineOf(parent), parent]
  }
  const lines = [source, ...targets].map(lineOf)
  const [first = []] = lines
  return first.findLast((each) => lines.every((line) => line.includes(each))) ?? 0
}

interface Drawn {
  readonly line: SketchedLine
  readonly edge: LayoutEdge
}

function linesOf(outline: Outline, roomy: (row: Row) => Row): readonly Drawn[] {
  const { states, transitions } = outline
  const runsBack = readingOrder(outline)
  const drawn: Drawn[] = []
  const add = (source: string, target: string, isBack: boolean, places: readonly number[] = [], rows: readonly Row[] = [], isToFork = false): void => {
    const id = `e${drawn.length}`
    drawn.push({ line: { id, transitions: places, rows, isToFork }, edge: { id, source, target, isBack, ...labelSize(rows) } })
  }
  states.forEach(({ initial, history }, at) => {
    if (initial !== undefined) add(dotName(at), boxName(initial.target), false, [], initial.actions.length === 0 ? [] : [initialRow(initial.actions, LABEL_WIDTH_MAX)])
    for (const target of history?.targets ?? []) add(boxName(at), boxName(target), runsBack(at, target))
  })
  const shared = Map.groupBy(transitions.keys().filter((place) => transitions[place]?.targets.length === 1), (place) => `${transitions[place]?.source} ${transitions[place]?.targets[0]}`)
  for (const places of shared.values()) {
    const { source, targets: [target = 0] } = transitions[places[0] ?? 0] as OutlineTransition
    add(boxName(source), boxName(target), runsBack(source, target), places, places.map((place) => roomy(rowAt(transitions, place))))
  }
  transitions.forEach(({ source, targets }, place) => {
    if (targets.length < 2) return
    // The fork stands behind its source, as the source's end of the way to most targets.
    const isBack = targets.every((target) => runsBack(source, target))
    add(boxName(source), forkName(place), isBack, [place], [roomy(rowAt(transitions, place))], true)
    for (const target of new Set(targets)) add(forkName(place), boxName(target), isBack || runsBack(source, target), [place])
  })
  return drawn
}

function rowAt(transitions: readonly OutlineTransition[], place: number): Row {
  return transitionRow(transitions[place] as OutlineTransition, place, LABEL_WIDTH_MAX)
}

function labelSize(rows: readonly Row[]): { readonly label?: { readonly width: number; readonly height: number } } {
  if (rows.length === 0) return {}
  return { label: { width: Math.ceil(Math.max(...rows.map(({ width }) => width)) + 2 * LABEL_PADDING.x), height: Math.ceil(rowsHeight(rows) + (rows.length - 1) * LABEL_GAP + 2 * LABEL_PADDING.y) } }
}
