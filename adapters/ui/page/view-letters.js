// Dead letters view: what was refused, why, and the bytes of it. Filters are part of the address.
import { button, h, replace } from './dom.js'
import { count, oneLine, size, time, visible } from './format.js'
import { nameOf } from './chart.js'
import { parseExact } from './exact.js'
import { empty, failed, loading, settle } from './notice.js'
import { address, encode, query } from './route.js'
import { tree } from './tree.js'

const PAGE = 50
const KEPT_MAX = 1000
const CLASSES = ['key', 'decode', 'schema', 'semantic', 'guard', 'action', 'feature', 'model', 'timeout', 'size', 'crash']
const COLUMNS = ['Class', 'Entity', 'Why', 'When', 'Place']

/** @typedef {{ text: string } | { hex: string } | null} Bytes */
/** @typedef {{ dlq?: { topic: string, partition: number, offset: number }, type?: string, class: string, message: string, stage?: string, directive?: string, group?: string, entity?: string, topic?: string, partition?: number,
 *   offset?: number, timer?: string, attempts?: number, firstMs?: number, lastMs: number, bytes?: number, sha256?: string, stack?: string, key?: Bytes, value?: Bytes }} Letter */

/** @param {HTMLElement} main @param {{ type?: string, class?: string }} route @param {import('./app.js').Context} context @returns {import('./app.js').View} */
export function lettersView(main, route, { api, signal, title, types }) {
  title('Dead letters')
  const list = h('div', {}, loading('the dead letters'))
  const detail = h('div', { class: 'panel sheet', 'aria-live': 'polite' })
  const filters = h('form', { class: 'filters', 'aria-label': 'Filter' })
  replace(main, h('div', { class: 'head' }, h('h1', {}, 'Dead letters'), filters), h('div', { class: 'columns' }, h('div', { class: 'wide' }, list), detail))
  writeFilters(filters, route, [])
  settle(signal, types(), (all) => writeFilters(filters, route, all.map(({ type }) => type)), () => {})
  /** @type {Letter[]} */
  let letters = []
  // Its stack and its bytes are told of one at a time.
  const show = (/** @type {Letter} */ letter) => {
    replace(detail, loading('the letter'))
    const { topic, partition, offset } = letter.dlq ?? { topic: '', partition: 0, offset: 0 }
    settle(signal, api.get(`/v1/dead-letters/${encode(topic)}/${partition}/${offset}`, signal), (whole) => replace(detail, card(whole, letGo)), (problem) => replace(detail, card(letter, letGo), failed(problem)))
  }
  const letGo = () => {
    replace(detail)
    const chosen = list.querySelector('.is-chosen')
    chosen?.classList.remove('is-chosen')
    chosen?.querySelector('button')?.focus()
  }
  const ask = (/** @type {unknown} */ before) => settle(signal, api.get(`/v1/dead-letters${query({ type: route.type, class: route.class, limit: PAGE, before: before === undefined ? undefined : String(before) })}`, signal), ({ letters: found, next }) => {
    letters = [...letters, ...found].slice(0, KEPT_MAX)
    const hasMore = next !== undefined && next !== null && letters.length < KEPT_MAX
    replace(list, letters.length === 0 ? (hasMore ? empty('None among the newest', 'Older ones have not been looked through yet.') : none(route)) : table(letters, show), hasMore && button('Older', () => ask(next)))
  }, (problem) => replace(list, failed(problem, () => ask(before))))
  ask(undefined)
  return {}
}

/** @param {HTMLFormElement} form @param {{ type?: string, class?: string }} route @param {readonly string[]} types */
function writeFilters(form, route, types) {
  const select = (/** @type {string} */ label, /** @type {string} */ name, /** @type {readonly string[]} */ values, /** @type {string | undefined} */ chosen) => {
    const element = h('select', { name }, h('option', { value: '' }, 'all'), ...[...new Set([...(chosen === undefined ? [] : [chosen]), ...values])].map((value) => h('option', { value, selected: value === chosen }, value)))
    element.addEventListener('change', () => {
      const value = (/** @type {string} */ of) => {
        const found = form.elements.namedItem(of)
        return found instanceof HTMLSelectElement && found.value !== '' ? { [of]: found.value } : {}
      }
      location.hash = address({ view: 'letters', ...value('type'), ...value('class') })
    })
    return h('label', {}, label, element)
  }
  replace(form, select('Type', 'type', types, route.type), select('Class', 'class', CLASSES, route.class))
}

