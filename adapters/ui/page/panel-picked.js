// Panel of what is picked: one state or transition in full; of a state, who is there.
import { button, h, replace, setText } from './dom.js'
import { ago, compact, count, duration, rate, share, visible } from './format.js'
import { refusedByState } from './chart-numbers.js'
import { nameOf, stateName, transitionName } from './chart.js'
import { Problem } from './api.js'
import { wordsOf } from './notice.js'
import { address, encode, query } from './route.js'

const LISTED = 10
/** Until an index is there that is made for the first time. */
const BUILDING = 'index/building'
const AGAIN_MS = 1000

/** @typedef {{ id: string, configuration?: string, changedSeq?: number, changedMs?: number }} Listed */

export class PickedCard {
  #context
  #type
  #machine
  #title = h('h2')
  #figures = h('dl', { class: 'figures' })
  #values = new Map(['there now', 'share', 'mean dwell', 'leave', 'taken', 'latency'].map((name) => [name, { name: h('div', {}, h('dt', {}, name)), value: h('dd') }]))
  #description = h('p')
  #refused = h('p', { class: 'is-bad' })
  #listed = h('div')
  /** @type {import('./chart-frame.js').Picked} */
  #picked
  #asking = new AbortController()
  element

  /** @param {import('./app.js').Context} context @param {string} type @param {import('./statechart.js').Statechart} machine @param {() => void} letGo */
  constructor(context, type, machine, letGo) {
    this.#context = context
    this.#type = type
    this.#machine = machine
    for (const { name, value } of this.#values.values()) name.append(value)
    this.element = h('section', { class: 'card picked', 'aria-label': 'Picked' }, h('div', { class: 'card-head' }, this.#title, button('×', letGo, { 'aria-label': 'Let go', title: 'Let go (Esc)', class: 'plain' })), this.#description, this.#figures, this.#refused, this.#listed)
    this.element.hidden = true
    context.signal.addEventListener('abort', () => this.#asking.abort())
  }

  /** @param {import('./chart-frame.js').Picked} picked */
  show(picked) {
    this.#picked = picked
    this.element.hidden = picked === undefined
    this.#asking.abort()
    replace(this.#listed)
    if (picked === undefined) return
    const { outline } = this.#machine
    const { description } = (picked.kind === 'state' ? outline.states : outline.transitions)[picked.at] ?? {}
    replace(this.#title, nameOf(picked.kind === 'state' ? stateName(outline, picked.at) : transitionName(outline, picked.at), 60))
    this.#description.hidden = description === undefined
    setText(this.#description, visible(description ?? ' '))
    replace(this.#figures, ...(picked.kind === 'state' ? ['there now', 'share', 'mean dwell', 'leave'] : ['leave', 'taken', 'latency']).map((name) => this.#values.get(name)?.name))
    const leave = this.#values.get('leave')?.name.querySelector('dt')
    if (leave) setText(leave, picked.kind === 'state' ? 'leave' : 'flow')
    if (picked.kind === 'state' && picked.at !== 0) this.#list(outline.states[picked.at]?.path.join('.') ?? '')
  }

  /** @param {import('../../../system/gateway/flow-document.ts').TypeFlow} look */
  write(look) {
    const picked = this.#picked
    if (picked === undefined) return
    const { rates } = this.#context.live
    const set = (/** @type {string} */ name, /** @type {string} */ text) => setText(/** @type {HTMLElement} */ (this.#values.get(name)?.value), text)
    if (picked.kind === 'transition') {
      const id = this.#machine.outline.transitions[picked.at]?.id ?? ''
      set('taken', count(look.taken?.[id] ?? 0))
      set('latency', duration(look.latencyMs?.[id] ?? NaN))
      set('leave', rate(this.#machine.flow(picked.at, this.#type, rates)))
      this.#refused.hidden = true
      return
    }
    const occupancy = this.#machine.occupancy(look.occupancy)
    const there = occupancy[picked.at] ?? 0
    set('there now', count(there))
    set('share', share(there, look.entities))
    set('mean dwell', duration(this.#machine.dwellMs(picked.at, occupancy, this.#type, rates)))
    set('leave', rate(this.#machine.leaving(picked.at, occupancy, this.#type, rates)))
    const classes = Object.entries(refusedByState(this.#machine, look).get(picked.at) ?? {})
    this.#refused.hidden = classes.length === 0
    setText(this.#refused, `▲ refused here: ${classes.map(([name, refusals]) => `${name} ${compact(refusals)}`).join(', ')}`)
  }

  /** @param {string} state */
  #list(state) {
    const asking = (this.#asking = new AbortController())
    const { api } = this.#context
    /** @type {(after: string | undefined) => Promise<void>} */
    const ask = (after) => api.get(`/v1/entities/${encode(this.#type)}${query({ state, limit: LISTED, after })}`, asking.signal).then(({ entities, next, index }) => this.#found(entities, next, index?.lag ?? 0, ask)).catch((problem) => {
      if (asking.signal.aborted) return
      if (problem instanceof Problem && problem.code === BUILDING) {
        replace(this.#listed, h('p', { class: 'muted' }, 'Looking who is there … The index of all that is stored is being made: a while, the first time.'))
        setTimeout(() => asking.signal.aborted || ask(after), AGAIN_MS)
        return
      }
      replace(this.#listed, h('p', { class: 'muted' }, problem instanceof Problem && problem.isNoRoute ? 'This node keeps no list of entities: find one by its id (/).' : `Who is there cannot be told now: ${wordsOf(problem).detail}`))
    })
    replace(this.#listed, h('p', { class: 'muted' }, 'Looking who is there …'))
    ask(undefined)
  }

  /** @param {readonly Listed[]} entities @param {string | undefined} next @param {number} lagMs @param {(after: string) => void} ask */
  #found(entities, next, lagMs, ask) {
    const nowMs = Date.now()
    const none = next === undefined ? 'Nobody, as far as is stored by now.' : 'None of those that were looked through.'
    replace(this.#listed, h('h3', {}, 'Who is there'),
      entities.length === 0 ? h('p', { class: 'muted' }, none) : h('ul', { class: 'listed' }, ...entities.map(({ id, changedMs }) => h('li', {}, h('a', { href: address({ view: 'entity', type: this.#type, id }) }, nameOf(id, 30)), h('span', { class: 'muted' }, changedMs === undefined ? '' : ago(changedMs, nowMs))))),
      lagMs > 1000 && h('p', { class: 'muted' }, `As of ${duration(lagMs)} ago.`),
      next !== undefined && button(entities.length === 0 ? 'Look further' : 'More', () => ask(next)))
  }
}
