// Data quality rules: what a well-formed record must also satisfy. A record that breaks one is dead-lettered, class `semantic`.

export type QualityRule<E> = {
  readonly name: string
  /** Undefined when the event is good, else what is wrong with it. `nowMs` is the batch's time. */
  readonly check: (event: E, nowMs: number) => string | undefined
}

/** A number within [min, max]; NaN and infinities are always refused. */
export function range<E>(name: string, of: (event: E) => number, bounds: { readonly min?: number; readonly max?: number }): QualityRule<E> {
  const { min = -Infinity, max = Infinity } = bounds
  return {
    name,
    check: (event) => {
      const value = of(event)
      if (Number.isFinite(value) && value >= min && value <= max) return undefined
      return `${name} is ${value}, must be within ${min}..${max}`
    },
  }
}

/** A field that must be present: neither undefined, null nor ''. */
export function required<E>(name: string, of: (event: E) => unknown): QualityRule<E> {
  return {
    name,
    check: (event) => {
      const value = of(event)
      return value === undefined || value === null || value === '' ? `${name} is missing` : undefined
    },
  }
}

/** Any other rule: `good` says whether the event satisfies it. */
export function rule<E>(name: string, good: (event: E) => boolean): QualityRule<E> {
  return { name, check: (event) => (good(event) ? undefined : `${name} does not hold`) }
}
