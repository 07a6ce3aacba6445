// Exact: JSON whose numbers are shown as they are written, also those that a number of JavaScript does not hold.

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

/** As a leaf of a tree that is shown: its digits. */
export class Digits {
  /** @param {string} text */
  constructor(text) {
    this.text = text
  }

  /** On one line it stands among other JSON. */
  toJSON() {
    return this.text
  }
}

/** The value with `Digits` for what would be rounded. Throws where it is no JSON. @param {string} text @returns {unknown} */
export function parseExact(text) {
  // Read once before: what can be written with escapes too is compared as it is meant.
  const mark = markFor(JSON.stringify(JSON.parse(text)))
  /** @type {string[]} */
  const rounded = []
  const marked = text.replace(TOKENS, (token) => (token.startsWith('"') || isKept(token) ? token : `"${mark}${rounded.push(token) - 1}"`))
  return JSON.parse(marked, (_, value) => (typeof value === 'string' && value.startsWith(mark) ? new Digits(rounded[Number(value.slice(mark.length))] ?? '') : value))
}

/** What no text in it begins with. @param {string} text */
function markFor(text) {
  let mark = 'digits:'
  while (text.includes(mark)) mark = `${mark}:`
  return mark
}

/** Whether a number of JavaScript is the same number. @param {string} token */
export function isKept(token) {
  const value = Number(token)
  return Number.isFinite(value) && decimalOf(token) === decimalOf(String(value))
}

/** Sign, digits without zeros around them, and the place of the point: equal for equal numbers. @param {string} token */
function decimalOf(token) {
  const [, whole = '', part = '', power = '0'] = NUMBER.exec(token) ?? []
  const digits = `${whole}${part}`.replace(/^0+/, '')
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  const short = digits.slice(0, end)
  return short === '' ? '0' : `${token.startsWith('-') ? '-' : ''}${short}e${Number(power) - part.length + digits.length - short.length}`
}
