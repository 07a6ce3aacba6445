// Chart frame: a chart to look at and to walk through: its scale, the keyboard, what is picked.
//
// K1. One stop of the Tab key; arrows go to the nearest state or transition in their direction, Enter picks, Escape lets go.
import { drawChart } from './chart.js'
import { light } from './chart-numbers.js'
import { button, h, setAttribute } from './dom.js'

/** @typedef {{ kind: 'state', at: number } | { kind: 'transition', at: number } | undefined} Picked */
/** @typedef {{ element: HTMLElement, tools: HTMLElement, drawn: import('./chart.js').DrawnChart, show: (picked: Picked, lit?: readonly number[]) => void }} ChartFrame */

const SCALE_MIN = 0.35
/** Below this its letters are too small to be read at a glance: rather a part of it. */
const FIT_MIN = 0.6
const FIT_HEIGHT = 0.82
const SCALE_MAX = 2
/** Of `.chart-view`, both sides. */
const PADDING = 24

/** @param {import('./chart.js').Chart & { drawing: import('./chart.js').Drawing }} chart @param {string} label @param {(picked: Picked) => void} onPick @returns {ChartFrame} */
export function chartFrame(chart, label, onPick) {
  const drawn = drawChart(chart, label)
  const view = h('div', { class: 'chart-view', role: 'region', tabindex: 0, 'aria-label': `${label}, which may be scrolled` }, drawn.svg)
  const scale = scaler(drawn, view)
  const tools = h('div', { class: 'tools', role: 'group', 'aria-label': 'Scale of the chart' },
    button('−', () => scale.by(1 / 1.25), { 'aria-label': 'Smaller', title: 'Smaller' }),
    button('Fit', () => scale.fit(), { title: 'As wide as there is room' }),
    button('+', () => scale.by(1.25), { 'aria-label': 'Larger', title: 'Larger' }))
  walkable(drawn, onPick)
  return {
    element: view, tools, drawn,
    show: (picked, lit = []) => {
      light(drawn, { states: picked?.kind === 'state' ? [...lit, picked.at] : lit, transition: picked?.kind === 'transition' ? picked.at : undefined })
      reveal(view, drawn, lit.at(0) ?? (picked?.kind === 'state' ? picked.at : undefined))
    },
  }
}

/** @param {import('./chart.js').DrawnChart} drawn @param {HTMLElement} view */
function scaler({ svg, width, height }, view) {
  /** @type {number | undefined} */
  let chosen
  const apply = () => {
    const room = view.clientWidth - PADDING
    const fit = Math.min(1, Math.max(FIT_MIN, Math.min(room / width, (innerHeight * FIT_HEIGHT) / height)))
    svg.style.width = `${Math.round(width * (chosen ?? fit))}px`
  }
  // What is no longer part of the page is no longer observed.
  new ResizeObserver(apply).observe(view)
  return {
    fit: () => {
      chosen = undefined
      apply()
    },
    by: (/** @type {number} */ factor) => {
      const now = chosen ?? svg.getBoundingClientRect().width / width
      const middle = (view.scrollLeft + view.clientWidth / 2) / Math.max(1, view.scrollWidth)
      chosen = Math.min(SCALE_MAX, Math.max(SCALE_MIN, now * factor))
      apply()
      view.scrollLeft = middle * view.scrollWidth - view.clientWidth / 2
    },
  }
}

/** Sideways, where a chart is wider than there is room. @param {HTMLElement} view @param {import('./chart.js').DrawnChart} drawn @param {number | undefined} state */
function reveal(view, { svg, states, width }, state) {
  const hit = state === undefined ? undefined : states.get(state)?.hit
  if (hit === undefined || view.scrollWidth <= view.clientWidth) return
  const scale = svg.getBoundingClientRect().width / width
  const x = middleOf(hit)[0] * scale
  const half = (Number(hit.getAttribute('width')) / 2) * scale + PADDING
  if (x - half < view.scrollLeft || x + half > view.scrollLeft + view.clientWidth) view.scrollLeft = x - view.clientWidth / 2
}

/** K1. @param {import('./chart.js').DrawnChart} drawn @param {(picked: Picked) => void} onPick */
function walkable({ svg, hits, states, transitions }, onPick) {
  /** @type {Map<Element, Picked>} */
  const meaning = new Map()
  for (const [at, { hit }] of states) meaning.set(hit, { kind: 'state', at })
  for (const [at, { hit }] of transitions) meaning.set(hit, { kind: 'transition', at })
  let current = hits[1] ?? hits[0]
  current?.setAttribute('tabindex', '0')
  const focus = (/** @type {SVGRectElement | undefined} */ hit) => {
    if (hit === undefined) return
    current?.setAttribute('tabindex', '-1')
    current = hit
    hit.setAttribute('tabindex', '0')
    hit.focus()
  }
  svg.addEventListener('click', ({ target }) => {
    const hit = hits.find((one) => one === target || (target instanceof Node && one.contains(target)))
    if (hit !== undefined) onPick(meaning.get(hit))
  })
  svg.addEventListener('focusin', ({ target }) => {
    const hit = hits.find((one) => one === target)
    if (hit !== undefined && hit !== current) focus(hit)
  })
  svg.addEventListener('keydown', (event) => {
    if (current === undefined) return
    if (event.key === 'Enter' || event.key === ' ') onPick(meaning.get(current))
    else if (event.key === 'Escape') onPick(undefined)
    else if (event.key.startsWith('Arrow')) focus(nearest(hits, current, event.key))
    else return
    event.preventDefault()
  })
}

/** @param {readonly SVGRectElement[]} hits @param {SVGRectElement} from @param {string} key */
function nearest(hits, from, key) {
  const [x, y] = middleOf(from)
  const isAcross = key === 'ArrowLeft' || key === 'ArrowRight'
  const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1
  let best
  let least = Infinity
  for (const hit of hits) {
    if (hit === from) continue
    const [hx, hy] = middleOf(hit)
    const along = (isAcross ? hx - x : hy - y) * sign
    const beside = Math.abs(isAcross ? hy - y : hx - x)
    if (along <= 1) continue
    const distance = along + beside * 2
    if (distance < least) [best, least] = [hit, distance]
  }
  return best
}

/** @param {SVGRectElement} hit @returns {[number, number]} */
function middleOf(hit) {
  const of = (/** @type {string} */ name) => Number(hit.getAttribute(name))
  return [of('x') + of('width') / 2, of('y') + of('height') / 2]
}

/** One of a few, as a row of buttons. @template {string} T @param {string} label @param {readonly { value: T, text: string, title?: string }[]} choices @param {T} first @param {(value: T) => void} choose */
export function choice(label, choices, first, choose) {
  const buttons = choices.map(({ value, text, title }) => button(text, () => pick(value), title === undefined ? {} : { title }))
  const pick = (/** @type {T} */ value) => {
    choices.forEach((one, at) => setAttribute(/** @type {HTMLElement} */ (buttons[at]), 'aria-pressed', one.value === value ? 'true' : 'false'))
    choose(value)
  }
  pick(first)
  return { element: h('div', { class: 'tools', role: 'group', 'aria-label': label }, ...buttons), buttons }
}
