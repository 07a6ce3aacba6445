// What the checker found: violations by invariant, with evidence, and counts that say how much was judged.
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'I8' | 'I12'

export interface Violation {
  readonly invariant: Invariant
  readonly message: string
}

/** More of one invariant say nothing new. */
const KEPT_MAX = 20

export class Report {
  readonly violations: Violation[] = []
  readonly #found = new Map<Invariant, number>()
  readonly counts = new Map<string, number>()

  blame(invariant: Invariant, message: string): void {
    const found = (this.#found.get(invariant) ?? 0) + 1
    this.#found.set(invariant, found)
    if (found <= KEPT_MAX) this.violations.push({ invariant, message })
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  get invariants(): readonly Invariant[] {
    return [...this.#found.keys()].sort()
  }

  /** How many violations of each. */
  get found(): ReadonlyMap<Invariant, number> {
    return this.#found
  }

  text(): string {
    const lines = this.violations.map(({ invariant, message }) => `${invariant}: ${message}`)
    const totals = [...this.#found].filter(([, found]) => found > KEPT_MAX).map(([invariant, found]) => `${invariant}: ${found} in all`)
    return [...lines, ...totals].join('\n')
  }
}
