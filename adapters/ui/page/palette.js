// Palette: an entity by its type and id, from everywhere, with the keyboard alone.
import { h, replace, setAttribute } from './dom.js'
import { nameOf } from './chart.js'
import { address } from './route.js'

const LIST = 'palette-list'
const SHOWN_MAX = 50

/** @typedef {{ text: Node, hint: string, route: import('./route.js').Route }} Found */

/** @param {() => Promise<readonly import('./app.js').TypeSummary[]>} types @param {import('./route.js').Route} route */
export function openPalette(types, route) {
  const field = h('input', { type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': LIST, 'aria-autocomplete': 'list', 'aria-label': 'Type and id, or a page', placeholder: 'Type an id, or a type and an id: card 12', spellcheck: 'false', autocomplete: 'off' })
  const list = h('ul', { id: LIST, role: 'listbox', 'aria-label': 'What it may mean' })
  const dialog = h('dialog', { class: 'dialog palette', 'aria-label': 'Find an entity' }, field, list, h('p', { class: 'muted hints', 'aria-hidden': 'true' }, h('kbd', {}, '↑'), ' ', h('kbd', {}, '↓'), ' to choose, ', h('kbd', {}, 'Enter'), ' to open, ', h('kbd', {}, 'Esc'), ' to leave'))
  const here = route.view === 'type' || route.view === 'entity' ? route.type : undefined
  /** @type {readonly Found[]} */
  let found = []
  let at = 0
  /** @type {readonly string[]} */
  let names = []
  const mark = () => {
    ;[...list.children].forEach((item, place) => setAttribute(item, 'aria-selected', place === at ? 'true' : 'false'))
    setAttribute(field, 'aria-activedescendant', found.length === 0 ? undefined : `${LIST}-${at}`)
    list.children[at]?.scrollIntoView({ block: 'nearest' })
  }
  const go = (/** @type {Found | undefined} */ one) => {
    if (one === undefined) return
    dialog.close()
    location.hash = address(one.route)
  }
  const write = () => {
    found = meanings(field.value, names, here)
    at = 0
    replace(list, ...found.map((one, place) => {
      const item = h('li', { role: 'option', id: `${LIST}-${place}` }, one.text, h('span', { class: 'muted' }, one.hint))
      item.addEventListener('click', () => go(one))
      return item
    }))
    mark()
  }
  field.addEventListener('input', write)
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      at = found.length === 0 ? 0 : (at + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length
      mark()
    } else if (event.key === 'Enter') go(found[at])
    else return
    event.preventDefault()
  })
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close()
  })
  document.body.append(dialog)
  dialog.showModal()
  types().then((all) => {
    names = all.map(({ type }) => type)
    write()
  }).catch(() => {})
  write()
}

/** What a text may mean, the likeliest first. @param {string} text @param {readonly string[]} types @param {string | undefined} here @returns {readonly Found[]} */
function meanings(text, types, here) {
  // Before it is known which there are, the one of this page may be one.
  const ordered = here === undefined || (types.length > 0 && !types.includes(here)) ? types : [here, ...types.filter((type) => type !== here)]
  const entity = (/** @type {string} */ type, /** @type {string} */ id) => ({ text: h('span', {}, nameOf(type, 24), ' ', h('strong', {}, nameOf(id, 40))), hint: 'entity', route: { view: /** @type {const} */ ('entity'), type, id } })
  /** @type {readonly Found[]} */
  const pages = [
    { text: h('span', {}, 'System'), hint: 'page', route: { view: 'system' } },
    ...ordered.map((type) => ({ text: h('span', {}, nameOf(type, 40)), hint: 'actor type', route: { view: /** @type {const} */ ('type'), type } })),
    { text: h('span', {}, 'Dead letters'), hint: 'page', route: { view: 'letters' } },
  ]
  const id = text.trim()
  if (id === '') return pages.slice(0, SHOWN_MAX)
  const [, first = '', rest] = /^(\S+?)[\s/]+([^]+)$/.exec(id) ?? []
  const named = types.find((type) => type === first)
  const fitting = pages.filter((page) => (page.text.textContent ?? '').toLowerCase().includes(id.toLowerCase()))
  return [...(named === undefined || rest === undefined ? [] : [entity(named, rest)]), ...fitting, ...ordered.map((type) => entity(type, id))].slice(0, SHOWN_MAX)
}
