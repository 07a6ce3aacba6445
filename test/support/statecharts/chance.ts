// Chance: numbers drawn from a seed, the same on every runtime.

export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 <= n < end. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }

  /** True in `percent` of a hundred draws. */
  is(percent: number): boolean {
    return this.below(1000) < percent * 10
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}
