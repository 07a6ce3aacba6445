// Chart: a drawing of the server as elements of this page, with places for its numbers.
//
// C1. Everything stands where the drawing says; nothing is measured here.
// C2. States and transitions can be reached with the keyboard: hits lie above all, side by side, so that none holds another.
import { cut, visible } from './format.js'
import { h, s } from './dom.js'

/** @typedef {import('../../../system/chart/charts.ts').Chart} Chart */
/** @typedef {import('../../../system/chart/drawing.ts').Drawing} Drawing */
/** @typedef {import('../../../system/chart/drawing.ts').DrawnBox} DrawnBox */
/** @typedef {import('../../../system/chart/drawing.ts').DrawnRow} DrawnRow */
/** @typedef {import('../../../system/chart/drawing.ts').DrawnLine} DrawnLine */
/** @typedef {import('../../../system/ports/layout.ts').Rect} Rect */
/** @typedef {{ group: SVGGElement, box: SVGElement, count: SVGTextElement, side: SVGTextElement, mark: SVGTextElement, bar: SVGRectElement, barWidth: number, hit: SVGRectElement }} StateParts */
/** @typedef {{ group: SVGGElement, flow: SVGTextElement, spark: SVGPathElement, hit: SVGRectElement }} TransitionParts */
/** @typedef {{ group: SVGGElement, transitions: readonly number[] }} LineParts */
/** @typedef {{ svg: SVGSVGElement, width: number, height: number, states: Map<number, StateParts>, transitions: Map<number, TransitionParts>, lines: readonly LineParts[], hits: readonly SVGRectElement[] }} DrawnChart */

export const SPARK = { x: 62, width: 62, height: 12 }

