// Diff: what differs between two values, as a table.
import { h } from './dom.js'
import { DIFFERENCES_MAX } from './differences.js'
import { oneLine } from './format.js'

const SIGNS = { added: '+', removed: '−', changed: '~' }

/** @param {readonly import('./differences.js').Difference[]} all */
export function differenceTable(all) {
  if (all.length === 0) return h('p', { class: 'muted' }, 'No field differs.')
  const rows = all.map(({ path, kind, before, after }) => h('tr', { class: `is-${kind}` },
    h('th', { scope: 'row' }, h('span', { 'aria-label': kind }, SIGNS[kind]), ' ', h('bdi', { class: 'field' }, path === '' ? '(all of it)' : path)),
    h('td', {}, before === undefined ? '' : h('bdi', {}, oneLine(before, 200))), h('td', {}, after === undefined ? '' : h('bdi', {}, oneLine(after, 200)))))
  return h('div', { class: 'table', role: 'region', tabindex: 0, 'aria-label': 'What differs' }, h('table', { class: 'diff' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Field'), h('th', { scope: 'col' }, 'A'), h('th', { scope: 'col' }, 'B'))), h('tbody', {}, ...rows)),
    all.length >= DIFFERENCES_MAX && h('p', { class: 'muted' }, `The first ${DIFFERENCES_MAX} differences.`))
}
