// Dom: elements made one by one. What comes from users becomes text, never markup.
//
// M1. No attribute that runs something and none that styles is set here; texts are text nodes.
// M2. What has not changed is not touched: a node is written to only when its text or attribute differs.

const SVG = 'http://www.w3.org/2000/svg'

/** @typedef {Node | string | false | undefined} Child */
/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes] `true` stands without a value; `false` and undefined are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value)
  append(element, children)
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value)
  append(element, children)
  return element
}

/** @param {Element} element @param {readonly Child[]} children */
function append(element, children) {
  for (const child of children) if (child !== false && child !== undefined) element.append(child)
}

/** @param {Element} element @param {string} name @param {string | number | boolean | undefined} value */
export function setAttribute(element, name, value) {
  if (value === false || value === undefined) return element.removeAttribute(name)
  const text = value === true ? '' : String(value)
  if (element.getAttribute(name) !== text) element.setAttribute(name, text)
}

/** @param {Element} element @param {string} text */
export function setText(element, text) {
  const first = element.firstChild
  if (first instanceof Text && first.nextSibling === null) {
    if (first.data !== text) first.data = text
  } else element.textContent = text
}

/** A number that style sheets read. @param {HTMLElement | SVGElement} element @param {string} name @param {number} value */
export function setVariable(element, name, value) {
  const text = String(value)
  if (element.style.getPropertyValue(name) !== text) element.style.setProperty(name, text)
}

/** @param {Element} parent @param {...Child} children */
export function replace(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== false && child !== undefined))
}

/** @param {string} label @param {() => void} act @param {Attributes} [attributes] */
export function button(label, act, attributes = {}) {
  const element = h('button', { type: 'button', ...attributes }, label)
  element.addEventListener('click', act)
  return element
}
