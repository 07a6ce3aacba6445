// Type view: an actor type's statechart with what is in it and what flows through it now.
import { button, h, replace, setAttribute, setText } from './dom.js'
import { Problem } from './api.js'
import { count, rate } from './format.js'
import { chartFrame, choice } from './chart-frame.js'
import { secondJobs, sumOf, writeCounts } from './chart-numbers.js'
import { nameOf, stateName } from './chart.js'
import { save } from './exports.js'
import { empty, failed, loading, settle } from './notice.js'
import { PickedCard } from './panel-picked.js'
import { RefusedTable, StateTable, TransitionTable } from './panel-tables.js'
import { SINCE } from './partitions.js'
import { address } from './route.js'
import { RATE_SECONDS } from './series.js'
import { Statechart } from './statechart.js'
import { Turns } from './turns.js'

/** @typedef {import('./chart-frame.js').Picked} Picked */

/** @param {HTMLElement} main @param {{ type: string, state?: string }} route @param {import('./app.js').Context} context @returns {import('./app.js').View} */
export function typeView(main, route, context) {
  const { type } = route
  const { api, live, signal, title, types } = context
  title(type)
  const head = new Head(context, type)
  const body = h('div', {}, loading('the statechart'))
  replace(main, head.element, body)
  /** @type {TypeBody | undefined} */
  let shown
  const ask = () => settle(signal, api.get(`/v1/types/${encodeURIComponent(type)}/chart`, signal), (chart) => {
    head.isThere = true
    shown = new TypeBody(context, type, chart)
    replace(body, shown.element)
    shown.pickState(route.state)
    update(true)
  }, (problem) => {
    head.isThere = !(problem instanceof Problem && problem.status === 404)
    replace(body, failed(problem, ask))
  })
  ask()
  settle(signal, types(), (all) => head.describe(all.find((one) => one.type === type)), () => {})
  let isHeadWritten = false
  const update = (/** @type {boolean} */ isSample) => {
    const look = live.look?.types[type]
    if (look === undefined) return
    if (isSample || !isHeadWritten) head.write(look, live.rates)
    isHeadWritten = true
    shown?.write(look, isSample)
  }
  update(true)
  return { update, reroute: (next) => next.view === 'type' && next.type === type && shown?.isPicked(next.state) === true }
}

class Head {
  #code = h('span', { class: 'muted' })
  #type
  #figures
  #numbers
  #tools
  element

