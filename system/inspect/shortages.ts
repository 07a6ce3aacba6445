// Shortages: places behind the end that a log shows, and since when.
//
// Owns: those that were looked at last, KNOWN_MAX of them, each for as long as it is looked at again and again. A log shows less than it has for a while (a
// leader that has just taken over); one that still does so after HIDDEN_MS_MAX has no more: its topic was made anew, or cut off.
//
// S1. A shortage is that of a place: of one that is reached it is over, whatever is so of others of the partition. After AGAIN_MS_MAX without a look it may have
//     been over meanwhile, and begins anew.
import type { Clock } from '../ports/clock.ts'

/** Leaders know what they have long before. */
const HIDDEN_MS_MAX = 60_000
const AGAIN_MS_MAX = 30_000
const KNOWN_MAX = 1000

interface Shortage {
  readonly sinceMs: number
  readonly lastMs: number
}

export class Shortages {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** In the order of the last looks. */
  readonly #known = new Map<string, Shortage>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** What is at this place of the partition: it is shown, not shown now, or is no more. */
  at(topic: string, partition: number, place: number, end: number): 'shown' | 'hidden' | 'gone' {
    const name = `${topic}/${partition}/${place}`
    const known = this.#known.get(name)
    this.#known.delete(name)
    if (place <= end) return 'shown'
    const lastMs = this.#clock.monotonicMs()
    const sinceMs = known === undefined || lastMs - known.lastMs > AGAIN_MS_MAX ? lastMs : known.sinceMs
    this.#known.set(name, { sinceMs, lastMs })
    const [oldest] = this.#known.keys()
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest)
    return lastMs - sinceMs < HIDDEN_MS_MAX ? 'hidden' : 'gone'
  }
}
