// Statechart: what a machine's outline says about numbers: which states a configuration means, who leaves a state, how long one stays.
//
// H1. Mean dwell is Little's law: those who are in a state, divided by the rate at which they leave it. It holds where what comes and what goes are about even.
// H2. A transition of a state around leaves from each state within it by the share of those who are there.
import { DWELL_SECONDS, RATE_SECONDS, takenName } from './series.js'

/** @typedef {import('../../../system/ports/outline.ts').Outline} Outline */

const CONFIGURATIONS_MAX = 2000
/** Of events that the runtime alone makes. */
const RESERVED = /^(xstate|inference|lookup)\./

export class Statechart {
  /** @type {Map<string, readonly number[]>} */
  #active = new Map()
  /** @type {ReadonlyMap<string, number>} */
  #byPath
  /** @type {readonly (readonly { transition: number, from: number }[])[]} */
  #leaving

  /** @param {Outline} outline */
  constructor(outline) {
    this.outline = outline
    this.#byPath = new Map(outline.states.map(({ path }, at) => [path.join('.'), at]))
    this.#leaving = outline.states.map((_, state) => outline.transitions.flatMap((_, transition) => {
      const from = this.#leaves(transition, state)
      return from === undefined ? [] : [{ transition, from }]
    }))
  }

  /** Places of the active states, those around them too; none for what is no configuration of this machine. @param {string | undefined} configuration @returns {readonly number[]} */
  activeIn(configuration) {
    if (configuration === undefined) return []
    const known = this.#active.get(configuration)
    if (known !== undefined) return known
    /** @type {Set<number>} */
    const active = new Set()
    for (const leaf of this.#leavesIn(configuration)) for (const at of this.lineOf(leaf)) active.add(at)
    const found = [...active]
    if (this.#active.size >= CONFIGURATIONS_MAX) this.#active.clear()
    this.#active.set(configuration, found)
    return found
  }

  /** A state, and those around it. @param {number} state @returns {readonly number[]} */
  lineOf(state) {
    const parent = this.outline.states[state]?.parent
    return parent === undefined ? [state] : [state, ...this.lineOf(parent)]
  }

  /** How many are in each state. @param {Readonly<Record<string, number>>} byConfiguration @returns {Float64Array} */
  occupancy(byConfiguration) {
    const counts = new Float64Array(this.outline.states.length)
    for (const [configuration, entities] of Object.entries(byConfiguration)) for (const at of this.activeIn(configuration)) counts[at] = (counts[at] ?? 0) + entities
    return counts
  }

  /** Per second; NaN: not known yet. @param {number} transition @param {string} type @param {import('./series.js').Rates} rates @param {number} [seconds] */
  flow(transition, type, rates, seconds = RATE_SECONDS) {
    return rates.mean(takenName(type, this.outline.transitions[transition]?.id ?? ''), seconds)
  }

  /** How many leave it in a second. @param {number} state @param {ArrayLike<number>} occupancy @param {string} type @param {import('./series.js').Rates} rates @param {number} [seconds] */
  leaving(state, occupancy, type, rates, seconds = RATE_SECONDS) {
    let sum = 0
    for (const { transition, from } of this.#leaving[state] ?? []) {
      const flow = this.flow(transition, type, rates, seconds)
      const around = occupancy[from] ?? 0
      // H2.
      sum += from === state ? flow : around === 0 ? 0 : flow * Math.min(1, (occupancy[state] ?? 0) / around)
    }
    return sum
  }

  /** H1, in milliseconds; NaN where nobody is there, or nobody left within a minute. @param {number} state @param {ArrayLike<number>} occupancy @param {string} type @param {import('./series.js').Rates} rates */
  dwellMs(state, occupancy, type, rates) {
    const there = occupancy[state] ?? 0
    const leaving = this.leaving(state, occupancy, type, rates, DWELL_SECONDS)
    return there > 0 && leaving > 0 ? (there / leaving) * 1000 : NaN
  }

  /** Whether anything leads out of it. @param {number} state */
  isLeft(state) {
    return (this.#leaving[state] ?? []).length > 0
  }

  /**
   * Whom the flow of the transition is counted of where it leaves the state: the state itself, or one around it. Undefined: it does not leave it.
   * @param {number} transition @param {number} state @returns {number | undefined}
   */
  #leaves(transition, state) {
    const { source, targets, reenter } = this.outline.transitions[transition] ?? { source: 0, targets: [], reenter: false }
    if (targets.length === 0 || state === 0) return undefined
    const [line, sourceLine] = [this.lineOf(state), this.lineOf(source)]
    const isInside = targets.every((target) => target !== source && this.lineOf(target).includes(source))
    const around = isInside && !reenter ? sourceLine : sourceLine.slice(1)
    const domain = around.find((one) => targets.every((target) => target !== one && this.lineOf(target).includes(one))) ?? 0
    if (state === domain || !line.includes(domain)) return undefined
    if (sourceLine.includes(state)) return state
    const common = line.find((one) => sourceLine.includes(one)) ?? 0
    if (common === source) return source
    // Beside the source: both are there only in regions of a parallel state.
    return this.outline.states[common]?.kind === 'parallel' ? common : undefined
  }

  /** @param {string} configuration @returns {readonly number[]} */
  #leavesIn(configuration) {
    /** @type {number[]} */
    const leaves = []
    const pieces = configuration.split(',')
    for (let from = 0; from < pieces.length;) {
      // A name may hold the comma that parts them.
      let to = pieces.length
      while (to > from && !this.#byPath.has(pieces.slice(from, to).join(','))) to -= 1
      const found = this.#byPath.get(pieces.slice(from, to).join(','))
      if (found !== undefined && to > from) leaves.push(found)
      from = Math.max(to, from + 1)
    }
    return leaves
  }
}

/** Events that the states take, in the order of the chart, without wildcards and without those that nobody may send. @param {Outline} outline @param {readonly number[]} states @returns {readonly string[]} */
export function eventsOf({ transitions }, states) {
  const found = transitions.flatMap(({ source, trigger }) => (states.includes(source) && trigger.kind === 'event' && !trigger.descriptor.includes('*') && !RESERVED.test(trigger.descriptor) ? [trigger.descriptor] : []))
  return [...new Set(found)]
}
