// Table: rows with keys, changed in place.
//
// T1. A row is made once for its key, and removed with it; rows stand in the order they are given in.
import { h } from './dom.js'

/** @typedef {{ text: string, isNumber?: boolean, title?: string }} Column */

/**
 * @template T, P
 * @typedef {{ key: (item: T) => string, make: (item: T) => { row: HTMLTableRowElement, parts: P }, write: (parts: P, item: T) => void }} Rows
 */

/** @template T, P */
export class Table {
  #body = h('tbody')
  /** @type {Map<string, { row: HTMLTableRowElement, parts: P }>} */
  #known = new Map()
  #rows
  #columns

  /** @param {string} caption @param {readonly Column[]} columns @param {Rows<T, P>} rows */
  constructor(caption, columns, rows) {
    this.#rows = rows
    this.#columns = columns
    this.element = h('div', { class: 'table', role: 'region', tabindex: 0, 'aria-label': caption }, h('table', {}, h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, ...columns.map(({ text, isNumber, title }) => h('th', { scope: 'col', class: isNumber === true ? 'number' : '', ...(title === undefined ? {} : { title }) }, text)))), this.#body))
  }

  /** @param {readonly T[]} items */
  write(items) {
    const keys = new Set(items.map(this.#rows.key))
    for (const [key, { row }] of this.#known) {
      if (keys.has(key)) continue
      row.remove()
      this.#known.delete(key)
    }
    items.forEach((item, at) => {
      const key = this.#rows.key(item)
      let known = this.#known.get(key)
      if (known === undefined) this.#known.set(key, (known = this.#rows.make(item)))
      if (this.#body.children[at] !== known.row) this.#body.insertBefore(known.row, this.#body.children[at] ?? null)
      this.#rows.write(known.parts, item)
    })
  }

  /** A line in the place of rows. @param {string} text */
  say(text) {
    this.#known.clear()
    this.#body.replaceChildren(h('tr', {}, h('td', { class: 'said', colspan: this.#columns.length }, text)))
  }
}

/** Cells of a row, the first as its header. @param {readonly (Node | string)[]} contents @param {readonly Column[]} columns */
export function rowOf(contents, columns) {
  return h('tr', {}, ...contents.map((content, at) => (at === 0 ? h('th', { scope: 'row' }, content) : h('td', { class: columns[at]?.isNumber === true ? 'number' : '' }, content))))
}

/** @param {number} columns */
export function cells(columns) {
  return Array.from({ length: columns }, () => h('span'))
}
