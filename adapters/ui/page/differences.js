// Differences: what differs between two values, field by field.
import { visible } from './format.js'

export const DIFFERENCES_MAX = 500

/** @typedef {{ path: string, kind: 'added' | 'removed' | 'changed', before: unknown, after: unknown }} Difference */

/** In the order of the fields. @param {unknown} before @param {unknown} after @returns {readonly Difference[]} */
export function differences(before, after) {
  /** @type {Difference[]} */
  const found = []
  const walk = (/** @type {string} */ path, /** @type {unknown} */ from, /** @type {unknown} */ to) => {
    if (found.length >= DIFFERENCES_MAX || Object.is(from, to)) return
    if (!isHolder(from) || !isHolder(to) || Array.isArray(from) !== Array.isArray(to)) {
      found.push({ path, kind: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed', before: from, after: to })
      return
    }
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const of = (/** @type {Record<string, unknown>} */ holder) => (Object.hasOwn(holder, name) ? holder[name] : undefined)
      walk(Array.isArray(to) ? `${path}[${name}]` : path === '' ? visible(name) : `${path}.${visible(name)}`, of(from), of(to))
    }
  }
  walk('', before, after)
  return found
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isHolder(value) {
  return typeof value === 'object' && value !== null
}
