// Token: asked for once, in a dialog that stands before everything else, when the server wants one.
import { h } from './dom.js'

/** @param {boolean} wasRefused @returns {Promise<string>} */
export function askToken(wasRefused) {
  const field = h('input', { type: 'password', name: 'token', autocomplete: 'off', required: true, spellcheck: 'false', 'aria-describedby': 'token-help' })
  const form = h('form', { method: 'dialog' },
    h('h2', {}, 'This node asks for a token'),
    wasRefused && h('p', { class: 'is-bad', role: 'alert' }, '▲ That token was refused.'),
    h('label', {}, 'Token', field),
    h('p', { id: 'token-help', class: 'muted' }, 'The one that the node was started with: STATELOG_HTTP_TOKEN. It is kept in this tab alone, until the tab is closed.'),
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'primary' }, 'Look in')))
  const dialog = h('dialog', { class: 'dialog', 'aria-label': 'Token' }, form)
  document.body.append(dialog)
  dialog.showModal()
  field.focus()
  return new Promise((resolve) => {
    // There is nothing behind it to go back to.
    dialog.addEventListener('cancel', (event) => event.preventDefault())
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const token = field.value.trim()
      if (!/^[\x21-\x7e]+$/.test(token)) return field.select()
      dialog.close()
      dialog.remove()
      resolve(token)
    })
  })
}
