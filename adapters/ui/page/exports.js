// Exports: what a chart is saved as.
import { h } from './dom.js'
import { encode } from './route.js'

const FORMS = /** @type {const} */ ({ SVG: 'chart.svg', Mermaid: 'chart.mmd', JSON: 'chart' })
const ENDINGS = /** @type {const} */ ({ SVG: 'svg', Mermaid: 'mmd', JSON: 'json' })

/** @param {import('./api.js').Api} api @param {string} type @param {keyof typeof FORMS} form */
export async function save(api, type, form) {
  const response = await api.send(`/v1/types/${encode(type)}/${FORMS[form]}`)
  const url = URL.createObjectURL(await response.blob())
  const link = h('a', { href: url, download: `${type}.${ENDINGS[form]}` })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
