// Entity facts: where an entity stands, its context, what it waits for.
import { h, replace, setText } from './dom.js'
import { ago, count, oneLine, size, time } from './format.js'
import { nameOf } from './chart.js'
import { tree } from './tree.js'

const LISTED_MAX = 50

/** @typedef {import('./entity-source.js').Entity} Entity */

export class Facts {
  #place = h('dl', { class: 'facts' })
  #context = h('div', { class: 'context' })
  #waiting = h('div', { class: 'stack' })
  #writtenContext = ''
  #writtenWaiting = ''
  element
  /** @type {Entity | undefined} */
  #entity
  #heardAtMs = 0

  /** @param {readonly HTMLElement[]} between Where it stands and its context. */
  constructor(between) {
    this.element = h('div', { class: 'stack' },
      h('section', { class: 'card', 'aria-labelledby': 'place-title' }, h('h2', { id: 'place-title' }, 'Where it stands'), this.#place),
      ...between,
      h('section', { class: 'card', 'aria-labelledby': 'context-title' }, h('h2', { id: 'context-title' }, 'Context'), this.#context),
      this.#waiting)
  }

  /** @param {Entity} entity */
  write(entity) {
    this.#entity = entity
    this.#heardAtMs = Date.now()
    this.tick()
    const context = JSON.stringify(entity.context) ?? ''
    if (this.#writtenContext !== context) {
      this.#writtenContext = context
      replace(this.#context, isEmpty(entity.context) ? h('p', { class: 'muted' }, 'It has none.') : tree(entity.context, 0, isFeatureState))
    }
    const waiting = JSON.stringify([entity.timers, entity.tasks, entity.held])
    if (this.#writtenWaiting !== waiting) {
      this.#writtenWaiting = waiting
      replace(this.#waiting, ...waitings(entity))
    }
    this.tick()
  }

  /** Ages and what is left of delays. */
  tick() {
    const entity = this.#entity
    if (entity === undefined) return
    const nowMs = Date.now()
    const { partition, epoch, seq, changedSeq, changedMs, code, status, parked, expireAtMs, watermarkMs, life } = entity
    /** @type {readonly (readonly [string, string])[]} */
    const facts = [
      ['status', status ?? '–'], ['partition', String(partition)], ['epoch · seq', `${epoch} · ${count(seq)}`], ['changed', `seq ${count(changedSeq ?? 0)}${changedMs === undefined ? '' : `, ${ago(changedMs, nowMs)}`}`],
      ['told', `${ago(this.#heardAtMs, nowMs)}, and followed`], ['code', code], ['life', life],
      ...(watermarkMs === undefined ? [] : [/** @type {const} */ (['watermark', time(Number(watermarkMs))])]), ...(expireAtMs === undefined ? [] : [/** @type {const} */ (['kept until', time(expireAtMs)])]),
      ...(parked === undefined ? [] : [/** @type {const} */ (['parked', `▲ ${parked.class}, since seq ${count(parked.sinceSeq)}; ${count(parked.events)} events (${size(parked.bytes)}) are put aside`])]),
    ]
    if (this.#place.childElementCount !== facts.length) replace(this.#place, ...facts.map(([name]) => h('div', {}, h('dt', {}, name), h('dd'))))
    facts.forEach(([, text], at) => {
      const value = this.#place.children[at]?.lastElementChild
      if (value && value.getAttribute('data-of') !== text) {
        value.setAttribute('data-of', text)
        replace(value, nameOf(text, 64))
      }
    })
    for (const left of this.#waiting.querySelectorAll('[data-due]')) setText(left, ago(Number(left.getAttribute('data-due')), nowMs))
  }
}

/** Its values stand beside. @param {object} value */
function isFeatureState(value) {
  return 'of' in value && 'rings' in value && 'newestMs' in value
}

/** @param {unknown} value */
function isEmpty(value) {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** @param {Entity} entity */
function waitings({ timers = [], tasks = [], held = [] }) {
  return [
    section('Timers', timers, ({ id, dueMs }) => [nameOf(id, 44), h('span', { class: 'muted' }, time(dueMs), ', ', h('span', { 'data-due': dueMs }))]),
    section('Tasks', tasks, ({ id, src, attempt }) => [nameOf(id, 44), h('span', { class: 'muted' }, `${src}, attempt ${attempt}`)]),
    section('Held events', held, ({ timeMs, event, topic, offset }) => [h('bdi', { class: 'code' }, oneLine(event)), h('span', { class: 'muted' }, `${time(timeMs)}, ${topic} ${offset}`)]),
  ].filter((one) => one !== undefined)
}

/** @template T @param {string} name @param {readonly T[]} items @param {(item: T) => readonly Node[]} contents */
function section(name, items, contents) {
  if (items.length === 0) return undefined
  return h('section', { class: 'card', 'aria-label': name }, h('h2', {}, `${name} `, h('span', { class: 'muted' }, count(items.length))), h('ul', { class: 'listed' }, ...items.slice(0, LISTED_MAX).map((item) => h('li', {}, ...contents(item)))),
    items.length > LISTED_MAX && h('p', { class: 'muted' }, `The first ${LISTED_MAX}.`))
}
