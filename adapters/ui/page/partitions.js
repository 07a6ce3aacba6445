// Partitions: each with its state, owner, lag and commits; those that need somebody stand first.
import { button, h, setAttribute, setText } from './dom.js'
import { compact, count, cut, duration, rate, visible } from './format.js'
import { nameOf } from './chart.js'
import { RATE_SECONDS } from './series.js'
import { cells, rowOf, Table } from './table.js'

/** @typedef {{ key: string, type: string, index: number, look: import('../../../system/gateway/flow-document.ts').PartitionRow }} PartitionRow */
/** @typedef {'good' | 'warn' | 'bad'} Tone */

export const SINCE = 'Since somebody began to look at this node'
const SHOWN_MAX = 100
const COLUMNS = [
  { text: 'Partition' }, { text: 'State' }, { text: 'Owner' }, { text: 'Entities', isNumber: true }, { text: 'In', isNumber: true }, { text: 'Behind', isNumber: true, title: 'Records of the sources and of the inbox that are not consumed yet' },
  { text: 'Commit p50', isNumber: true }, { text: 'p99', isNumber: true }, { text: 'Dead letters', isNumber: true, title: SINCE }, { text: 'Epoch · seq', isNumber: true },
]
const TONES = /** @type {const} */ ({ bad: 0, warn: 1, good: 2 })

/** Read from their logs alone (`statelog ui`): nobody has them, or whoever does is not asked. */
const RESTING = ['at rest', 'elsewhere']

/** @param {string} state */
export const isResting = (state) => RESTING.includes(state)

/** Never by colour alone. @param {string} state @returns {{ sign: string, tone: Tone }} */
export function signOf(state) {
  if (state === 'live') return { sign: '●', tone: 'good' }
  if (isResting(state)) return { sign: '○', tone: 'good' }
  return ['failed', 'position-moved', 'absent', 'silent', 'fenced'].includes(state) ? { sign: '▲', tone: 'bad' } : { sign: '◐', tone: 'warn' }
}

/** @param {import('../../../system/gateway/flow-document.ts').FlowDocument} look @returns {readonly PartitionRow[]} */
export function partitionsOf({ types }) {
  return Object.entries(types).flatMap(([type, { partitions = {} }]) => Object.entries(partitions).map(([index, look]) => ({ key: `${type}/${index}`, type, index: Number(index), look })))
    .sort((a, b) => TONES[signOf(a.look.state).tone] - TONES[signOf(b.look.state).tone] || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.index - b.index))
}

export class PartitionTable {
  #shown = SHOWN_MAX
  #more = button('', () => (this.#shown += SHOWN_MAX))
  #table
  element

  /** @param {(key: string) => void} choose */
  constructor(choose) {
    this.#table = new Table('Partitions', COLUMNS, {
      key: (/** @type {PartitionRow & { rates: import('./series.js').Rates, isChosen: boolean }} */ { key }) => key,
      make: ({ key, type, index }) => {
        const pick = button('', () => choose(key), { class: 'plain' })
        pick.append(nameOf(type, 20), ` ${index}`)
        const state = h('span', { class: 'state-word' })
        const texts = cells(COLUMNS.length - 2)
        const row = rowOf([pick, state, ...texts], COLUMNS)
        return { row, parts: { row, pick, state, texts } }
      },
      write: ({ row, pick, state, texts }, { type, index, look, rates, isChosen }) => {
        const { sign, tone } = signOf(look.state)
        const reason = look.reason ?? ''
        setText(state, `${sign} ${look.state}`)
        setAttribute(state, 'data-tone', tone)
        setAttribute(state, 'title', reason === '' ? undefined : reason)
        setAttribute(pick, 'aria-pressed', isChosen ? 'true' : 'false')
        row.classList.toggle('is-chosen', isChosen)
        const words = [
          look.owner === undefined ? (reason === '' ? '–' : cut(visible(reason), 40)) : cut(visible(look.owner), 14), count(look.entities ?? 0), rate(rates.mean(`${type} ${index} inputs`, RATE_SECONDS)), look.lag === undefined ? '–' : compact(look.lag.sources + look.lag.inbox),
          look.commitMs === undefined ? '–' : duration(look.commitMs.p50), look.commitMs === undefined ? '–' : duration(look.commitMs.p99), count(look.deadLetters ?? 0), look.seq === undefined ? '–' : `${look.epoch ?? '?'} · ${count(look.seq)}`,
        ]
        texts.forEach((cell, at) => setText(cell, words[at] ?? ''))
        setAttribute(/** @type {HTMLElement} */ (texts[0]), 'title', look.owner === undefined ? reason : visible(look.owner))
      },
    })
    this.#more.hidden = true
    this.element = h('div', {}, this.#table.element, this.#more)
  }

  /** @param {readonly PartitionRow[]} all @param {import('./series.js').Rates} rates @param {string | undefined} chosen */
  write(all, rates, chosen) {
    this.#table.write(all.slice(0, this.#shown).map((one) => ({ ...one, rates, isChosen: one.key === chosen })))
    this.#more.hidden = all.length <= this.#shown
    setText(this.#more, `Show more: ${count(all.length - this.#shown)} are left`)
  }
}
