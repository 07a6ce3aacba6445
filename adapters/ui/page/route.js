// Route: what part of the system an address shows. It stands behind `#`, so that every page is one file and every view has a link.
//
// R1. Ids are percent-encoded: whatever they hold, they are one part of the address.

/**
 * @typedef {{ view: 'system', partition?: string }
 *   | { view: 'type', type: string, state?: string }
 *   | { view: 'entity', type: string, id: string }
 *   | { view: 'letters', type?: string, class?: string }
 *   | { view: 'scenario' }
 *   | { view: 'unknown', path: string }} Route
 */

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path = '', query = ''] = cutAt(hash.replace(/^#\/?/, ''), '?')
  const parts = path.split('/').map(decoded)
  const [first = '', second, third] = parts
  const asked = new Map(query.split('&').map((part) => cutAt(part, '=')).map(([name, value = '']) => [name, decoded(value)]))
  const given = (/** @type {string} */ name) => {
    const value = asked.get(name)
    return value === undefined || value === '' ? {} : { [name]: value }
  }
  if (parts.includes(undefined)) return { view: 'unknown', path: hash }
  if (first === '') return { view: 'system', ...given('partition') }
  if (first === 'dead-letters' && parts.length === 1) return { view: 'letters', ...given('type'), ...given('class') }
  if (first === 'scenario' && parts.length === 1) return { view: 'scenario' }
  if (first === 'types' && second !== undefined && second !== '' && parts.length === 2) return { view: 'type', type: second, ...given('state') }
  if (first === 'types' && second !== undefined && third !== undefined && third !== '' && parts.length === 3) return { view: 'entity', type: second, id: third }
  return { view: 'unknown', path: hash }
}

/** @param {Route} route */
export function address(route) {
  switch (route.view) {
    case 'system': return `#/${query({ partition: route.partition })}`
    case 'type': return `#/types/${encode(route.type)}${query({ state: route.state })}`
    case 'entity': return `#/types/${encode(route.type)}/${encode(route.id)}`
    case 'letters': return `#/dead-letters${query({ type: route.type, class: route.class })}`
    case 'scenario': return '#/scenario'
    case 'unknown': return route.path
  }
}

/** Percent-encoded, lone surrogates replaced. @param {string} text */
export function encode(text) {
  return encodeURIComponent(text.toWellFormed())
}

/** `?a=b&c=d`, without what is undefined or ''. @param {Record<string, string | number | undefined>} values */
export function query(values) {
  const parts = Object.entries(values).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${encode(String(value))}`]))
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** @param {string} text @returns {string | undefined} */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** @param {string} text @param {string} mark @returns {[string, string?]} */
function cutAt(text, mark) {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)]
}
