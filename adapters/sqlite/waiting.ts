// Waiting for records: woken by writes of this process at once, by those of others through a light look at the file every few ms.
// Looks only while somebody waits.
import type { Clock } from '../../system/ports/clock.ts'
import { OVER } from '../../system/protocol/within.ts'

const LOOK_EVERY_MS = 15

export class Waiting {
  readonly #clock: Clock
  readonly #version: () => number
  readonly #waiting = new Map<AbortController, ReadonlySet<number>>()
  #looking: AbortController | undefined
  #seen: number

  /** `version` changes when any connection has committed. */
  constructor(clock: Clock, version: () => number) {
    this.#clock = clock
    this.#version = version
    this.#seen = version()
  }

  /** Resolves at a write to one of the partitions (or perhaps to another), after `ms`, or when the signal aborts. */
  async wait(tps: ReadonlySet<number>, ms: number, ended: AbortSignal): Promise<void> {
    if (ended.aborted) return
    const woken = new AbortController()
    const wake = (): void => woken.abort(OVER)
    this.#waiting.set(woken, tps)
    ended.addEventListener('abort', wake)
    if (this.#looking === undefined) void this.#look()
    await this.#clock.sleep(ms, woken.signal)
    ended.removeEventListener('abort', wake)
    this.#waiting.delete(woken)
    if (this.#waiting.size === 0) this.#looking?.abort(OVER)
  }

  /** This process wrote to these partitions. */
  written(tps: Iterable<number>): void {
    for (const tp of tps) {
      for (const [woken, wanted] of this.#waiting) if (wanted.has(tp)) woken.abort(OVER)
    }
  }

  async #look(): Promise<void> {
    const looking = new AbortController()
    this.#looking = looking
    while (this.#waiting.size > 0) {
      // Compared with what was seen before the waiters read: nothing written in between is missed.
      const version = this.#version()
      if (version !== this.#seen) for (const woken of this.#waiting.keys()) woken.abort(OVER)
      this.#seen = version
      await this.#clock.sleep(LOOK_EVERY_MS, looking.signal)
      if (looking.signal.aborted) break
    }
    if (this.#looking === looking) this.#looking = undefined
  }
}
