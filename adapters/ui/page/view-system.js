// System view: is it well, what flows, who stands where; and the life of a partition as a statechart.
import { h, replace, s, setAttribute, setText } from './dom.js'
import { compact, count, duration, rate } from './format.js'
import { chartFrame } from './chart-frame.js'
import { sumOf } from './chart-numbers.js'
import { nameOf } from './chart.js'
import { failed, loading, settle } from './notice.js'
import { isResting, partitionsOf, PartitionTable, signOf, SINCE } from './partitions.js'
import { address } from './route.js'
import { RATE_SECONDS } from './series.js'
import { drawSpark } from './spark.js'
import { rowOf, Table } from './table.js'

/** @param {HTMLElement} main @param {{ partition?: string }} route @param {import('./app.js').Context} context @returns {import('./app.js').View} */
export function systemView(main, route, { api, live, signal, title }) {
  title('')
  const summary = new Summary()
  const types = typeTable()
  const life = new LifeCard()
  let chosen = route.partition
  const partitions = new PartitionTable((key) => {
    chosen = chosen === key ? undefined : key
    history.replaceState(null, '', address({ view: 'system', ...(chosen === undefined ? {} : { partition: chosen }) }))
    update(true)
  })
  const waiting = loading('the system')
  const body = h('div', { class: 'stack' },
    h('section', { 'aria-labelledby': 'types-title' }, h('h2', { id: 'types-title' }, 'Actor types'), types.element),
    h('section', { 'aria-labelledby': 'partitions-title' }, h('h2', { id: 'partitions-title' }, 'Partitions'), partitions.element),
    h('section', { 'aria-labelledby': 'life-title' }, h('h2', { id: 'life-title' }, 'Life of a partition'), life.element))
  body.hidden = true
  summary.element.hidden = true
  replace(main, h('h1', {}, 'System'), summary.element, waiting, body)
  settle(signal, api.get('/v1/partitions/chart', signal), (chart) => {
    life.draw(chart)
    update(true)
  }, (problem) => life.fail(problem))
  const update = (/** @type {boolean} */ isSample) => {
    const { look, rates } = live
    if (look === undefined) return
    const isFirst = body.hidden
    body.hidden = false
    summary.element.hidden = false
    if (isFirst) waiting.remove()
    const all = partitionsOf(look)
    summary.write(look, rates, all)
    if (!isSample && !isFirst) return
    types.write(Object.entries(look.types).map(([type, own]) => ({ type, own, rates })))
    partitions.write(all, rates, chosen)
    life.write(all, all.find(({ key }) => key === chosen))
  }
  update(true)
  return { update, reroute: (next) => next.view === 'system' && next.partition === chosen }
}

