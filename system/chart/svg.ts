// SVG: a drawing as one image that needs nothing else: no script, no font, no other file.
//
// V1. Every text of the user is escaped; names in `data-state` and `data-transition` are found again with `nameOfXml`.
// V2. Each state is an element with `data-state`, each transition one with `data-transition`: a row of its box, or of its line's label, or the line itself.
// V3. It says what it is to who cannot see it: role, title, description; states and transitions are named, texts are text.
import type { Outline, OutlineState, OutlineTransition } from '../ports/outline.ts'
import type { Drawing, DrawnBox, DrawnLine, DrawnRow } from './drawing.ts'
import { tenth } from './paths.ts'
import { ROOT_CLASS, STYLE } from './svg-style.ts'
import { shown, transitionText } from './words.ts'
import { xmlName, xmlText } from './xml.ts'

export interface SvgOptions {
  /** `auto` follows the system. */
  readonly theme?: 'auto' | 'light' | 'dark'
}

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

function historyElement({ x, y, width, title, titleAt }: DrawnBox): string {
  const half = width / 2
  return `<circle class="box" cx="${x + half}" cy="${y + half}" r="${half - 1}"/><text class="title" text-anchor="middle" x="${titleAt.x}" y="${titleAt.y}">${xmlText(title)}</text>`
}

function boxElement(outline: Outline, { x, y, width, height, kind, title, titleAt, ruleY, rows }: DrawnBox): string {
  return [
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    ...(kind === 'final' ? [`<rect class="inner" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="5.5"/>`] : []),
    `<text class="title" x="${titleAt.x}" y="${titleAt.y}">${xmlText(title)}</text>`,
    ...(ruleY === undefined ? [] : [`<path class="rule" d="M${x} ${ruleY}H${tenth(x + width)}"/>`]),
    rowElements(outline, rows),
  ].join('\n')
}

function rowElements({ transitions }: Outline, rows: readonly DrawnRow[]): string {
  return rows.map(({ transition, lines, full, x, baselines }) => {
    const texts = lines.map((spans, at) => `<text x="${x}" y="${baselines[at]}">${spans.map(({ text, tone }, place) => `<tspan class="${tone}">${place === 0 ? '' : ' '}${xmlText(text)}</tspan>`).join('')}</text>`)
    const named = transition === undefined ? undefined : transitions[transition]
    return `<g class="row"${named === undefined ? '' : ` data-transition="${xmlName(named.id)}"`}><title>${xmlText(full)}</title>${texts.join('')}</g>`
  }).join('\n')
}

function lineElement({ transitions }: Outline, { transitions: places, path, arrow, label }: DrawnLine): string {
  if (path === '') return ''
  const named = places.flatMap((place) => transitions[place] ?? [])
  const [first] = named
  // The rows of a label are the transitions; a line without one is its transition itself.
  const own = label === undefined && first !== undefined ? ` data-transition="${xmlName(first.id)}"` : ''
  return `<g class="line"${own}><title>${xmlText(named.map(lineTitle).join('\n'))}</title><path class="path" d="${path}"/>${arrow === '' ? '' : `<path class="arrow" d="${arrow}"/>`}</g>`
}

function lineTitle(transition: OutlineTransition): string {
  return transitionText(transition)
}

function labelElement(outline: Outline, { label }: DrawnLine): string {
  if (label === undefined) return ''
  const { x, y, width, height, rows } = label
  return [`<g class="label"><rect class="plate" x="${x}" y="${y}" width="${width}" height="${height}" rx="4"/>`, rowElements(outline, rows), `</g>`].join('\n')
}
