// App: the page as a whole: which view stands in it, and what all views share.
//
// V1. A view that is left stops: its requests are aborted, and it is told of nothing more.
import { Api } from './api.js'
import { replace } from './dom.js'
import { Live } from './live.js'
import { empty, failed } from './notice.js'
import { openPalette } from './palette.js'
import { parse } from './route.js'
import { Shell } from './shell.js'
import { askToken } from './token.js'
import { entityView } from './view-entity.js'
import { lettersView } from './view-letters.js'
import { scenarioView } from './view-scenario.js'
import { systemView } from './view-system.js'
import { typeView } from './view-type.js'

/**
 * What a view is given, and what it may do. `update`: on every look, with true where rates have a new sample.
 * @typedef {{ api: Api, live: Live, types: () => Promise<readonly TypeSummary[]>, signal: AbortSignal, title: (text: string) => void }} Context
 * @typedef {import('../../../system/gateway/gateway.ts').TypeSummary} TypeSummary
 * @typedef {{ update?: (isSample: boolean) => void, reroute?: (route: import('./route.js').Route) => boolean }} View
 */

const main = /** @type {HTMLElement} */ (document.getElementById('main'))
const api = new Api(askToken)
const live = new Live(api)
/** @type {Promise<readonly TypeSummary[]> | undefined} */
let asked
const types = () => {
  asked ??= api.get('/v1/types').then(({ types: found }) => found)
  asked.catch(() => (asked = undefined))
  return asked
}
/** Whether one drives this run. */
const hasScenario = () => api.get('/v1/scenario').then(() => true, () => false)
const shell = new Shell(live, types, hasScenario)

/** @type {{ view: View, leave: AbortController } | undefined} */
let shown

function show() {
  const route = parse(location.hash)
  shell.at(route)
  if (shown?.view.reroute?.(route) === true) return
  shown?.leave.abort()
  const leave = new AbortController()
  const title = (/** @type {string} */ text) => {
    document.title = text === '' ? 'statelog' : `${text} · statelog`
  }
  const isFirst = shown === undefined
  replace(main)
  try {
    shown = { leave, view: viewOf(route, { api, live, types, signal: leave.signal, title }) }
  } catch (problem) {
    shown = { leave, view: {} }
    replace(main, failed(problem))
  }
  if (!isFirst) {
    main.focus({ preventScroll: true })
    scrollTo(0, 0)
  }
}

/** @param {import('./route.js').Route} route @param {Context} context @returns {View} */
function viewOf(route, context) {
  switch (route.view) {
    case 'system': return systemView(main, route, context)
    case 'type': return typeView(main, route, context)
    case 'entity': return entityView(main, route, context)
    case 'letters': return lettersView(main, route, context)
    case 'scenario': return scenarioView(main, context)
    case 'unknown':
      context.title('Not found')
      replace(main, empty('There is no such page', 'The address does not lead anywhere. The system stands at the top left.'))
      return {}
  }
}

live.listen((isSample) => {
  shell.update()
  main.classList.toggle('is-stale', live.isStale)
  shown?.view.update?.(isSample)
})
addEventListener('hashchange', show)
addEventListener('keydown', (event) => {
  const { target } = event
  const isTyping = target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return
  event.preventDefault()
  openPalette(types, parse(location.hash))
})
show()
