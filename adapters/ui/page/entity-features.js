// Entity features: the values of its feature sets as of their newest event, and the events that made each.
//
// D1. A row that is open stays open while its values change: rows are made once, texts are written to them.
// D2. What the state does not tell is said so, never shown as none.
import { button, h, replace, setText } from './dom.js'
import { count, duration, figure, time, visible } from './format.js'
import { nameOf } from './chart.js'

/** @typedef {import('../../../system/features/evidence.ts').Source} Source */
/** @typedef {import('../../../system/inspect/features.ts').FeatureReport} FeatureReport */
/** @typedef {import('../../../system/inspect/features.ts').FeatureValue} FeatureValue */
/** @typedef {import('./entity-history.js').History} History */
/** @typedef {{ report: FeatureReport, feature: FeatureValue }} Shown */
/** @typedef {{ element: HTMLElement, write(shown: Shown, history: History | undefined): void }} Row */

export class Features {
  /** @type {readonly FeatureReport[]} */
  #reports = []
  /** @type {History | undefined} */
  #history
  #sets = h('div', { class: 'feature-sets' })
  /** @type {Map<string, Row>} */
  #rows = new Map()
  #written = ''
  #shape = ''
  element = h('section', { class: 'card features', 'aria-labelledby': 'features-title', hidden: true }, h('h2', { id: 'features-title' }, 'Features'), this.#sets)

  /** Events that can be shown. @param {History} history */
  listed(history) {
    this.#history = history
    this.#tell()
  }

  /** @param {readonly FeatureReport[]} reports */
  write(reports) {
    const written = JSON.stringify(reports)
    if (this.#written === written) return
    this.#written = written
    this.element.hidden = reports.length === 0
    const shape = JSON.stringify(reports.map(({ path, hash, seen, reason, features }) => [path, hash, seen, reason, features.length]))
    if (this.#shape !== shape) {
      this.#shape = shape
      replace(this.#sets, ...reports.map((report) => this.#set(report)))
    }
    this.#reports = reports
    this.#tell()
  }

  #tell() {
    for (const report of this.#reports) for (const feature of report.features) this.#rows.get(keyOf(report, feature))?.write({ report, feature }, this.#history)
  }

  /** @param {FeatureReport} report */
  #set(report) {
    const { path, set, version, hash, seen, newestMs, features, left, reason } = report
    return h('div', { class: 'feature-set' },
      h('h3', { title: `${set} v${version} ${hash}` }, h('bdi', { class: 'field' }, visible(path)), ` · ${set} v${version}`),
      h('p', { class: 'muted small' }, newestMs === undefined ? 'No event yet: these are the values of none.' : `${count(seen)} ${seen === 1 ? 'event' : 'events'} so far; values as of the newest, ${time(newestMs)}.`),
      reason !== undefined && h('p', { class: 'is-bad' }, `▲ It has no values: ${visible(reason)}`),
      h('ul', { class: 'rows' }, ...features.map((feature) => this.#row(report, feature).element)),
      left !== undefined && h('p', { class: 'muted small' }, `${count(left)} more are not shown. On the command line: statelog get --json.`))
  }

  /** @param {FeatureReport} report @param {FeatureValue} feature */
  #row(report, feature) {
    const key = keyOf(report, feature)
    const row = this.#rows.get(key) ?? featureRow(feature.name)
    this.#rows.set(key, row)
    return row
  }
}

/** @param {FeatureReport} report @param {FeatureValue} feature */
const keyOf = ({ path, hash }, { name }) => JSON.stringify([path, hash, name])

/** @param {string} name @returns {Row} */
function featureRow(name) {
  const value = h('span', { class: 'row-value' })
  const made = h('span', { class: 'row-note muted' })
  const detail = h('details', {}, h('summary', {}, h('span', { class: 'row-name' }, nameOf(name, 40)), value, made))
  const body = h('div', { class: 'row-body' })
  detail.append(body)
  /** @type {Shown | undefined} */
  let shown
  /** @type {History | undefined} */
  let history
  const fill = () => {
    if (detail.open && shown !== undefined) replace(body, ...evidence(shown, history))
  }
  detail.addEventListener('toggle', fill)
  const write = (/** @type {Shown} */ next, /** @type {History | undefined} */ listed) => {
    shown = next
    history = listed
    setText(value, figure(next.feature.value))
    value.title = String(next.feature.value)
    setText(made, next.feature.from.map(shortly).join(' · '))
    fill()
  }
  return { element: h('li', {}, detail), write }
}

/** @param {string} kind @param {number} events */
const eventsOf = (kind, events) => `${count(events)} ${kind === '' ? '' : `${visible(kind)} `}${events === 1 ? 'event' : 'events'}`

/** @param {Source} source */
function shortly(source) {
  switch (source.made) {
    case 'window': return `${eventsOf(source.kind, source.events)} in ${duration(source.untilMs - source.afterMs)}`
    case 'last': return `last ${eventsOf(source.kind, source.events)}`
    case 'half-life': return `all so far, half after ${duration(source.halfLifeMs)}`
    case 'counter': return 'counted by rules'
    case 'arrival': return `newest ${source.kind === '' ? '' : `${visible(source.kind)} `}event`
  }
}

/** @param {Shown} shown @param {History | undefined} history */
function evidence({ report, feature }, history) {
  if (feature.from.length === 0) return [h('p', { class: 'muted' }, report.newestMs === undefined ? 'No event made it.' : 'It is the same for all events.')]
  return feature.from.flatMap((source) => [h('p', {}, ...wholly(source, report.newestMs ?? 0)), 'timesMs' in source && source.timesMs.length > 0 && times(source, report, history)].filter((one) => one !== false))
}

/** @param {Source} source @param {number} newestMs */
function wholly(source, newestMs) {
  switch (source.made) {
    case 'window': {
      const delayMs = newestMs - source.untilMs
      return [`${eventsOf(source.kind, source.events)} after ${time(source.afterMs)}, up to ${time(source.untilMs)}${delayMs > 0 ? ` (${duration(delayMs)} before the newest event)` : ''}.`,
        source.leftEarly > 0 ? ` ${count(source.leftEarly)} had to go before their time, over the bound of samples.` : '']
    }
    case 'last': return [`The last ${eventsOf(source.kind, source.events)}, at most ${count(source.eventsMax)}.`]
    case 'half-life': return [source.newestMs === undefined ? 'No event counts in it yet, or none is left of it.' : `All events so far, each half as much after ${duration(source.halfLifeMs)}. They are not kept one by one; the newest is of ${time(source.newestMs)}.`]
    case 'counter': return ['All events so far that its rules are about. They are not kept one by one.']
    case 'arrival': return ['The event of its kind that arrived last. Its time is not kept.']
  }
}

/** @param {Extract<Source, { timesMs: readonly number[] }>} source @param {FeatureReport} report @param {History | undefined} history */
function times({ timesMs, events }, { path, newestMs = 0 }, history) {
  const items = timesMs.map((timeMs) => {
    const found = history?.folded(timeMs, path)
    return h('li', {}, h('span', {}, time(timeMs)), h('span', { class: 'muted' }, timeMs === newestMs ? 'newest' : `${duration(newestMs - timeMs)} before`), found !== undefined && button(`seq ${count(found.seq)}`, found.show, { class: 'plain link', title: 'Show it among the recent events' }))
  })
  return h('ul', { class: 'times', 'aria-label': 'Times of its newest events' }, ...items, events > timesMs.length && h('li', { class: 'muted' }, `and ${count(events - timesMs.length)} before`))
}
