// Shell: what stands around every view: where one is, where one can go, whether the numbers are those of now.
import { button, h, replace, setAttribute, setText } from './dom.js'
import { duration } from './format.js'
import { nameOf } from './chart.js'
import { openPalette } from './palette.js'
import { address } from './route.js'

const THEME = 'statelog-theme'
const THEMES = /** @type {const} */ (['auto', 'light', 'dark'])
const SIGNS = { auto: '◐', light: '○', dark: '●' }

/** @type {Record<import('./live.js').Connection, readonly [sign: string, word: string]>} */
const WORDS = { connecting: ['◌', 'connecting'], live: ['●', 'live'], reconnecting: ['▲', 'not connected'], paused: ['❚❚', 'paused'], absent: ['–', 'no live numbers'] }

export class Shell {
  #live
  #types
  #hasScenario
  /** @type {import('./route.js').Route} */
  #route = { view: 'system' }
  #nav = h('nav', { 'aria-label': 'Pages' })
  #sign = h('span', { 'aria-hidden': 'true' })
  #word = h('span')
  #system = h('span', { class: 'system-name' })
  #status = h('p', { class: 'connection', role: 'status' }, this.#sign, ' ', this.#word)
  #banner = /** @type {HTMLElement} */ (document.getElementById('banner'))
  #bannerText = h('p')

  /** @param {import('./live.js').Live} live @param {() => Promise<readonly import('./app.js').TypeSummary[]>} types @param {() => Promise<boolean>} hasScenario */
  constructor(live, types, hasScenario) {
    this.#live = live
    this.#hasScenario = hasScenario
    this.#types = types
    const header = /** @type {HTMLElement} */ (document.getElementById('header'))
    replace(header,
      h('a', { class: 'brand', href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: 16, height: 16 }), 'statelog'),
      this.#system, this.#nav,
      h('div', { class: 'header-end' }, this.#status, button('Find an entity', () => openPalette(types, this.#route), { class: 'find', title: 'Find an entity (/)', 'aria-keyshortcuts': '/' }), themeButton()))
    header.querySelector('.find')?.append(h('kbd', { 'aria-hidden': 'true' }, '/'))
    replace(this.#banner, this.#bannerText, button('Try now', () => live.retry()))
    this.#banner.hidden = true
    this.#list()
  }

  /** @param {import('./route.js').Route} route */
  at(route) {
    this.#route = route
    this.#mark()
  }

  update() {
    const { connection, look } = this.#live
    const [sign, word] = WORDS[connection]
    setText(this.#sign, sign)
    setText(this.#word, word)
    setAttribute(this.#status, 'data-connection', connection)
    setText(this.#system, look?.system ?? '')
    const isAway = connection === 'reconnecting' || connection === 'absent'
    if (this.#banner.hidden === isAway) this.#banner.hidden = !isAway
    if (isAway) setText(this.#bannerText, this.#bannerWords())
    if (look !== undefined && this.#nav.childElementCount === 2) this.#list()
  }

  #bannerWords() {
    const { connection, look, heardAtMs, retryAtMs } = this.#live
    if (connection === 'absent') return 'This node gives no live numbers: it was started without them, or is older than this page.'
    const inMs = Math.max(0, retryAtMs - performance.now())
    const next = inMs < 500 ? 'Trying again now.' : `Trying again in ${duration(Math.ceil(inMs / 1000) * 1000)}.`
    return look === undefined ? `The node does not answer. ${next}` : `Not connected: what is shown is from ${duration(Math.floor((performance.now() - heardAtMs) / 1000) * 1000 || 1000)} ago. ${next}`
  }

  #list() {
    const link = (/** @type {import('./route.js').Route} */ route, /** @type {Node | string} */ text) => h('a', { href: address(route) }, text)
    const fixed = (/** @type {readonly { type: string }[]} */ types, /** @type {boolean} */ hasScenario) => replace(this.#nav, link({ view: 'system' }, 'System'), ...types.map(({ type }) => link({ view: 'type', type }, nameOf(type, 20))), link({ view: 'letters' }, 'Dead letters'), hasScenario && link({ view: 'scenario' }, 'Scenario'))
    if (this.#nav.childElementCount === 0) fixed([], false)
    Promise.all([this.#types(), this.#hasScenario()]).then(([types, hasScenario]) => {
      fixed(types, hasScenario)
      this.#mark()
    }).catch(() => {})
  }

  #mark() {
    const route = this.#route
    const here = route.view === 'entity' ? address({ view: 'type', type: route.type }) : route.view === 'type' ? address({ view: 'type', type: route.type }) : route.view === 'letters' ? address({ view: 'letters' }) : route.view === 'system' ? address({ view: 'system' }) : route.view === 'scenario' ? address(route) : ''
    for (const link of this.#nav.children) {
      const isHere = link.getAttribute('href') === here
      setAttribute(link, 'aria-current', isHere ? (route.view === 'entity' ? 'true' : 'page') : undefined)
      if (isHere) link.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    }
  }
}

function themeButton() {
  const known = () => THEMES.find((one) => one === localStorage.getItem(THEME)) ?? 'auto'
  const element = button('', () => {
    localStorage.setItem(THEME, THEMES[(THEMES.indexOf(known()) + 1) % THEMES.length] ?? 'auto')
    apply()
  }, { class: 'theme' })
  const apply = () => {
    const theme = known()
    document.documentElement.dataset['theme'] = theme
    setText(element, SIGNS[theme])
    setAttribute(element, 'aria-label', `Colours: ${theme === 'auto' ? 'as the system has them' : theme}`)
    setAttribute(element, 'title', `Colours: ${theme === 'auto' ? 'as the system has them' : theme}`)
  }
  apply()
  return element
}