/** @param {Chart & { drawing: Drawing }} chart @param {string} label @returns {DrawnChart} */
export function drawChart({ outline, drawing }, label) {
  const { width, height, boxes, lines, dots, forks } = drawing
  const states = new Map(boxes.map((box) => [box.state, stateParts(box)]))
  /** @type {Map<number, TransitionParts>} */
  const transitions = new Map()
  const addRow = (/** @type {DrawnRow} */ row) => {
    const parts = rowParts(row)
    if (row.transition !== undefined && parts.flow !== undefined) transitions.set(row.transition, /** @type {TransitionParts} */ (parts))
    return parts.group
  }
  for (const box of boxes) for (const row of box.rows) states.get(box.state)?.group.append(addRow(row))
  for (const { state } of boxes) {
    const parent = outline.states[state]?.parent
    if (parent !== undefined) states.get(parent)?.group.append(/** @type {StateParts} */ (states.get(state)).group)
  }
  const drawn = lines.map(lineParts)
  const labels = lines.flatMap(({ label: plate }) => (plate === undefined ? [] : [s('g', { class: 'label' }, s('rect', { class: 'plate', x: plate.x, y: plate.y, width: plate.width, height: plate.height, rx: 4 }), ...plate.rows.map(addRow))]))
  const hits = [...[...states.values()].map(({ hit }) => hit), ...[...transitions.values()].map(({ hit }) => hit)]
  const svg = s('svg', { class: 'statechart', viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': label },
    s('g', { class: 'lines', 'aria-hidden': 'true' }, ...drawn.map(({ group }) => group)),
    s('g', { 'aria-hidden': 'true' }, states.get(0)?.group),
    s('g', { 'aria-hidden': 'true' }, ...dots.map(({ x, y, width: size }) => s('circle', { class: 'dot', cx: x + size / 2, cy: y + size / 2, r: size / 2 - 1 })),
      ...forks.map(({ x, y, width: w, height: high }) => s('rect', { class: 'dot', x, y, width: w, height: high, rx: 3 }))),
    s('g', { class: 'labels', 'aria-hidden': 'true' }, ...labels),
    s('g', { class: 'hits' }, ...hits))
  nameHits(outline, states, transitions)
  return { svg, width, height, states, transitions, lines: drawn, hits }
}

/** @param {import('./statechart.js').Outline} outline @param {Map<number, StateParts>} states @param {Map<number, TransitionParts>} transitions */
function nameHits(outline, states, transitions) {
  for (const [at, { hit }] of states) hit.setAttribute('aria-label', `state ${stateName(outline, at)}`)
  for (const [at, { hit }] of transitions) hit.setAttribute('aria-label', `transition ${transitionName(outline, at)}`)
}

/** @param {import('./statechart.js').Outline} outline @param {number} at */
export function stateName({ id, states }, at) {
  const state = states[at]
  return visible(state === undefined || state.path.length === 0 ? id : state.path.join('.'))
}

/** @param {import('./statechart.js').Outline} outline @param {number} at */
export function transitionName(outline, at) {
  const transition = outline.transitions[at]
  if (transition === undefined) return ''
  const { source, targets } = transition
  return `${triggerName(transition)}: ${stateName(outline, source)} → ${targets.length === 0 ? 'stays' : targets.map((target) => stateName(outline, target)).join(' and ')}`
}

/** @param {import('../../../system/ports/outline.ts').OutlineTransition} transition */
export function triggerName({ trigger, guard }) {
  return `${triggerText(trigger)}${guard === undefined ? '' : ` [${visible(guard)}]`}`
}

/** @param {import('../../../system/ports/outline.ts').OutlineTrigger} trigger */
function triggerText(trigger) {
  switch (trigger.kind) {
    case 'event': return visible(trigger.descriptor)
    case 'after': return `after ${visible(trigger.delay)}`
    case 'taskDone': return `${visible(trigger.task)} done`
    case 'taskError': return `${visible(trigger.task)} failed`
    default: return trigger.kind
  }
}

/** @param {DrawnBox} box @returns {StateParts} */
function stateParts({ x, y, width, height, kind, isRegion, hasChildren, title, titleAt, ruleY, rows }) {
  const room = rows.find(({ transition }) => transition === undefined)?.room
  const right = x + width - (titleAt.x - x)
  const half = width / 2
  const box = kind === 'history' ? s('circle', { class: 'box', cx: x + half, cy: y + half, r: half - 1 }) : s('rect', { class: 'box', x, y, width, height, rx: 8 })
  const count = s('text', { class: 'count', x: room?.x ?? x, y: (room?.y ?? y) + 12 })
  const side = s('text', { class: 'dwell', 'text-anchor': 'end', x: right, y: (room?.y ?? y) + 12 })
  const mark = s('text', { class: 'poison', 'text-anchor': 'end', x: right, y: titleAt.y })
  const barWidth = width - 16
  const bar = s('rect', { class: 'bar', x: x + 8, y: (ruleY ?? y) - 1.5, width: 0, height: 3, rx: 1.5 })
  // Of a state with others in it the header alone, so that those can be pointed at.
  const hit = s('rect', { class: 'hit', x, y, width, height: hasChildren ? Math.min(height, headerHeight(rows, y, ruleY)) : height, rx: 8, role: 'button', tabindex: -1 })
  const group = s('g', { class: ['state', kind, hasChildren ? 'compound' : 'leaf', isRegion ? 'region' : ''].filter(Boolean).join(' ') }, box,
    kind === 'final' && s('rect', { class: 'inner', x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: 5.5 }),
    s('text', { class: 'title', x: titleAt.x, y: titleAt.y, 'text-anchor': kind === 'history' ? 'middle' : 'start' }, title),
    ruleY !== undefined && s('path', { class: 'rule', d: `M${x} ${ruleY}H${x + width}` }),
    ...(room === undefined ? [] : [bar, count, side, mark]))
  return { group, box, count, side, mark, bar, barWidth, hit }
}

/** @param {readonly DrawnRow[]} rows @param {number} y @param {number | undefined} ruleY */
function headerHeight(rows, y, ruleY) {
  const last = rows.at(-1)
  if (last === undefined) return (ruleY ?? y + 32) - y
  const bottom = last.room === undefined ? (last.baselines.at(-1) ?? y) + 4 : last.room.y + last.room.height
  return bottom - y + 6
}

/** @param {DrawnRow} row @returns {{ group: SVGGElement, flow?: SVGTextElement, spark?: SVGPathElement, hit?: SVGRectElement }} */
function rowParts({ transition, lines, full, x, baselines, room, width }) {
  const texts = lines.map((spans, at) => s('text', { x, y: baselines[at] }, ...spans.map(({ text, tone }, place) => s('tspan', { class: tone }, `${place === 0 ? '' : ' '}${text}`))))
  const group = s('g', { class: 'row' }, s('title', {}, full), ...texts)
  if (transition === undefined || room === undefined) return { group }
  const flow = s('text', { class: 'flow', x: room.x, y: room.y + 12 })
  const spark = s('path', { class: 'spark' })
  group.append(s('g', { transform: `translate(${room.x + SPARK.x} ${room.y + 2})` }, spark), flow)
  const top = (baselines[0] ?? room.y + 12) - 13
  const hit = s('rect', { class: 'hit', x: x - 3, y: top, width: Math.max(width, room.width) + 6, height: room.y + room.height - top + 1, rx: 4, role: 'button', tabindex: -1 }, s('title', {}, full))
  return { group, flow, spark, hit }
}

/** @param {DrawnLine} line @returns {LineParts} */
function lineParts({ transitions, path, arrow }) {
  return { transitions, group: s('g', { class: 'line' }, path !== '' && s('path', { class: 'path', d: path }), arrow !== '' && s('path', { class: 'arrow', d: arrow })) }
}

/** A name that may be long, whole for who points at it or comes to it with the keyboard. @param {string} text @param {number} [lengthMax] */
export function nameOf(text, lengthMax = 28) {
  const whole = visible(text)
  const short = cut(whole, lengthMax)
  return short === whole ? h('bdi', { class: 'name' }, whole) : h('bdi', { class: 'name is-cut', 'data-whole': whole, title: whole }, short)
}
