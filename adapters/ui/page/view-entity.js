// Entity view: one entity on the chart of its type: where it is, what it knows, what it waits for, what it took, and a way to speak to it.
//
// V1. While there is none, what stands here stays (what somebody writes, and the key of what was sent), however often it is asked for again.
import { h, replace, setAttribute, setText } from './dom.js'
import { Problem } from './api.js'
import { chartFrame } from './chart-frame.js'
import { secondJobs, writeCounts } from './chart-numbers.js'
import { nameOf } from './chart.js'
import { LastDecision } from './decisions.js'
import { Facts } from './entity-facts.js'
import { Features } from './entity-features.js'
import { History } from './entity-history.js'
import { Sender } from './entity-send.js'
import { entityPath, follow } from './entity-source.js'
import { cut, visible } from './format.js'
import { empty, failed, loading, settle, wordsOf } from './notice.js'
import { address, encode } from './route.js'
import { Statechart } from './statechart.js'
import { Turns } from './turns.js'

const NONE = 'entity/not-found'

/** @param {HTMLElement} main @param {{ type: string, id: string }} route @param {import('./app.js').Context} context @returns {import('./app.js').View} */
export function entityView(main, { type, id }, context) {
  const { api, live, signal, title } = context
  title(`${type} ${cut(visible(id), 40)}`)
  const head = new EntityHead(type, id)
  const body = h('div', {}, loading('the entity'))
  replace(main, head.element, body)
  // What a browser makes of them: the folder around.
  if (id === '.' || id === '..') {
    replace(body, empty(`A browser cannot ask for the id '${id}'`, 'It takes it for a way up. On the command line: ', h('code', {}, `statelog get ${type} ${id}`)))
    return {}
  }
  const path = entityPath(type, id)
  const chart = new EntityChart(type, live)
  /** @type {{ facts: Facts, features: Features, decision: LastDecision, history: History, sender: Sender } | undefined} */
  let parts
  /** @type {import('./entity-source.js').Entity | undefined} */
  let entity
  const show = () => {
    if (entity === undefined) return
    chart.light(entity)
    if (chart.machine !== undefined) parts?.sender.offer(chart.machine.outline, chart.machine.activeIn(entity.configuration))
  }
  const make = () => {
    const [features, decision] = [new Features(), new LastDecision()]
    const history = new History(api, path, signal, (listed) => [features, decision].forEach((part) => part.listed(listed)))
    const made = { facts: new Facts([decision.element, features.element]), features, decision, history, sender: new Sender(api, path, () => history.newer()) }
    replace(body, h('div', { class: 'columns' }, h('div', { class: 'wide stack' }, chart.element, made.history.element), h('div', { class: 'panel' }, made.facts.element, made.sender.element)))
    return made
  }
  let changedSeq = -1
  /** Of what is shown in its place. */
  let absentCode = ''
  follow(api, path, signal, (next) => {
    entity = next
    absentCode = ''
    parts ??= make()
    parts.facts.write(next)
    parts.features.write(next.features ?? [])
    if (changedSeq !== -1 && next.changedSeq !== changedSeq) parts.history.newer()
    changedSeq = next.changedSeq ?? -1
    head.write(next)
    show()
  }, (problem) => {
    const { status, code } = problem instanceof Problem ? problem : { status: 0, code: '' }
    if ((parts !== undefined || absentCode === NONE) && status !== 404) return head.away(problem)
    parts = undefined
    entity = undefined
    head.none()
    // V1.
    if (code === NONE && absentCode === NONE) return
    absentCode = code
    replace(body, absent(problem, type, api, path))
  })
  settle(signal, api.get(`/v1/types/${encode(type)}/chart`, signal), (found) => {
    chart.draw(found)
    show()
    update(true)
  }, (problem) => chart.fail(problem))
  const update = (/** @type {boolean} */ isSample) => {
    const look = live.look?.types[type]
    if (look !== undefined) chart.write(look, live.rates, isSample)
    parts?.facts.tick()
    parts?.decision.tick()
  }
  update(true)
  return { update }
}

