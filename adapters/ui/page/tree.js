// Tree: data as people read it, folded where it is deep.
//
// T1. However large the data, only so much of it is made into elements at once; the rest is said to be there, and shown when asked for.
import { button, h } from './dom.js'
import { Digits } from './exact.js'
import { oneLine, visible } from './format.js'

const CHILDREN_MAX = 100
const OPEN_DEPTH = 2
const TEXT_MAX = 2000

/** `isInner`: what is folded away however small it is. @param {unknown} value @param {number} [depth] @param {(value: object) => boolean} [isInner] @returns {HTMLElement} */
export function tree(value, depth = 0, isInner = () => false) {
  if (typeof value !== 'object' || value === null || value instanceof Digits) return leaf(value)
  const entries = Object.entries(value)
  const isList = Array.isArray(value)
  if (entries.length === 0) return h('span', { class: 'value' }, isList ? '[ ]' : '{ }')
  const list = h('ul', { class: 'tree' })
  const add = (/** @type {number} */ from) => {
    for (const [name, child] of entries.slice(from, from + CHILDREN_MAX)) list.append(h('li', {}, branch(isList ? `[${name}]` : visible(name), child, depth, isInner)))
    const left = entries.length - from - CHILDREN_MAX
    if (left <= 0) return
    const more = h('li', {}, button(`Show more: ${left} are left`, () => {
      more.remove()
      add(from + CHILDREN_MAX)
    }))
    list.append(more)
  }
  add(0)
  return list
}

/** @param {string} name @param {unknown} value @param {number} depth @param {(value: object) => boolean} isInner @returns {HTMLElement} */
function branch(name, value, depth, isInner) {
  const label = h('bdi', { class: 'field' }, name)
  if (typeof value !== 'object' || value === null || value instanceof Digits || Object.keys(value).length === 0) return h('span', {}, label, ': ', tree(value))
  const size = Object.keys(value).length
  const folded = h('details', { open: depth < OPEN_DEPTH && size <= 20 && !isInner(value) }, h('summary', {}, label, h('span', { class: 'muted' }, Array.isArray(value) ? ` [${size}] ` : ` {${size}} `), h('span', { class: 'muted glimpse' }, isInner(value) ? 'what its features are kept in' : oneLine(value, 60))))
  const fill = () => {
    if (folded.open && folded.childElementCount === 1) folded.append(tree(value, depth + 1, isInner))
  }
  folded.addEventListener('toggle', fill)
  fill()
  return folded
}

/** @param {unknown} value */
function leaf(value) {
  const text = typeof value === 'string' ? value : value instanceof Digits ? value.text : value === undefined ? '–' : JSON.stringify(value)
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${text.length} characters)` : text
  return h('bdi', { class: `value is-${value === null ? 'null' : value instanceof Digits ? 'number' : typeof value}` }, typeof value === 'string' ? `"${visible(short)}"` : short)
}
