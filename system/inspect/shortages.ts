// Shortages: places behind the end that a log shows, and since when.
//
// Owns: those of partitions that were looked at. A log shows less than it has for a while (a leader that has just taken over); one that still does so after
// HIDDEN_MS_MAX has no more: its topic was made anew, or cut off.
import type { Clock } from '../ports/clock.ts'

/** Leaders know what they have long before. */
const HIDDEN_MS_MAX = 60_000

export class Shortages {
  readonly #clock: Clock
  readonly #sinceMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is at this place of the partition: it is shown, not shown now, or is no more. */
  at(topic: string, partition: number, place: number, end: number): 'shown' | 'hidden' | 'gone' {
    const name = `${topic}/${partition}`
    if (place <= end) {
      this.#sinceMs.delete(name)
      return 'shown'
    }
    const nowMs = this.#clock.monotonicMs()
    const sinceMs = this.#sinceMs.get(name) ?? nowMs
    this.#sinceMs.set(name, sinceMs)
    return nowMs - sinceMs < HIDDEN_MS_MAX ? 'hidden' : 'gone'
  }
}
