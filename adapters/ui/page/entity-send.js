// Entity send: an event for an entity, committed once however often it is sent.
//
// D1. A key belongs to one event: it is kept while its outcome is not known, and another is made when the event changes or has been answered.
import { button, h, replace, setText } from './dom.js'
import { Problem } from './api.js'
import { wordsOf } from './notice.js'
import { eventsOf } from './statechart.js'
import { tree } from './tree.js'

const KEY_BYTES = 12

export class Sender {
  #api
  #path
  #key = ''
  #sent = ''
  #type = h('input', { type: 'text', name: 'type', list: 'event-types', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'type' })
  #types = h('datalist', { id: 'event-types' })
  #fields = h('textarea', { name: 'fields', rows: 3, spellcheck: 'false', placeholder: '{ "amount": 12 }' })
  #chips = h('div', { class: 'chips' })
  #submit = h('button', { type: 'submit', class: 'primary' }, 'Send')
  #outcome = h('div', { role: 'status', class: 'outcome' })
  #onTaken
  element

  /** @param {import('./api.js').Api} api @param {string} path @param {() => void} onTaken */
  constructor(api, path, onTaken) {
    this.#api = api
    this.#path = `${path}/events`
    this.#onTaken = onTaken
    const form = h('form', {}, this.#chips, h('label', {}, 'Event type', this.#type), this.#types, h('label', {}, 'Its other fields, as JSON', this.#fields), h('div', { class: 'actions' }, this.#submit), this.#outcome)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#send()
    })
    this.element = h('section', { class: 'card', 'aria-labelledby': 'send-title' }, h('h2', { id: 'send-title' }, 'Send an event'), form)
  }

  /** Offers what the active states take first. @param {import('./statechart.js').Outline} outline @param {readonly number[]} active */
  offer(outline, active) {
    const here = eventsOf(outline, active)
    const all = [...new Set([...here, ...eventsOf(outline, outline.states.map((_, at) => at))])]
    if (this.#chips.dataset['of'] === here.join('\n')) return
    this.#chips.dataset['of'] = here.join('\n')
    replace(this.#chips, ...(here.length === 0 ? [h('span', { class: 'muted' }, 'Its state takes no event by name.')] : here.slice(0, 12).map((type) => button(type, () => {
      this.#type.value = type
      this.#fields.focus()
    }, { class: 'chip', title: 'Its state takes this' }))))
    replace(this.#types, ...all.map((type) => h('option', { value: type })))
  }

  #event() {
    const text = this.#fields.value.trim()
    const fields = text === '' ? {} : JSON.parse(text)
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SyntaxError('the fields must be one JSON object')
    return JSON.stringify({ ...fields, type: this.#type.value })
  }

  async #send() {
    let body = ''
    try {
      body = this.#event()
    } catch (thrown) {
      this.#fields.focus()
      return this.#say('bad', 'These fields are no JSON', thrown instanceof Error ? thrown.message : '')
    }
    // D1.
    if (this.#key === '' || this.#sent !== body) this.#key = newKey()
    this.#sent = body
    this.#submit.disabled = true
    this.#say('', 'Sending …', '')
    try {
      const response = await this.#api.send(this.#path, { method: 'POST', body, headers: { 'content-type': 'application/json', 'idempotency-key': this.#key } })
      const { outcome, reply, partition } = await response.json()
      if (outcome === 'reply') {
        this.#key = ''
        this.#say('good', reply === null || reply === undefined ? 'Taken and committed; it replied nothing.' : 'Taken and committed. It replied:', '')
        if (reply !== null && reply !== undefined) this.#outcome.append(tree(reply))
      } else if (partition?.state === 'at rest') this.#say('warn', 'Durable: it is taken when the system runs next.', 'Nothing runs now. Sent again it is applied once.')
      else this.#say('warn', 'Durable, and not taken yet.', 'Send again for its reply: it is applied once.')
      this.#onTaken()
    } catch (problem) {
      const { title, detail } = wordsOf(problem)
      const isOver = problem instanceof Problem && problem.status >= 400 && problem.status < 500
      if (isOver) this.#key = ''
      this.#say('bad', title, isOver ? detail : `${detail} Send again: with the same key it is applied once.`)
    } finally {
      this.#submit.disabled = false
      setText(this.#submit, this.#key === '' ? 'Send' : 'Send again')
    }
  }

  /** @param {'' | 'good' | 'warn' | 'bad'} tone @param {string} title @param {string} detail */
  #say(tone, title, detail) {
    const sign = { '': '', good: '● ', warn: '◐ ', bad: '▲ ' }[tone]
    replace(this.#outcome, h('p', { 'data-tone': tone }, h('b', {}, `${sign}${title}`), detail === '' ? '' : ` ${detail}`), this.#key !== '' && h('p', { class: 'muted' }, 'Key: ', h('code', {}, this.#key)))
  }
}

/** Also where the page is not served over TLS, and has no `randomUUID`. */
function newKey() {
  return `ui-${[...crypto.getRandomValues(new Uint8Array(KEY_BYTES))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