/** The few numbers that say how it is. */
class Summary {
  #health = h('p', { class: 'health' })
  #values = new Map(['entities', 'events in', 'outputs', 'behind', 'commit p99', 'parked', 'dead letters'].map((name) => [name, h('dd')]))
  element = h('div', { class: 'summary' }, this.#health, h('dl', { class: 'figures' }, ...[...this.#values].map(([name, value]) => h('div', { title: name === 'dead letters' ? SINCE : undefined }, h('dt', {}, name), value))))

  /** @param {import('../../../system/gateway/flow-document.ts').FlowDocument} look @param {import('./series.js').Rates} rates @param {readonly import('./partitions.js').PartitionRow[]} partitions */
  write(look, rates, partitions) {
    const types = Object.entries(look.types)
    const sum = (/** @type {(type: string, own: import('../../../system/gateway/flow-document.ts').TypeFlow) => number} */ of) => types.reduce((total, [type, own]) => total + of(type, own), 0)
    const behind = partitions.reduce((total, { look: { lag } }) => total + (lag === undefined ? 0 : lag.sources + lag.inbox), 0)
    const slowest = partitions.reduce((most, { look: { commitMs } }) => Math.max(most, commitMs?.p99 ?? -1), -1)
    const texts = {
      entities: count(sum((_, { entities }) => entities)), 'events in': rate(sum((type) => rates.mean(`${type} inputs`, RATE_SECONDS))), outputs: rate(sum((type) => rates.mean(`${type} outputs`, RATE_SECONDS))),
      behind: count(behind), 'commit p99': slowest < 0 ? '–' : duration(slowest), parked: count(sum((_, { parked }) => parked)), 'dead letters': count(sum((_, { deadLetters, refused }) => deadLetters ?? sumOf(refused ?? {}))),
    }
    for (const [name, text] of Object.entries(texts)) setText(/** @type {HTMLElement} */ (this.#values.get(name)), text)
    this.#writeHealth(partitions)
  }

  /** @param {readonly import('./partitions.js').PartitionRow[]} partitions */
  #writeHealth(partitions) {
    const ill = partitions.filter(({ look: { state } }) => signOf(state).tone === 'bad')
    const moving = partitions.filter(({ look: { state } }) => signOf(state).tone === 'warn')
    const tone = ill.length > 0 ? 'bad' : moving.length > 0 ? 'warn' : 'good'
    const total = partitions.length
    const resting = partitions.filter(({ look: { state } }) => isResting(state)).length
    const sign = tone === 'good' && resting > 0 ? '○' : { bad: '▲', warn: '◐', good: '●' }[tone]
    const isElsewhere = partitions.some(({ look: { state } }) => state === 'elsewhere')
    const words = ill.length > 0 ? `${ill.length} of ${total} partitions need somebody` : moving.length > 0 ? `${moving.length} of ${total} partitions ${moving.every(({ look: { state } }) => state === 'slow') ? 'answer slowly' : 'are on their way'}` : resting > 0 ? (isElsewhere ? 'Read from the log: whoever runs it is not asked' : resting === total ? 'At rest: nothing runs, what stands in the log is shown' : `${resting} of ${total} partitions are at rest`) : total === 1 ? 'The one partition is live' : `All ${total} partitions are live`
    setText(this.#health, `${sign} ${words}`)
    setAttribute(this.#health, 'data-tone', tone)
  }
}

const TYPE_COLUMNS = [{ text: 'Type' }, { text: 'Entities', isNumber: true }, { text: 'Where they are' }, { text: 'In', isNumber: true }, { text: 'Last minute' }, { text: 'Out', isNumber: true }, { text: 'Parked', isNumber: true }, { text: 'Dead letters', isNumber: true, title: SINCE }]
const SHARES_MAX = 4
const SPARK_SIZE = { width: 90, height: 18 }

/** @typedef {{ type: string, own: import('../../../system/gateway/flow-document.ts').TypeFlow, rates: import('./series.js').Rates }} TypeRow */

function typeTable() {
  return new Table('Actor types', TYPE_COLUMNS, {
    key: (/** @type {TypeRow} */ { type }) => type,
    make: ({ type }) => {
      const [entities, inRate, outRate, parked] = [h('span'), h('span'), h('span'), h('span')]
      const letters = h('a', { href: address({ view: 'letters', type }) })
      const shares = Array.from({ length: SHARES_MAX + 1 }, () => h('span', { class: 'share' }))
      const spark = s('path', { class: 'spark' })
      const picture = s('svg', { class: 'spark-box', width: SPARK_SIZE.width, height: SPARK_SIZE.height, 'aria-hidden': 'true' }, spark)
      return { row: rowOf([h('a', { href: address({ view: 'type', type }) }, nameOf(type)), entities, h('span', { class: 'shares' }, ...shares), inRate, picture, outRate, parked, letters], TYPE_COLUMNS), parts: { entities, inRate, outRate, parked, letters, shares, spark } }
    },
    write: ({ entities, inRate, outRate, parked, letters, shares, spark }, { type, own, rates }) => {
      setText(entities, count(own.entities))
      setText(parked, count(own.parked))
      setText(letters, count(own.deadLetters ?? sumOf(own.refused ?? {})))
      const all = Object.entries(own.occupancy).sort(([, a], [, b]) => b - a)
      const texts = all.slice(0, SHARES_MAX).map(([name, entitiesThere]) => `${name === '' ? '(no states)' : name} ${compact(entitiesThere)}`)
      shares.forEach((share, at) => {
        const text = at < SHARES_MAX ? texts[at] ?? '' : all.length > SHARES_MAX ? `and ${all.length - SHARES_MAX} more` : ''
        setText(share, text)
        setAttribute(share, 'title', at < SHARES_MAX ? text : undefined)
        share.hidden = text === ''
      })
      setText(inRate, rate(rates.mean(`${type} inputs`, RATE_SECONDS)))
      setText(outRate, rate(rates.mean(`${type} outputs`, RATE_SECONDS)))
      drawSpark(spark, rates.of(`${type} inputs`), SPARK_SIZE.width, SPARK_SIZE.height)
    },
  })
}

/** The statechart of a partition's life: how many are in which state, and where the chosen one is. */
class LifeCard {
  #text = h('p', { class: 'muted' }, 'Choose a partition to see where it stands.')
  #holder = h('div', {}, loading('the statechart'))
  #tools = h('div')
  element = h('div', { class: 'card chart-card' }, h('div', { class: 'bar-of-tools' }, this.#text, h('span', { class: 'grow' }), this.#tools), this.#holder)
  /** @type {{ frame: import('./chart-frame.js').ChartFrame, outline: import('./statechart.js').Outline } | undefined} */
  #drawn
  #lit = ''

  /** @param {import('./chart.js').Chart} chart */
  draw(chart) {
    if (chart.drawing === null) return replace(this.#holder, h('p', { class: 'muted' }, chart.reason ?? ''))
    const frame = chartFrame({ ...chart, drawing: chart.drawing }, 'Life of a partition', () => {})
    this.#drawn = { frame, outline: chart.outline }
    this.#lit = ''
    replace(this.#holder, frame.element)
    replace(this.#tools, frame.tools)
  }

  /** @param {unknown} problem */
  fail(problem) {
    replace(this.#holder, failed(problem))
  }

  /** @param {readonly import('./partitions.js').PartitionRow[]} all @param {import('./partitions.js').PartitionRow | undefined} chosen */
  write(all, chosen) {
    setText(this.#text, chosen === undefined ? all.every(({ look: { state } }) => isResting(state)) ? 'The log alone is read: no owner is asked where it is.' : `${all.length === 1 ? 'Where the partition is now.' : `Where the ${all.length} partitions are now.`} Choose one to see it alone.` : `${chosen.type} ${chosen.index} is ${chosen.look.state}${chosen.look.reason === undefined || chosen.look.reason === '' ? '' : `: ${chosen.look.reason}`}`)
    if (this.#drawn === undefined) return
    const { frame, outline } = this.#drawn
    const of = (/** @type {string} */ state) => all.filter(({ look }) => look.state === state).length
    outline.states.forEach(({ key }, at) => {
      const parts = frame.drawn.states.get(at)
      if (parts !== undefined) setText(parts.count, of(key) === 0 ? '' : count(of(key)))
    })
    const lit = outline.states.flatMap(({ key }, at) => ((chosen === undefined ? of(key) > 0 : chosen.look.state === key) ? [at] : []))
    if (this.#lit === lit.join()) return
    this.#lit = lit.join()
    frame.show(undefined, lit)
  }
}
