// Format: numbers, times and names as people read them. The same everywhere: nothing here follows the language of the browser.

const UNITS = /** @type {const} */ ([['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]])

/** All digits, in groups. @param {number} value */
export function count(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At most five characters. @param {number} value */
export function compact(value) {
  for (const [size, unit] of /** @type {const} */ ([[1e9, 'G'], [1e6, 'M'], [1e4, 'k']])) {
    if (value < size) continue
    const scaled = value / (unit === 'k' ? 1000 : size)
    return `${scaled < 100 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`
  }
  return count(value)
}

/** Whole numbers whole, others with six digits. @param {number} value */
export function figure(value) {
  if (Number.isSafeInteger(value)) return `${value < 0 ? '−' : ''}${count(Math.abs(value))}`
  return String(Number(value.toPrecision(6)))
}

/** @param {number} perSecond */
export function rate(perSecond) {
  if (!Number.isFinite(perSecond)) return '–'
  if (perSecond === 0) return '0/s'
  if (perSecond < 0.095) return `${(perSecond * 60).toFixed(1)}/min`
  return perSecond < 9.95 ? `${perSecond.toFixed(1)}/s` : `${compact(perSecond)}/s`
}

/** In one or two units. @param {number} ms */
export function duration(ms) {
  if (!Number.isFinite(ms)) return '–'
  if (ms < 1) return `${ms < 0.01 ? '<0.01' : ms.toFixed(2)} ms`
  if (ms < 100) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const at = UNITS.findIndex(([, size]) => ms >= size)
  const [unit, size] = UNITS[at] ?? UNITS[3]
  const [smaller, smallerSize] = UNITS[at + 1] ?? UNITS[3]
  const whole = Math.floor(ms / size)
  const rest = Math.floor((ms % size) / smallerSize)
  return whole >= 100 || rest === 0 ? `${count(whole)} ${unit}` : `${whole} ${unit} ${rest} ${smaller}`
}

/** In one unit, for means and where there is little room: two digits at least. @param {number} ms */
export function about(ms) {
  if (!(ms >= 60_000)) return duration(ms)
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? UNITS[3]
  const whole = ms / size
  return `${whole < 9.95 ? whole.toFixed(1) : count(whole)} ${unit}`
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`
}

/** In UTC, as the command line tells it. @param {number} ms */
export function time(ms) {
  const at = new Date(ms)
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString().replace('T', ' ').replace(/\.000Z$|Z$/, '')
}

/** @param {number} ms @param {number} nowMs */
export function ago(ms, nowMs) {
  const since = nowMs - ms
  return since < 1500 && since > -1500 ? 'now' : since < 0 ? `in ${duration(-since)}` : `${duration(since)} ago`
}

/** A part of a whole. @param {number} part @param {number} whole */
export function share(part, whole) {
  if (whole === 0) return '–'
  const percent = (part / whole) * 100
  return percent === 0 ? '0 %' : percent < 0.1 ? '<0.1 %' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`
}

const HIDDEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** A name with everything in it that cannot be seen, or turns the direction of writing, spelt out. @param {string} text */
export function visible(text) {
  return text === '' ? '(empty)' : text.replace(HIDDEN, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`)
}

/** Cut in the middle, where names differ least. @param {string} text @param {number} [lengthMax] */
export function cut(text, lengthMax = 28) {
  const letters = [...text]
  if (letters.length <= lengthMax) return text
  const tail = Math.floor((lengthMax - 1) * 0.4)
  return `${letters.slice(0, lengthMax - 1 - tail).join('')}…${letters.slice(-tail).join('')}`
}

/** A value on one line. @param {unknown} value @param {number} [lengthMax] */
export function oneLine(value, lengthMax = 120) {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? 'undefined'
  return visible(text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text)
}
