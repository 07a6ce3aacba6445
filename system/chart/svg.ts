// SVG: a drawing as one image that needs nothing else: no script, no font, no other file.
//
// V1. Every text of the user is escaped; names in `data-state` and `data-transition` are found again with `nameOfXml`.
// V2. Each state is an element with `data-state`, each transition one with `data-transition`: a row of its box, or of its line's label, or the line itself.
// V3. It says what it is to who cannot see it: role, title, description; states and transitions are named, texts are text.
import type { Outline, OutlineState, OutlineTransition } from '../ports/outline.ts'
import type { Point } from '../ports/layout.ts'
import type { Drawing, DrawnBox, DrawnLine } from './drawing.ts'
import { BOX_PADDING, LABEL_GAP, LABEL_PADDING, LINE_BASELINE, LINE_HEIGHT, RULE_GAP, TITLE_BASELINE, TITLE_HEIGHT } from './metrics.ts'
import type { Row } from './rows.ts'
import { ROOT_CLASS, STYLE } from './svg-style.ts'
import { shown, transitionText } from './words.ts'
import { xmlName, xmlText } from './xml.ts'

export interface SvgOptions {
  /** `auto` follows the system. */
  readonly theme?: 'auto' | 'light' | 'dark'
}

const CORNER = 7
const ARROW = { length: 8, width: 3.6 } as const

export function svgOf(outline: Outline, drawing: Drawing, { theme = 'auto' }: SvgOptions = {}): string {
  const { width, height, boxes, lines, dots, forks } = drawing
  const { id, description, states, transitions } = outline
  const counts = `Statechart with ${states.length} states and ${transitions.length} transitions.`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${ROOT_CLASS}${theme === 'auto' ? '' : ` ${theme}`}" role="graphics-document document" aria-roledescription="statechart" aria-label="${xmlText(shown(id))}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" data-hash="${drawing.hash}">`,
    `<title>${xmlText(shown(id))}</title>`,
    `<desc>${xmlText(description === undefined ? counts : `${shown(description)} ${counts}`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<g class="lines">`,
    ...lines.map((line) => lineElement(outline, line)),
    `</g>`,
    boxTree(outline, boxes, 0),
    ...dots.map(({ x, y, width: size }) => `<circle class="dot" cx="${x + size / 2}" cy="${y + size / 2}" r="${size / 2 - 1}"/>`),
    ...forks.map(({ x, y, width: w, height: h }) => `<rect class="dot" x="${x}" y="${y}" width="${w}" height="${h}" rx="3"/>`),
    `<g class="labels">`,
    ...lines.map((line) => labelElement(outline, line)),
    `</g>`,
    `</svg>`,
    '',
  ].filter((part, at, all) => part !== '' || at === all.length - 1).join('\n')
}

/** A state with the states in it, so that a page can dim or mark whole subtrees. */
function boxTree(outline: Outline, boxes: readonly DrawnBox[], at: number): string {
  const box = boxes[at]
  const state = outline.states[at]
  if (box === undefined || state === undefined) return ''
  const inside = outline.states.flatMap(({ parent }, child) => (parent === at ? [boxTree(outline, boxes, child)] : []))
  const classes = ['state', box.kind, box.hasChildren ? 'compound' : 'leaf', ...(box.isRegion ? ['region'] : [])]
  return [
    `<g class="${[...new Set(classes)].join(' ')}" role="graphics-object group" aria-label="${xmlText(stateLabel(state))}" data-state="${xmlName(state.id)}">`,
    `<title>${xmlText(stateTitle(state))}</title>`,
    box.kind === 'history' ? historyElement(box) : boxElement(outline, box),
    ...inside,
    `</g>`,
  ].join('\n')
}

function stateLabel({ kind, key, history }: OutlineState): string {
  return kind === 'history' ? `history${history?.isDeep === true ? ' of all below' : ''} ${shown(key)}` : `${kind} state ${shown(key)}`
}

function stateTitle(state: OutlineState): string {
  return `${shown(state.id)}${state.description === undefined ? '' : `: ${shown(state.description)}`}`
}

function historyElement({ x, y, width, title }: DrawnBox): string {
  const half = width / 2
  return `<circle class="box" cx="${x + half}" cy="${y + half}" r="${half - 1}"/><text class="title" text-anchor="middle" x="${x + half}" y="${y + half + 4.5}">${xmlText(title)}</text>`
}

