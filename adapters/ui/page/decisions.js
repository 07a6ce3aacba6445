// Decisions: what a model said of an entity, and what it was given for it, by the names of its inputs.
import { button, h, setText } from './dom.js'
import { ago, count, figure, time, visible } from './format.js'
import { nameOf } from './chart.js'

/** @typedef {{ model?: string, version?: number, hash?: string, vector?: readonly number[], score?: number, reason?: string }} Decision */
/** By the hash of a model. @typedef {Readonly<Record<string, readonly string[]>>} Inputs */

const INPUTS_MAX = 50

/** @param {Decision} decision @param {Inputs} inputs */
export function decisionBlock({ model, version, hash, vector, score, reason }, inputs) {
  const names = hash === undefined ? undefined : inputs[hash]
  return h('div', { class: 'decision' },
    h('p', { class: 'decision-head' },
      h('span', {}, nameOf(model ?? 'a model', 40), version !== undefined && ` v${version}`, hash !== undefined && h('code', { class: 'muted', title: hash }, ` ${hash.slice(0, 12)}`)),
      score === undefined ? h('strong', { class: 'is-bad' }, '▲ no score') : h('strong', { title: String(score) }, figure(score))),
    reason !== undefined && h('p', { class: 'is-bad' }, visible(reason)),
    vector === undefined ? h('p', { class: 'muted' }, 'The event was refused: what was asked is not told.') : inputTable(vector, names))
}

/** @param {readonly number[]} vector @param {readonly string[] | undefined} names */
function inputTable(vector, names) {
  const list = h('dl', { class: 'inputs' })
  const more = button('', () => add(INPUTS_MAX, vector.length))
  const add = (/** @type {number} */ from, /** @type {number} */ to) => {
    vector.slice(from, to).forEach((value, nth) => list.append(h('div', {}, h('dt', {}, nameOf(names?.[from + nth] ?? `input ${from + nth}`, 40)), h('dd', { title: String(value) }, figure(value)))))
    more.hidden = vector.length <= to
    setText(more, `Show ${count(vector.length - to)} more`)
  }
  add(0, INPUTS_MAX)
  return h('div', {}, names === undefined && h('p', { class: 'muted small' }, 'Inputs without names: this model is not the one that the system brings.'), list, more)
}

/** The newest decision: among the events that are listed, else looked for once among those before. */
export class LastDecision {
  #title = h('p', { class: 'muted small' })
  #body = h('div')
  /** @type {{ seq: number, nowMs: number } | undefined} */
  #of
  #key = ''
  #hasLooked = false
  element = h('section', { class: 'card last-decision', 'aria-labelledby': 'decision-title', hidden: true }, h('h2', { id: 'decision-title' }, 'Last decision'), this.#title, this.#body)

  /** @param {import('./entity-history.js').History} history */
  listed(history) {
    const last = history.lastDecided()
    if (last !== undefined) return this.#write(last)
    if (this.#hasLooked || !history.mayHaveDecided) return
    this.#hasLooked = true
    // Of one that cannot be found nothing is said: the history says why.
    history.findDecided().then((found) => {
      if (found !== undefined && this.#of === undefined) this.#write(found)
    }, () => {})
  }

  /** @param {{ key: string, taken: import('./entity-history.js').Taken, inputs: Inputs, show: (() => void) | undefined }} last */
  #write({ key, taken, inputs, show }) {
    this.element.hidden = false
    // The same, now that it is listed, can be shown there.
    const name = show === undefined ? key : `${key} listed`
    if (this.#key === name) return
    this.#key = name
    this.#of = taken
    this.#body.replaceChildren(...(taken.decisions ?? []).map((decision) => decisionBlock(decision, inputs)), ...(show === undefined ? [] : [button('Show its event', show, { class: 'plain link' })]))
    this.tick()
  }

  tick() {
    if (this.#of === undefined) return
    const { seq, nowMs } = this.#of
    setText(this.#title, `${time(nowMs)}, ${ago(nowMs, Date.now())} · seq ${count(seq)}`)
  }
}