/** @param {{ type?: string, class?: string }} route */
function none(route) {
  const isFiltered = route.type !== undefined || route.class !== undefined
  return isFiltered ? empty('No dead letters of this kind', h('a', { href: address({ view: 'letters' }) }, 'Show all')) : empty('Nothing was refused', 'What cannot be decoded, does not fit its schema, or fails in a step would stand here, with the reason and its bytes.')
}

/** @param {readonly Letter[]} letters @param {(letter: Letter) => void} show */
function table(letters, show) {
  const rows = letters.map((letter) => {
    const pick = button(`▲ ${letter.class}`, () => {
      for (const one of rows) one.classList.toggle('is-chosen', one === row)
      show(letter)
    }, { class: 'plain is-bad' })
    const { dlq } = letter
    const row = h('tr', {}, h('th', { scope: 'row' }, pick), h('td', {}, entityLink(letter)), h('td', { class: 'grow' }, h('bdi', { title: letter.message }, oneLine(letter.message, 110))), h('td', { class: 'number' }, time(letter.lastMs)), h('td', { class: 'muted' }, dlq === undefined ? '' : nameOf(`${dlq.topic} ${dlq.partition} ${dlq.offset}`, 34)))
    return row
  })
  return h('div', { class: 'table', role: 'region', tabindex: 0, 'aria-label': 'Dead letters' }, h('table', {}, h('thead', {}, h('tr', {}, ...COLUMNS.map((text) => h('th', { scope: 'col' }, text)))), h('tbody', {}, ...rows)))
}

/** @param {Letter} letter */
function entityLink({ entity, type, group }) {
  if (entity === undefined || entity === null) return h('span', { class: 'muted' }, 'none')
  // A consumer group is called `<app>.<type>`.
  const named = type ?? group?.split('.').at(-1)
  return named === undefined ? nameOf(entity) : h('a', { href: address({ view: 'entity', type: named, id: entity }) }, nameOf(entity))
}

/** @param {Letter} letter @param {() => void} letGo */
function card(letter, letGo) {
  const { dlq, topic, partition, offset, timer, stage, directive, group, attempts, firstMs, lastMs, bytes, sha256, stack, value } = letter
  /** @type {readonly (readonly [string, Node | string])[]} */
  const facts = [
    ['entity', entityLink(letter)], ['input', timer === undefined || timer === null ? `${topic ?? '?'} ${partition ?? '?'} ${offset ?? '?'}` : `timer ${timer}`], ['stage', stage ?? '–'], ['then', directive ?? '–'], ['by', group ?? '–'],
    ['when', `${time(lastMs)}${attempts !== undefined && attempts > 1 ? `, ${attempts} attempts since ${time(firstMs ?? lastMs)}` : ''}`], ['bytes', bytes === undefined ? '–' : `${size(bytes)} (${count(bytes)})`],
    ...(sha256 === undefined || sha256 === null ? [] : [/** @type {const} */ (['sha256', sha256])]), ...(dlq === undefined ? [] : [/** @type {const} */ (['letter', `${dlq.topic} ${dlq.partition} ${dlq.offset}`])]),
  ]
  return h('section', { class: 'card', 'aria-label': 'Dead letter' }, h('div', { class: 'card-head' }, h('h2', { class: 'is-bad' }, `▲ ${letter.class}`), button('×', letGo, { 'aria-label': 'Let go', title: 'Let go', class: 'plain' })), h('p', {}, h('bdi', {}, oneLine(letter.message, 2000))),
    h('dl', { class: 'facts' }, ...facts.map(([name, content]) => h('div', {}, h('dt', {}, name), h('dd', {}, typeof content === 'string' ? nameOf(content, 60) : content)))),
    h('h3', {}, 'Value'), bytesOf(value), stack !== undefined && stack !== null && h('details', {}, h('summary', {}, 'Stack'), h('pre', {}, stack)))
}

/** @param {Bytes | undefined} bytes */
function bytesOf(bytes) {
  if (bytes === undefined || bytes === null) return h('p', { class: 'muted' }, bytes === null ? 'It had none.' : 'Not told.')
  if ('hex' in bytes) return h('pre', {}, bytes.hex.replace(/(..)/g, '$1 '))
  try {
    return h('div', { class: 'context' }, tree(parseExact(bytes.text)))
  } catch {
    return h('pre', {}, visible(bytes.text))
  }
}
