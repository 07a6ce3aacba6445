// Panel tables: states and transitions as rows: what the chart shows, for who reads tables or cannot see charts.
import { button, h, s, setAttribute, setText } from './dom.js'
import { count, duration, rate, share } from './format.js'
import { refusedByState } from './chart-numbers.js'
import { nameOf, stateName, transitionName, triggerName } from './chart.js'
import { SINCE } from './partitions.js'
import { takenName } from './series.js'
import { drawSpark } from './spark.js'
import { rowOf, Table } from './table.js'

/** @typedef {import('./chart-frame.js').Picked} Picked */

const STATE_COLUMNS = [{ text: 'State' }, { text: 'Entities', isNumber: true }, { text: 'Share', isNumber: true }, { text: 'Dwell', isNumber: true, title: "Mean dwell by Little's law: entities there / rate of leaving, over the last minute" }]
const TRANSITION_COLUMNS = [{ text: 'Transition' }, { text: 'Flow', isNumber: true }, { text: 'Last minute' }, { text: 'Taken', isNumber: true, title: SINCE }]
const SPARK_SIZE = { width: 64, height: 14 }

export class StateTable {
  #machine
  /** @type {Map<number, HTMLButtonElement>} */
  #buttons = new Map()
  #table
  element

  /** @param {import('./statechart.js').Statechart} machine @param {(picked: Picked) => void} pick */
  constructor(machine, pick) {
    this.#machine = machine
    this.#table = new Table('States', STATE_COLUMNS, {
      key: (/** @type {{ at: number, texts: readonly string[], path: string }} */ { at }) => String(at),
      make: ({ at, path }) => {
        const state = machine.outline.states[at]
        const name = button('', () => pick({ kind: 'state', at }), { class: 'plain', 'aria-pressed': 'false', title: path })
        name.append(nameOf(state?.parent === undefined ? machine.outline.id : state.key, 18))
        const indent = h('span', { class: 'indent' }, name)
        indent.style.setProperty('--depth', String(Math.min(5, state?.path.length ?? 0)))
        this.#buttons.set(at, name)
        const texts = STATE_COLUMNS.slice(1).map(() => h('span'))
        const row = rowOf([indent, ...texts], STATE_COLUMNS)
        setAttribute(row, 'data-state', path)
        return { row, parts: texts }
      },
      write: (parts, { texts }) => parts.forEach((cell, at) => setText(cell, texts[at] ?? '')),
    })
    this.element = this.#table.element
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates @param {string} type */
  write(look, rates, type) {
    const occupancy = this.#machine.occupancy(look.occupancy)
    const { states } = this.#machine.outline
    this.#table.write(states.flatMap(({ kind }, at) => {
      if (kind === 'history') return []
      const there = occupancy[at] ?? 0
      const dwellMs = at === 0 ? NaN : this.#machine.dwellMs(at, occupancy, type, rates)
      const dwell = !this.#machine.isLeft(at) || at === 0 ? 'stays' : Number.isNaN(dwellMs) ? '–' : duration(dwellMs)
      return [{ at, path: stateName(this.#machine.outline, at), texts: [count(there), share(there, look.entities), dwell] }]
    }))
  }

  /** @param {Picked} picked */
  mark(picked) {
    for (const [at, name] of this.#buttons) setAttribute(name, 'aria-pressed', picked?.kind === 'state' && picked.at === at ? 'true' : 'false')
  }
}

export class TransitionTable {
  #machine
  /** @type {Map<number, HTMLButtonElement>} */
  #buttons = new Map()
  #table
  element

  /** @param {import('./statechart.js').Statechart} machine @param {(picked: Picked) => void} pick */
  constructor(machine, pick) {
    this.#machine = machine
    const { outline } = machine
    this.#table = new Table('Transitions', TRANSITION_COLUMNS, {
      key: (/** @type {{ at: number, flow: string, taken: string, series: import('./series.js').Series | undefined }} */ { at }) => String(at),
      make: ({ at }) => {
        const transition = /** @type {import('../../../system/ports/outline.ts').OutlineTransition} */ (outline.transitions[at])
        const name = button('', () => pick({ kind: 'transition', at }), { class: 'plain', 'aria-pressed': 'false', title: transitionName(outline, at) })
        name.append(nameOf(triggerName(transition), 26))
        this.#buttons.set(at, name)
        const targets = transition.targets.length === 0 ? 'stays' : transition.targets.map((target) => outline.states[target]?.key ?? '').join(', ')
        const way = h('span', { class: 'way muted' }, nameOf(transition.source === 0 ? outline.id : outline.states[transition.source]?.key ?? '', 14), ' → ', nameOf(targets, 16))
        const [flow, taken] = [h('span'), h('span')]
        const spark = s('path', { class: 'spark' })
        const picture = s('svg', { class: 'spark-box', width: SPARK_SIZE.width, height: SPARK_SIZE.height, 'aria-hidden': 'true' }, spark)
        return { row: rowOf([h('span', {}, name, way), flow, picture, taken], TRANSITION_COLUMNS), parts: { flow, taken, spark } }
      },
      write: ({ flow, taken, spark }, item) => {
        setText(flow, item.flow)
        setText(taken, item.taken)
        drawSpark(spark, item.series, SPARK_SIZE.width, SPARK_SIZE.height)
      },
    })
    this.element = this.#table.element
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates @param {string} type */
  write(look, rates, type) {
    const { transitions } = this.#machine.outline
    if (transitions.length === 0) return this.#table.say('This statechart has no transitions.')
    this.#table.write(transitions.map(({ id }, at) => ({ at, flow: rate(this.#machine.flow(at, type, rates)), taken: count(look.taken?.[id] ?? 0), series: rates.of(takenName(type, id)) })))
  }

  /** @param {Picked} picked */
  mark(picked) {
    for (const [at, name] of this.#buttons) setAttribute(name, 'aria-pressed', picked?.kind === 'transition' && picked.at === at ? 'true' : 'false')
  }
}

const REFUSED_COLUMNS = [{ text: 'State' }, { text: 'Class' }, { text: 'Refused', isNumber: true, title: SINCE }]

/** What was refused, by the state that it met, and why. */
export class RefusedTable {
  #machine
  #table
  element

  /** @param {import('./statechart.js').Statechart} machine */
  constructor(machine) {
    this.#machine = machine
    this.#table = new Table('Refused, by state and class', REFUSED_COLUMNS, {
      key: (/** @type {{ at: number, name: string, refusals: number }} */ { at, name }) => `${at} ${name}`,
      make: ({ at, name }) => {
        const refusals = h('span', { class: 'is-bad' })
        return { row: rowOf([at === 0 ? h('span', { class: 'muted' }, 'no entity, or no state') : nameOf(stateName(machine.outline, at), 26), name, refusals], REFUSED_COLUMNS), parts: refusals }
      },
      write: (cell, { refusals }) => setText(cell, `▲ ${count(refusals)}`),
    })
    this.element = h('section', { 'aria-labelledby': 'refused-title' }, h('h2', { id: 'refused-title' }, 'Refused'), this.#table.element)
    this.element.hidden = true
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look */
  write(look) {
    const rows = [...refusedByState(this.#machine, look)].sort(([a], [b]) => a - b).flatMap(([at, classes]) => Object.entries(classes).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, refusals]) => ({ at, name, refusals })))
    this.element.hidden = rows.length === 0
    this.#table.write(rows)
  }
}