  /** @param {import('./app.js').Context} context @param {string} type */
  constructor(context, type) {
    this.#type = type
    this.#figures = new Map(['entities', 'in', 'out', 'decisions', 'parked', 'dead letters'].map((name) => [name, name === 'dead letters' ? h('a', { href: address({ view: 'letters', type }) }) : h('span')]))
    this.#tools = h('div', { class: 'tools', role: 'group', 'aria-label': 'Save the statechart' }, ...(/** @type {const} */ (['SVG', 'Mermaid', 'JSON'])).map((form) => button(form, () => save(context.api, type, form), { title: `Save the statechart as ${form}` })))
    this.#numbers = h('dl', { class: 'figures' }, ...[...this.#figures].map(([name, value]) => h('div', { title: name === 'dead letters' ? SINCE : undefined }, h('dt', {}, name), h('dd', {}, value))))
    this.element = h('div', { class: 'head' }, h('div', {}, h('h1', {}, nameOf(type, 48)), this.#code), this.#tools, this.#numbers)
  }

  /** Of what is not there there are no numbers, and nothing is saved. @param {boolean} is */
  set isThere(is) {
    this.#tools.hidden = !is
    this.#numbers.hidden = !is
  }

  /** @param {import('./app.js').TypeSummary | undefined} summary */
  describe(summary) {
    setText(this.#code, summary === undefined ? '' : `${summary.code} · ${summary.partitions} partitions${summary.sources.length === 0 ? '' : ` · from ${summary.sources.join(', ')}`}`)
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates */
  write(look, rates) {
    const type = this.#type
    const texts = {
      entities: count(look.entities), in: rate(rates.mean(`${type} inputs`, RATE_SECONDS)), out: rate(rates.mean(`${type} outputs`, RATE_SECONDS)), decisions: rate(rates.mean(`${type} decisions`, RATE_SECONDS)),
      parked: count(look.parked), 'dead letters': count(look.deadLetters ?? sumOf(look.refused ?? {})),
    }
    for (const [name, text] of Object.entries(texts)) setText(/** @type {HTMLElement} */ (this.#figures.get(name)), text)
  }
}

class TypeBody {
  #context
  #type
  #machine
  #heat = /** @type {import('./chart-numbers.js').Heat} */ ('count')
  /** @type {import('./chart-frame.js').ChartFrame | undefined} */
  #frame
  #states
  #transitions
  #refused
  #card
  /** @type {Picked} */
  #picked
  #beyond = h('p', { class: 'muted' })
  /** @type {HTMLButtonElement | undefined} */
  #latency
  #turns
  element

  /** @param {import('./app.js').Context} context @param {string} type @param {import('./chart.js').Chart} chart */
  constructor(context, type, chart) {
    this.#context = context
    this.#turns = new Turns(context.live)
    this.#type = type
    this.#machine = new Statechart(chart.outline)
    const pick = (/** @type {Picked} */ picked) => this.#pick(picked)
    this.#frame = chart.drawing === null ? undefined : chartFrame({ ...chart, drawing: chart.drawing }, `Statechart of ${type}`, pick)
    this.#states = new StateTable(this.#machine, pick)
    this.#transitions = new TransitionTable(this.#machine, pick)
    this.#refused = new RefusedTable(this.#machine)
    this.#card = new PickedCard(context, type, this.#machine, () => this.#pick(undefined))
    this.element = h('div', { class: 'columns' }, h('section', { class: 'wide', 'aria-label': 'Statechart' }, this.#chartPart(chart)),
      h('div', { class: 'panel' }, this.#card.element,
        h('section', { 'aria-labelledby': 'states-title' }, h('h2', { id: 'states-title' }, 'States'), this.#states.element, this.#beyond),
        h('section', { 'aria-labelledby': 'transitions-title' }, h('h2', { id: 'transitions-title' }, 'Transitions'), this.#transitions.element), this.#refused.element))
  }

  /** @param {import('./chart.js').Chart} chart */
  #chartPart(chart) {
    if (this.#frame === undefined) return empty('This statechart is not drawn', chart.reason ?? '', ' The tables tell the same.')
    const heat = choice('Heat', [{ value: 'count', text: 'Count', title: 'Full states and busy transitions stand out' }, { value: 'latency', text: 'Latency', title: 'Slow transitions stand out: from the time of a record to its commit' }, { value: 'off', text: 'Off' }], 'count', (value) => {
      this.#heat = /** @type {import('./chart-numbers.js').Heat} */ (value)
      const look = this.#context.live.look?.types[this.#type]
      if (look !== undefined) this.write(look, true)
    })
    this.#latency = heat.buttons[1]
    return h('div', { class: 'card chart-card' }, h('div', { class: 'bar-of-tools' }, h('span', { class: 'muted' }, 'Heat'), heat.element, h('span', { class: 'grow' }), this.#frame.tools), this.#frame.element, legend())
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {boolean} isSample */
  write(look, isSample) {
    const { rates } = this.#context.live
    const numbered = this.#frame === undefined ? undefined : { chart: this.#frame.drawn, machine: this.#machine, type: this.#type }
    if (numbered !== undefined) writeCounts(numbered, look, this.#heat)
    if (isSample) {
      this.#turns.begin([
        ...(numbered === undefined ? [] : secondJobs(numbered, look, rates, this.#heat)),
        () => this.#states.write(look, rates, this.#type),
        () => this.#transitions.write(look, rates, this.#type),
        () => this.#writeRest(look),
      ])
    }
    this.#turns.take()
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look */
  #writeRest(look) {
    if (this.#latency !== undefined) setAttribute(this.#latency, 'disabled', Object.keys(look.latencyMs).length === 0)
    this.#refused.write(look)
    this.#card.write(look)
    const rest = look.occupancy['...'] ?? 0
    setText(this.#beyond, rest === 0 ? '' : `${count(rest)} entities are in further configurations, which are not told one by one.`)
  }

  /** @param {string | undefined} path */
  pickState(path) {
    const at = path === undefined ? -1 : this.#machine.outline.states.findIndex((_, place) => stateName(this.#machine.outline, place) === path)
    this.#show(at === -1 ? undefined : { kind: 'state', at })
  }

  /** @param {string | undefined} path */
  isPicked(path) {
    if (this.#picked?.kind !== 'state') return path === undefined
    if (stateName(this.#machine.outline, this.#picked.at) === path) return true
    this.pickState(path)
    return true
  }

  /** @param {Picked} picked */
  #pick(picked) {
    const isSame = picked?.kind === this.#picked?.kind && picked?.at === this.#picked?.at
    const next = isSame ? undefined : picked
    this.#show(next)
    const state = next?.kind === 'state' ? stateName(this.#machine.outline, next.at) : undefined
    history.replaceState(null, '', address({ view: 'type', type: this.#type, ...(state === undefined ? {} : { state }) }))
  }

  /** @param {Picked} picked */
  #show(picked) {
    this.#picked = picked
    this.#frame?.show(picked)
    this.#states.mark(picked)
    this.#transitions.mark(picked)
    this.#card.show(picked)
    const look = this.#context.live.look?.types[this.#type]
    if (look !== undefined) this.#card.write(look)
  }
}

function legend() {
  return h('p', { class: 'legend muted' }, h('span', {}, h('b', {}, '1,204'), ' entities there now'), h('span', {}, 'ø mean dwell: entities there / rate of leaving'), h('span', {}, h('b', {}, '3.1/s'), ' taken, with the last minute'), h('span', {}, '▲ refused there'))
}
