// Pauses: while somebody looks, a fold gives way to others after each slice of time.
//
// Owns: how long it was away.
import type { Clock } from '../ports/clock.ts'
import type { Witness } from '../ports/witness.ts'

/** So long others wait, ms. */
const SLICE_MS = 1

export class Pauses {
  /** In all, ms: what others did. */
  awayMs = 0
  readonly #clock: Clock
  readonly #witness: Witness | undefined
  #sinceMs: number

  constructor(clock: Clock, witness: Witness | undefined, fromMs: number) {
    this.#clock = clock
    this.#witness = witness
    this.#sinceMs = fromMs
  }

  /** Asked between two inputs, releases or firings; undefined: its slice is not over. */
  next(): Promise<void> | undefined {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#sinceMs < SLICE_MS) return undefined
    // No input is in hand: what happens meanwhile is not of one.
    this.#witness?.resting()
    return this.#clock.sleep(0).then(() => {
      this.#sinceMs = this.#clock.monotonicMs()
      this.awayMs += this.#sinceMs - nowMs
    })
  }
}