function boxElement(outline: Outline, { x, y, width, height, kind, title, rows }: DrawnBox): string {
  const left = x + BOX_PADDING.x
  const top = y + BOX_PADDING.y
  const rule = top + TITLE_HEIGHT + RULE_GAP
  return [
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    ...(kind === 'final' ? [`<rect class="inner" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="5.5"/>`] : []),
    `<text class="title" x="${left}" y="${tenth(top + TITLE_BASELINE)}">${xmlText(title)}</text>`,
    ...(rows.length === 0 ? [] : [`<path class="rule" d="M${x} ${tenth(rule)}H${tenth(x + width)}"/>`]),
    rowElements(outline, rows, left, rule + RULE_GAP, 0),
  ].join('\n')
}

function rowElements({ transitions }: Outline, rows: readonly Row[], x: number, y: number, gap: number): string {
  let top = y
  return rows.map(({ transition, lines, full }) => {
    const texts = lines.map((spans, at) => `<text x="${tenth(x)}" y="${tenth(top + at * LINE_HEIGHT + LINE_BASELINE)}">${spans.map(({ text, tone }, place) => `<tspan class="${tone}">${place === 0 ? '' : ' '}${xmlText(text)}</tspan>`).join('')}</text>`)
    top += lines.length * LINE_HEIGHT + gap
    const named = transition === undefined ? undefined : transitions[transition]
    return `<g class="row"${named === undefined ? '' : ` data-transition="${xmlName(named.id)}"`}><title>${xmlText(full)}</title>${texts.join('')}</g>`
  }).join('\n')
}

function lineElement({ transitions }: Outline, { transitions: places, points, hasArrow, label }: DrawnLine): string {
  if (points.length < 2) return ''
  const named = places.flatMap((place) => transitions[place] ?? [])
  const [first] = named
  // The rows of a label are the transitions; a line without one is its transition itself.
  const own = label === undefined && first !== undefined ? ` data-transition="${xmlName(first.id)}"` : ''
  const end = hasArrow ? shortened(points) : points
  return `<g class="line"${own}><title>${xmlText(named.map(lineTitle).join('\n'))}</title><path class="path" d="${pathOf(end)}"/>${hasArrow ? arrowAt(points) : ''}</g>`
}

function lineTitle(transition: OutlineTransition): string {
  return transitionText(transition)
}

function labelElement(outline: Outline, { label }: DrawnLine): string {
  if (label === undefined) return ''
  const { x, y, width, height, rows } = label
  return [`<g class="label"><rect class="plate" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`, rowElements(outline, rows, x + LABEL_PADDING.x, y + LABEL_PADDING.y, LABEL_GAP), `</g>`].join('\n')
}

/** Straight pieces with round corners. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  const pieces = rest.map((point, at) => {
    const next = rest[at + 1]
    const before = points[at] as Point
    if (next === undefined) return `L${pair(point)}`
    const radius = Math.min(CORNER, distance(before, point) / 2, distance(point, next) / 2)
    return `L${pair(towards(point, before, radius))}Q${pair(point)} ${pair(towards(point, next, radius))}`
  })
  return `M${pair(first)}${pieces.join('')}`
}

/** The line ends where its arrow begins. */
function shortened(points: readonly Point[]): readonly Point[] {
  const [before, last] = [points.at(-2), points.at(-1)]
  return before === undefined || last === undefined ? points : [...points.slice(0, -1), towards(last, before, ARROW.length - 1)]
}

function arrowAt(points: readonly Point[]): string {
  const [before, last] = [points.at(-2), points.at(-1)]
  if (before === undefined || last === undefined) return ''
  const length = distance(before, last) || 1
  const [dx, dy] = [(last.x - before.x) / length, (last.y - before.y) / length]
  const base = { x: last.x - dx * ARROW.length, y: last.y - dy * ARROW.length }
  return `<path class="arrow" d="M${pair(last)}L${pair({ x: base.x - dy * ARROW.width, y: base.y + dx * ARROW.width })}L${pair({ x: base.x + dy * ARROW.width, y: base.y - dx * ARROW.width })}Z"/>`
}

function distance(a: Point, b: Point): number {
  return Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y))
}

/** `from`, moved by `length` in the direction of `to`. */
function towards(from: Point, to: Point, length: number): Point {
  const share = Math.min(1, length / (distance(from, to) || 1))
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function pair({ x, y }: Point): string {
  return `${tenth(x)} ${tenth(y)}`
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
