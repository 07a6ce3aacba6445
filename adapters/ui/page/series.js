// Series: rates made from counts that only grow, one sample a second.
//
// S1. Each has POINTS samples, whatever time goes by; one whose count is gone is dropped.
// S2. A count that goes back belongs to another server: it begins anew, and no rate is made of the step.

export const POINTS = 60

export class Series {
  #values = new Float64Array(POINTS)
  #size = 0
  #at = 0
  #last

  /** @param {number} count from which it goes on */
  constructor(count) {
    this.#last = count
  }

  /** @param {number} count @param {number} seconds since the last */
  sample(count, seconds) {
    const grown = count - this.#last
    this.#last = count
    this.#values[this.#at] = grown < 0 ? 0 : grown / seconds
    this.#at = (this.#at + 1) % POINTS
    this.#size = Math.min(POINTS, this.#size + 1)
  }

  /** Without a sample: counts were not watched meanwhile. @param {number} count */
  rebase(count) {
    this.#last = count
  }

  /** Over the newest so many; NaN before there is one. @param {number} points */
  mean(points) {
    const size = Math.min(points, this.#size)
    if (size === 0) return NaN
    let sum = 0
    for (let back = 1; back <= size; back++) sum += this.#values[(this.#at - back + POINTS) % POINTS] ?? 0
    return sum / size
  }

  /** Oldest first; 0 where there is none yet. @param {number} index */
  valueAt(index) {
    return this.#values[(this.#at + index) % POINTS] ?? 0
  }
}

/** Rates by name. */
export class Rates {
  /** @type {Map<string, Series>} */
  #series = new Map()
  #hasBegun = false

  /** A second's counts. @param {ReadonlyMap<string, number>} counts @param {number} seconds */
  sample(counts, seconds) {
    for (const name of this.#series.keys()) if (!counts.has(name)) this.#series.delete(name)
    for (const [name, count] of counts) {
      const known = this.#series.get(name)
      if (known !== undefined) known.sample(count, seconds)
      else {
        // What was not counted before has begun with the first; what stood there when watching began has not.
        const series = new Series(this.#hasBegun ? 0 : count)
        if (this.#hasBegun) series.sample(count, seconds)
        this.#series.set(name, series)
      }
    }
    this.#hasBegun = true
  }

  /** Where watching begins again. @param {ReadonlyMap<string, number>} counts */
  rebase(counts) {
    for (const [name, count] of counts) this.#series.get(name)?.rebase(count)
    this.#hasBegun = this.#series.size > 0
  }

  /** @param {string} name */
  of(name) {
    return this.#series.get(name)
  }

  /** Per second, over the newest seconds; NaN: not known yet. @param {string} name @param {number} seconds */
  mean(name, seconds) {
    return this.#series.get(name)?.mean(seconds) ?? (this.#hasBegun ? 0 : NaN)
  }
}

/** Over which a rate is told, and over which a dwell. */
export const RATE_SECONDS = 5
export const DWELL_SECONDS = POINTS

/** @param {import('../../../system/gateway/flow-document.ts').FlowDocument} look @returns {Map<string, number>} */
export function countsOf({ types }) {
  const counts = new Map()
  for (const [type, { taken, partitions, ...own }] of Object.entries(types)) {
    for (const name of /** @type {const} */ (['inputs', 'outputs', 'deadLetters', 'drops', 'decisions'])) counts.set(`${type} ${name}`, own[name] ?? 0)
    for (const [id, count] of Object.entries(taken ?? {})) counts.set(takenName(type, id), count)
    for (const [partition, { inputs }] of Object.entries(partitions ?? {})) counts.set(`${type} ${partition} inputs`, inputs ?? 0)
  }
  return counts
}

/** Types have no blank in their names. @param {string} type @param {string} id */
export function takenName(type, id) {
  return `${type} taken ${id}`
}
