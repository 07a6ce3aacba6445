// Exports: what a chart, and what an entity took, are saved as.
import { h } from './dom.js'
import { encode, query } from './route.js'

const FORMS = /** @type {const} */ ({ SVG: 'chart.svg', Mermaid: 'chart.mmd', JSON: 'chart' })
const ENDINGS = /** @type {const} */ ({ SVG: 'svg', Mermaid: 'mmd', JSON: 'json' })

/** @param {import('./api.js').Api} api @param {string} type @param {keyof typeof FORMS} form */
export async function save(api, type, form) {
  await saveAs(api, `/v1/types/${encode(type)}/${FORMS[form]}`, `${type}.${ENDINGS[form]}`)
}

/** For the Stately Inspector. @param {import('./api.js').Api} api @param {string} path Of an entity. @param {number} deadlineMs */
export async function saveInspection(api, path, deadlineMs) {
  const [type = '', id = ''] = path.split('/').slice(-2).map(decodeURIComponent)
  await saveAs(api, `${path}/inspect.json${query({ deadlineMs })}`, `${type} ${id}.inspect.json`)
}

/** @param {import('./api.js').Api} api @param {string} path @param {string} file */
async function saveAs(api, path, file) {
  const response = await api.send(path)
  const url = URL.createObjectURL(await response.blob())
  const link = h('a', { href: url, download: file })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
