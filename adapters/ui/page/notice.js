// Notice: what stands where there is nothing else yet: loading, nothing there, something wrong. Each says what to do.
import { button, h } from './dom.js'
import { Problem } from './api.js'

/** @param {string} what */
export function loading(what) {
  return h('div', { class: 'notice is-loading', role: 'status', 'aria-busy': 'true' }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), h('p', {}, `Loading ${what} …`))
}

/** @param {string} title @param {...(Node | string)} details */
export function empty(title, ...details) {
  return h('div', { class: 'notice is-empty' }, h('p', { class: 'notice-title' }, title), details.length > 0 && h('p', {}, ...details))
}

/** @param {unknown} problem @param {(() => void) | undefined} [again] */
export function failed(problem, again) {
  const { title, detail } = wordsOf(problem)
  return h('div', { class: 'notice is-failed', role: 'alert' }, h('p', { class: 'notice-title' }, h('span', { 'aria-hidden': 'true' }, '▲ '), title), h('p', {}, detail), again !== undefined && button('Try again', again))
}

/** @param {unknown} problem */
export function wordsOf(problem) {
  if (!(problem instanceof Problem)) return { title: 'This page has a defect', detail: problem instanceof Error ? problem.message : String(problem) }
  if (problem.status === 0) return { title: 'The node does not answer', detail: 'It may be stopped, starting, or out of reach.' }
  if (problem.isNoRoute) return { title: 'This node does not answer that', detail: 'It was started without this part, or is older than this page.' }
  return { title: problem.status === 404 ? 'Not found' : problem.status === 503 ? 'Not available now' : `Refused (${problem.status})`, detail: problem.message }
}

/** Runs until it is aborted; what is aborted says nothing. @template T @param {AbortSignal} signal @param {Promise<T>} asked @param {(value: T) => void} onValue @param {(problem: unknown) => void} onProblem */
export function settle(signal, asked, onValue, onProblem) {
  asked.then((value) => {
    if (!signal.aborted) onValue(value)
  }).catch((problem) => {
    if (!signal.aborted) onProblem(problem)
  })
}
