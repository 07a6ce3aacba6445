// Scenario view: how far the load that drives this run is, and how fast it goes; it can be paused, resumed, made slower and faster.
import { button, h, replace, setAttribute, setText } from './dom.js'
import { Problem } from './api.js'
import { count, duration, rate, share, visible } from './format.js'
import { empty, failed, loading, settle, wordsOf } from './notice.js'

const EVERY_MS = 1000
/** Measured over so many looks. */
const LOOKS_MAX = 6
const PATH = '/v1/scenario'
const STATES = /** @type {const} */ ({ feeding: ['●', 'sending', 'good'], paused: ['❚❚', 'paused', 'warn'], ended: ['✓', 'all is sent', 'good'] })

/** @typedef {import('../../http/scenario.ts').ScenarioLook} ScenarioLook */
/** @typedef {import('../../http/scenario.ts').ScenarioChange} ScenarioChange */

/** @param {HTMLElement} main @param {import('./app.js').Context} context @returns {import('./app.js').View} */
export function scenarioView(main, { api, signal, title }) {
  title('Scenario')
  const body = h('div', {}, loading('the scenario'))
  replace(main, h('div', { class: 'head' }, h('h1', {}, 'Scenario')), body)
  /** @type {Panel | undefined} */
  let panel
  const change = (/** @type {ScenarioChange} */ wished) => settle(signal, api.send(PATH, { method: 'POST', body: JSON.stringify(wished), headers: { 'content-type': 'application/json' }, signal }).then((response) => response.json()), show, (problem) => panel?.say(problem))
  const show = (/** @type {ScenarioLook} */ look) => {
    if (panel === undefined) replace(body, (panel = new Panel(change)).element)
    panel.write(look)
  }
  const ask = () => {
    if (!document.hidden) settle(signal, api.get(PATH, signal), show, (problem) => {
      if (panel !== undefined) return panel.say(problem)
      replace(body, problem instanceof Problem && problem.code === 'scenario/none' ? empty('No scenario runs here', 'This run lives on what others send. A scenario is run with ', h('code', {}, 'statelog run fraud --http 8080'), '.') : failed(problem, ask))
    })
  }
  ask()
  const timer = setInterval(ask, EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
  return {}
}

class Panel {
  #change
  #name = h('h2')
  #about = h('p', { class: 'muted' })
  #state = h('p', { class: 'health' })
  #figures = /** @type {Record<'sent' | 'rate' | 'lag' | 'done' | 'left', HTMLElement>} */ (Object.fromEntries(['sent', 'rate', 'lag', 'done', 'left'].map((name) => [name, h('dd')])))
  #bar = h('progress', { max: 1, 'aria-label': 'Sent of all' })
  #pause = button('Pause', () => this.#change({ paused: this.#isPaused ? false : true }), { class: 'primary' })
  #wished = h('input', { type: 'text', inputmode: 'decimal', name: 'rate', autocomplete: 'off', placeholder: 'as fast as consumed' })
  #outcome = h('p', { class: 'outcome', role: 'status' })
  #isPaused = false
  /** @type {number | null | undefined} */
  #rate
  /** @type {readonly { atMs: number, sent: number }[]} */
  #looks = []
  element

  /** @param {(change: ScenarioChange) => void} change */
  constructor(change) {
    this.#change = change
    const figure = (/** @type {string} */ name, /** @type {HTMLElement} */ value) => h('div', {}, h('dt', {}, name), value)
    const { sent, rate: measured, lag, done, left } = this.#figures
    const form = h('form', {}, h('label', {}, 'Events a second (empty: as fast as they are consumed)', this.#wished), h('div', { class: 'actions' }, h('button', { type: 'submit' }, 'Set the rate'), this.#pause), this.#outcome)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#set()
    })
    this.element = h('div', { class: 'columns' },
      h('section', { class: 'card stack scenario', 'aria-label': 'Progress' }, h('div', {}, this.#name, this.#about), this.#state, this.#bar,
        h('dl', { class: 'figures' }, figure('sent', sent), figure('rate', measured), figure('lag', lag), figure('done', done), figure('left', left))),
      h('section', { class: 'card', 'aria-labelledby': 'control-title' }, h('h2', { id: 'control-title' }, 'Its load'), form, h('p', { class: 'muted small' }, 'A change lasts until this process ends. What was sent stays: a pause ends nothing.')))
  }

  /** @param {ScenarioLook} look */
  write({ name, about, state, sent, total, rate: wished, lag }) {
    const [sign, word, tone] = STATES[state]
    setText(this.#name, visible(name))
    setText(this.#about, visible(about))
    setText(this.#state, `${sign} ${word}${state === 'feeding' ? (wished === null ? ' as fast as they are consumed' : ` at ${rate(wished)}`) : ''}`)
    setAttribute(this.#state, 'data-tone', tone)
    this.#looks = [...this.#looks, { atMs: performance.now(), sent }].slice(-LOOKS_MAX)
    const [first, last] = [this.#looks[0], this.#looks.at(-1)]
    const perSecond = first === undefined || last === undefined || last.atMs - first.atMs < EVERY_MS / 2 ? NaN : ((last.sent - first.sent) * 1000) / (last.atMs - first.atMs)
    this.#bar.hidden = total === undefined
    if (total !== undefined) this.#bar.value = Math.min(1, total === 0 ? 1 : sent / total)
    const left = total === undefined || state === 'ended' ? 0 : Math.max(0, total - sent)
    /** @type {readonly (readonly [HTMLElement, string])[]} */
    const texts = [
      [this.#figures.sent, total === undefined ? count(sent) : `${count(sent)} of ${count(total)}`], [this.#figures.rate, rate(perSecond)], [this.#figures.lag, count(lag)],
      [this.#figures.done, total === undefined ? '–' : state === 'ended' ? '100 %' : share(sent, total)], [this.#figures.left, left === 0 || !(perSecond > 0) ? '–' : duration(Math.round(left / perSecond) * 1000)],
    ]
    for (const [element, text] of texts) setText(element, text)
    // Measured anew: what was before says nothing of how fast it goes now.
    if (this.#rate !== wished || this.#isPaused !== (state === 'paused')) this.#looks = this.#looks.slice(-1)
    this.#isPaused = state === 'paused'
    setText(this.#pause, this.#isPaused ? 'Resume' : 'Pause')
    this.#pause.disabled = state === 'ended'
    // What is being typed is not overwritten.
    if (this.#rate !== wished && document.activeElement !== this.#wished) this.#wished.value = wished === null ? '' : String(wished)
    this.#rate = wished
  }

  /** @param {unknown} problem */
  say(problem) {
    const { title, detail } = wordsOf(problem)
    setText(this.#outcome, `▲ ${title}: ${detail}`)
    setAttribute(this.#outcome, 'data-tone', 'bad')
  }

  #set() {
    const text = this.#wished.value.trim()
    const wished = text === '' ? null : Number(text)
    if (wished !== null && !(wished > 0)) {
      setText(this.#outcome, `▲ '${visible(text)}' is no rate: a number above 0, such as 500`)
      setAttribute(this.#outcome, 'data-tone', 'bad')
      return
    }
    setText(this.#outcome, '')
    this.#change({ rate: wished })
  }
}
