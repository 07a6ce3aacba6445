// Entity history: the newest events that an entity took, and what differs between its context after any two of them.
import { button, h, replace, setAttribute, setText } from './dom.js'
import { count, figure, oneLine, time, visible } from './format.js'
import { nameOf } from './chart.js'
import { decisionBlock } from './decisions.js'
import { differenceTable } from './diff.js'
import { differences } from './differences.js'
import { saveInspection } from './exports.js'
import { failed, loading, settle } from './notice.js'
import { query } from './route.js'
import { tree } from './tree.js'

const PAGE = 25
const KEPT_MAX = 500
/** A history is read from the log: what is old takes its time. */
const DEADLINE_MS = 20_000

/** @typedef {{ seq: number, n?: number, timeMs: number, nowMs: number, cause: string, event: { type?: string }, verdict?: { class: string, directive: string }, from?: string, to?: string, context?: unknown, outputs?: readonly unknown[], decisions?: readonly import('./decisions.js').Decision[], lookups?: readonly unknown[] }} Taken */
/** @typedef {{ element: HTMLElement, detail: HTMLDetailsElement, a: HTMLInputElement, b: HTMLInputElement }} Row */

export class History {
  #api
  #entity
  #path
  #signal
  #onRead
  /** @type {readonly Taken[]} */
  #events = []
  /** @type {import('./decisions.js').Inputs} */
  #inputs = {}
  #list = h('tbody')
  #more = button('Older', () => this.#older())
  #diff = h('div')
  #save = button('Save for the Stately Inspector', () => this.#export(), { title: 'The newest 200 of what it took, as JSON: events of @statelyai/inspect, with its statechart' })
  #body = h('div', {}, loading('its events'))
  /** @type {unknown} */
  #next
  #before = h('p', { class: 'muted' })
  /** Of the two that are compared, by key. */
  #a = ''
  #b = ''
  #isAsking = false
  /** Something came while it was asked. */
  #isBehind = false
  /** What is open stays open. @type {Map<string, Row>} */
  #rows = new Map()
  element = h('section', { class: 'card', 'aria-labelledby': 'history-title' }, h('h2', { id: 'history-title' }, 'Recent events'), this.#body)

  /** @param {import('./api.js').Api} api @param {string} path @param {AbortSignal} signal @param {(history: History) => void} onRead What is listed has changed. */
  constructor(api, path, signal, onRead) {
    this.#api = api
    this.#entity = path
    this.#path = `${path}/history`
    this.#signal = signal
    this.#onRead = onRead
    this.newer()
  }

  /** Looks for what came since. */
  newer() {
    if (this.#isAsking) {
      this.#isBehind = true
      return
    }
    this.#isAsking = true
    settle(this.#signal, this.#api.get(`${this.#path}${query({ limit: PAGE, deadlineMs: DEADLINE_MS })}`, this.#signal), ({ events, inputs = {}, next, older, reason }) => {
      this.#inputs = inputs
      const known = new Set(this.#events.map(keyOf))
      const isJoined = events.some((/** @type {Taken} */ one) => known.has(keyOf(one)))
      const fresh = events.filter((/** @type {Taken} */ one) => !known.has(keyOf(one)))
      if (!isJoined || this.#events.length === 0) this.#tellBefore(next, older, reason)
      this.#events = isJoined ? [...fresh, ...this.#events].slice(0, KEPT_MAX) : events
      if (fresh.length > 0 || this.#events.length === 0) this.#write()
      this.#asked()
    }, (problem) => {
      this.#asked()
      if (this.#events.length > 0 || this.#isAsking) return
      replace(this.#body, problem instanceof Error && 'isNoRoute' in problem && problem.isNoRoute === true ? h('p', { class: 'muted' }, 'This node tells no history. On the command line: statelog history.') : failed(problem, () => this.newer()))
    })
  }

  #asked() {
    this.#isAsking = false
    if (!this.#isBehind) return
    this.#isBehind = false
    this.newer()
  }

  #older() {
    settle(this.#signal, this.#api.get(`${this.#path}${query({ limit: PAGE, before: String(this.#next), deadlineMs: DEADLINE_MS })}`, this.#signal), ({ events, next, older, reason }) => {
      this.#tellBefore(this.#events.length + events.length >= KEPT_MAX ? undefined : next, older, reason)
      this.#events = [...this.#events, ...events].slice(0, KEPT_MAX)
      this.#write()
    }, (problem) => replace(this.#diff, failed(problem)))
  }

  #export() {
    settle(this.#signal, saveInspection(this.#api, this.#entity, DEADLINE_MS), () => {}, (problem) => replace(this.#diff, failed(problem)))
  }

  /** What stands before the oldest here. @param {unknown} next @param {string | undefined} older @param {string | undefined} reason */
  #tellBefore(next, older, reason) {
    this.#next = next
    const words = older === 'gone' ? 'What was before is not kept any more' : older === 'unread' ? 'What was before was not read in time' : ''
    this.#before.hidden = words === ''
    setText(this.#before, reason === undefined || reason === '' ? `${words}.` : `${words}: ${reason}`)
  }

  #write() {
    this.#more.hidden = this.#next === undefined || this.#next === null
    if (this.#events.length === 0) return replace(this.#body, h('p', { class: 'muted' }, 'It has taken no event that is still told of.'), this.#before, this.#more)
    const keys = this.#events.map(keyOf)
    if (!keys.includes(this.#b)) this.#b = keys[0] ?? ''
    if (!keys.includes(this.#a)) this.#a = keys[1] ?? this.#b
    this.#rows = new Map(this.#events.map((taken) => [keyOf(taken), this.#rows.get(keyOf(taken)) ?? this.#row(taken)]))
    for (const [key, { a, b }] of this.#rows) {
      a.checked = this.#a === key
      b.checked = this.#b === key
    }
    replace(this.#list, ...[...this.#rows.values()].map(({ element }) => element))
    if (this.#body.firstElementChild?.classList.contains('table') !== true) {
      replace(this.#body, h('div', { class: 'table', role: 'region', tabindex: 0, 'aria-label': 'Recent events' }, h('table', { class: 'events' }, h('thead', {}, h('tr', {}, ...['A', 'B', 'Event', 'When', 'seq'].map((text) => h('th', { scope: 'col' }, text)))), this.#list)), this.#before, h('div', { class: 'chips' }, this.#more, this.#save), h('h3', {}, 'What differs in the context, from A to B'), this.#diff)
    }
    this.#compare()
    this.#onRead(this)
  }

  /** The event of that time that was folded into the feature state at `path`: the one that the state had not seen before it. @param {number} timeMs @param {string} path */
  folded(timeMs, path) {
    const at = this.#events.findIndex((taken, nth) => taken.timeMs === timeMs && seenAt(taken, path) > seenAt(this.#events[nth + 1], path))
    const taken = this.#events[at]
    return taken === undefined ? undefined : { seq: taken.seq, show: () => this.#show(taken) }
  }

  /** The newest event among those listed that a model decided about. */
  lastDecided() {
    const taken = this.#events.find(({ decisions = [] }) => decisions.length > 0)
    return taken === undefined ? undefined : { key: keyOf(taken), taken, inputs: this.#inputs, show: () => this.#show(taken) }
  }

  /** Its models may have decided about older events. */
  get mayHaveDecided() {
    return this.#next !== undefined && this.#next !== null && Object.keys(this.#inputs).length > 0
  }

  /** The newest event of all that a model decided about. */
  async findDecided() {
    const { events: [taken], inputs = {} } = await this.#api.get(`${this.#path}${query({ limit: 1, decided: 'true', deadlineMs: DEADLINE_MS })}`, this.#signal)
    return taken === undefined ? undefined : { key: keyOf(taken), taken, inputs, show: undefined }
  }

  /** @param {Taken} taken */
  #show(taken) {
    const row = this.#rows.get(keyOf(taken))
    if (row === undefined) return
    row.detail.open = true
    row.element.scrollIntoView({ block: 'center' })
    row.detail.querySelector('summary')?.focus({ preventScroll: true })
  }

  /** @param {Taken} taken @returns {Row} */
  #row(taken) {
    const { seq, nowMs, event, from, to, verdict, decisions = [] } = taken
    const key = keyOf(taken)
    const radio = (/** @type {'a' | 'b'} */ end) => {
      const element = h('input', { type: 'radio', name: `compare-${end}`, 'aria-label': `${end.toUpperCase()}: seq ${seq}` })
      element.addEventListener('change', () => {
        if (end === 'a') this.#a = key
        else this.#b = key
        this.#compare()
      })
      return element
    }
    const way = from === to ? nameOf(to ?? 'no state', 60) : h('span', {}, nameOf(from ?? 'new', 44), ' → ', nameOf(to ?? '–', 44))
    const detail = h('details', {}, h('summary', {}, nameOf(event?.type ?? '(none)', 36), ' ', h('span', { class: 'muted glimpse' }, oneLine(without(event, 'type'), 60)), h('span', { class: 'way muted' }, way, ...decisions.map(({ model, score }) => ` · ${visible(model ?? 'a model')} ${score === undefined ? '▲ no score' : figure(score)}`)), verdict !== undefined && verdict !== null && h('span', { class: 'way is-bad' }, `▲ refused: ${verdict.class}, then ${verdict.directive}`)))
    detail.addEventListener('toggle', () => {
      if (!detail.open || detail.childElementCount > 1) return
      const { cause, outputs = [], lookups } = taken
      detail.append(tree({ cause, event, outputs, ...(lookups === undefined ? {} : { lookups }) }))
      if (decisions.length > 0) detail.append(h('h3', {}, decisions.length === 1 ? 'Decision' : 'Decisions'), ...decisions.map((decision) => decisionBlock(decision, this.#inputs)))
    })
    const [a, b] = [radio('a'), radio('b')]
    const element = h('tr', {}, h('td', {}, a), h('td', {}, b), h('td', { class: 'grow' }, detail), h('td', { class: 'number', title: time(nowMs) }, time(nowMs).slice(11)), h('td', { class: 'number' }, count(seq)))
    return { element, detail, a, b }
  }

  #compare() {
    const of = (/** @type {string} */ key) => this.#events.find((taken) => keyOf(taken) === key)
    const [a, b] = [of(this.#a), of(this.#b)]
    if (a === undefined || b === undefined) return replace(this.#diff)
    replace(this.#diff, a === b ? h('p', { class: 'muted' }, 'A and B are the same event: choose two.') : differenceTable(differences(a.context, b.context)))
    setAttribute(this.#diff, 'aria-live', 'polite')
  }
}

/** How many events the feature state at `path` had seen after it; NaN: that is not known. @param {Taken | undefined} taken @param {string} path */
function seenAt(taken, path) {
  if (taken === undefined) return NaN
  /** @type {unknown} */
  let value = taken.context
  for (const name of path.split('.')) value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? /** @type {Record<string, unknown>} */ (value)[name] : undefined
  return typeof value === 'object' && value !== null && 'seen' in value ? Number(value.seen) : NaN
}

/** @param {Taken} taken */
function keyOf({ seq, n, cause }) {
  return `${seq}.${n ?? 0}.${cause}`
}

/** @param {unknown} value @param {string} name */
function without(value, name) {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
}
