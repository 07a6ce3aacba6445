// Chart numbers: what flows through a chart, written into it.
//
// N1. Only what has changed is written (M2 of `dom.js`); heat and widths have few steps.
// N2. Counts are written as often as they change; what is worked out of a second, once a second and in pieces.
import { SPARK } from './chart.js'
import { setAttribute, setText, setVariable } from './dom.js'
import { about, compact, duration, rate } from './format.js'
import { takenName } from './series.js'
import { drawSpark } from './spark.js'

/** @typedef {'count' | 'latency' | 'off'} Heat */
/** @typedef {{ chart: import('./chart.js').DrawnChart, machine: import('./statechart.js').Statechart, type: string }} Numbered */

const STEPS = 20
/** Transitions that are written in one frame. */
const PIECE = 40

/** How many are where: as often as it changes. @param {Numbered} numbered @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {Heat} heat */
export function writeCounts({ chart, machine }, look, heat) {
  const occupancy = machine.occupancy(look.occupancy)
  const most = Math.max(1, look.entities)
  for (const [at, parts] of chart.states) {
    if (machine.outline.states[at]?.kind === 'history') continue
    const there = occupancy[at] ?? 0
    setText(parts.count, compact(there))
    parts.count.classList.toggle('is-none', there === 0)
    setAttribute(parts.bar, 'width', Math.round((there / most) * parts.barWidth))
    setVariable(parts.group, '--heat', heat === 'count' ? stepped(Math.sqrt(there / most)) : 0)
  }
}

/** How long one stays, and what was refused: once a second. @param {Numbered} numbered @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates */
function writeStays({ chart, machine, type }, look, rates) {
  const occupancy = machine.occupancy(look.occupancy)
  const refused = refusedByState(machine, look)
  for (const [at, parts] of chart.states) {
    const dwellMs = at === 0 ? NaN : machine.dwellMs(at, occupancy, type, rates)
    setText(parts.side, Number.isNaN(dwellMs) ? '' : `ø ${about(dwellMs)}`)
    const classes = refused.get(at)
    setText(parts.mark, classes === undefined ? '' : `▲ ${compact(sumOf(classes))}`)
  }
}

/** What a second changes, in pieces. @param {Numbered} numbered @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates @param {Heat} heat @returns {readonly (() => void)[]} */
export function secondJobs(numbered, look, rates, heat) {
  const { chart, machine, type } = numbered
  const { transitions } = machine.outline
  const flows = transitions.map((_, at) => machine.flow(at, type, rates))
  const latencies = transitions.map(({ id }) => look.latencyMs[id] ?? NaN)
  const values = heat === 'latency' ? latencies : flows
  const most = values.reduce((max, value) => (value > max ? value : max), 0)
  const rows = [...chart.transitions]
  const pieces = Array.from({ length: Math.ceil(rows.length / PIECE) }, (_, at) => rows.slice(at * PIECE, (at + 1) * PIECE))
  return [
    () => writeStays(numbered, look, rates),
    ...pieces.map((piece) => () => {
      for (const [at, { flow, spark }] of piece) {
        const value = values[at] ?? NaN
        setText(flow, heat === 'latency' ? duration(value) : rate(value))
        flow.classList.toggle('is-none', !(value > 0))
        drawSpark(spark, rates.of(takenName(type, transitions[at]?.id ?? '')), SPARK.width, SPARK.height)
      }
    }),
    () => {
      for (const { group, transitions: places } of chart.lines) {
        const value = heat === 'latency' ? Math.max(0, ...places.map((at) => values[at] || 0)) : places.reduce((sum, at) => sum + (values[at] || 0), 0)
        setVariable(group, '--flow', heat === 'off' || most === 0 ? 0 : stepped(Math.min(1, Math.sqrt(value / most))))
      }
    },
  ]
}

/** Refused inputs by the states they met, innermost. @param {import('./statechart.js').Statechart} machine @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @returns {Map<number, Record<string, number>>} */
export function refusedByState(machine, { refusedIn = {} }) {
  /** @type {Map<number, Record<string, number>>} */
  const found = new Map()
  for (const [configuration, classes] of Object.entries(refusedIn)) {
    const active = configuration === '' ? [] : machine.activeIn(configuration)
    const leaves = active.filter((at) => !active.some((other) => machine.outline.states[other]?.parent === at))
    for (const at of leaves.length === 0 ? [0] : leaves) {
      const sums = found.get(at) ?? {}
      for (const [name, count] of Object.entries(classes)) sums[name] = (sums[name] ?? 0) + count
      found.set(at, sums)
    }
  }
  return found
}

/** @param {Readonly<Record<string, number>>} counts */
export function sumOf(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** @param {number} value 0 to 1 */
function stepped(value) {
  return Math.round(value * STEPS) / STEPS
}

/** Which states and transitions are picked out. @param {import('./chart.js').DrawnChart} chart @param {{ states?: readonly number[], transition?: number | undefined }} lit */
export function light(chart, { states = [], transition }) {
  for (const [at, { group, hit }] of chart.states) {
    group.classList.toggle('is-lit', states.includes(at))
    setAttribute(hit, 'aria-pressed', states.includes(at) ? 'true' : 'false')
  }
  for (const [at, { group, hit }] of chart.transitions) {
    group.classList.toggle('is-lit', at === transition)
    setAttribute(hit, 'aria-pressed', at === transition ? 'true' : 'false')
  }
  for (const { group, transitions } of chart.lines) group.classList.toggle('is-lit', transition !== undefined && transitions.includes(transition))
}