/** Nothing to see: there is none, or none that can be told of now. @param {unknown} problem @param {string} type @param {import('./api.js').Api} api @param {string} path */
function absent(problem, type, api, path) {
  if (!(problem instanceof Problem) || problem.code !== NONE) return failed(problem)
  return h('div', { class: 'stack' }, empty(`There is no ${type} with this id`, 'An event makes one. This page shows it as soon as it is there.'), new Sender(api, path, () => {}).element)
}

class EntityHead {
  #where = h('p', { class: 'where' })
  #away = h('p', { class: 'is-bad', role: 'status' })
  element

  /** @param {string} type @param {string} id */
  constructor(type, id) {
    this.#away.hidden = true
    this.#where.hidden = true
    this.element = h('div', { class: 'head' }, h('div', {}, h('p', { class: 'crumbs' }, h('a', { href: address({ view: 'type', type }) }, nameOf(type))), h('h1', {}, nameOf(id, 56))), this.#where, this.#away)
  }

  /** @param {import('./entity-source.js').Entity} entity */
  write({ configuration, parked, status }) {
    this.#away.hidden = true
    this.#where.hidden = false
    const text = `${parked === undefined ? '●' : '▲'} ${configuration ?? 'no state yet'}${parked === undefined ? (status === 'active' || status === undefined ? '' : ` (${status})`) : `, parked: ${parked.class}`}`
    setText(this.#where, visible(text).replaceAll(',', ', '))
    setAttribute(this.#where, 'data-tone', parked === undefined ? 'here' : 'bad')
  }

  none() {
    this.#where.hidden = true
    this.#away.hidden = true
  }

  /** What is shown is old. @param {unknown} problem */
  away(problem) {
    this.#away.hidden = false
    const { title, detail } = wordsOf(problem)
    setText(this.#away, `▲ ${title}: ${detail} What is shown is from before; it is asked for again.`)
  }
}

class EntityChart {
  #type
  #holder = h('div', {}, loading('the statechart'))
  #bar = h('div', { class: 'bar-of-tools' }, h('span', { class: 'muted' }, 'Lit: where this entity is. Numbers: all of its type.'), h('span', { class: 'grow' }))
  element = h('section', { class: 'card chart-card', 'aria-label': 'Statechart' }, this.#bar, this.#holder)
  /** @type {import('./chart-frame.js').ChartFrame | undefined} */
  #frame
  /** @type {Statechart | undefined} */
  machine
  #lit = ''

  #turns

  /** @param {string} type @param {import('./live.js').Live} live */
  constructor(type, live) {
    this.#type = type
    this.#turns = new Turns(live)
  }

  /** @param {import('./chart.js').Chart} chart */
  draw(chart) {
    this.machine = new Statechart(chart.outline)
    if (chart.drawing === null) return replace(this.#holder, empty('This statechart is not drawn', chart.reason ?? ''))
    this.#frame = chartFrame({ ...chart, drawing: chart.drawing }, `Statechart of ${this.#type}`, () => {})
    replace(this.#holder, this.#frame.element)
    this.#bar.append(this.#frame.tools)
  }

  /** @param {unknown} problem */
  fail(problem) {
    replace(this.#holder, failed(problem))
  }

  /** @param {import('./entity-source.js').Entity} entity */
  light({ configuration }) {
    if (this.#frame === undefined || this.machine === undefined) return
    const lit = this.machine.activeIn(configuration).filter((at) => at !== 0)
    if (this.#lit === `${lit}`) return
    this.#lit = `${lit}`
    this.#frame.show(undefined, lit)
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look @param {import('./series.js').Rates} rates @param {boolean} isSample */
  write(look, rates, isSample) {
    if (this.#frame === undefined || this.machine === undefined) return
    const numbered = { chart: this.#frame.drawn, machine: this.machine, type: this.#type }
    writeCounts(numbered, look, 'off')
    if (isSample) this.#turns.begin(secondJobs(numbered, look, rates, 'off'))
    this.#turns.take()
  }
}
