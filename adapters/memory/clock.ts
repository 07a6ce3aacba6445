// Clocks without the operating system's: time stands still until it is moved.
import type { Clock } from '../../system/ports/clock.ts'

interface Sleeper {
  readonly atMs: number
  wake(): void
}

/** Time moves by `advance` alone. Sleepers wake in the order of their due time, then of their call. */
export class SimulatedClock implements Clock {
  #nowMs: number
  #monotonicMs = 0
  #sleepers: Sleeper[] = []

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** When the next sleeper wakes, ms from now; Infinity when nobody sleeps. */
  get nextMs(): number {
    const [first] = this.#sleepers
    return first === undefined ? Infinity : Math.max(0, first.atMs - this.#monotonicMs)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!(ms > 0) || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper: Sleeper = { atMs: this.#monotonicMs + ms, wake: resolve }
      const at = this.#sleepers.findIndex((other) => other.atMs > sleeper.atMs)
      this.#sleepers.splice(at === -1 ? this.#sleepers.length : at, 0, sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        resolve()
      }, { once: true })
    })
  }

  /** Moves both clocks; whoever is due wakes at its own time, before the clock goes on. Those who wake run when the caller awaits. */
  advance(ms: number): void {
    const targetMs = this.#monotonicMs + ms
    for (;;) {
      const [first] = this.#sleepers
      if (first === undefined || first.atMs > targetMs) break
      this.#sleepers.shift()
      this.#moveTo(first.atMs)
      first.wake()
    }
    this.#moveTo(targetMs)
  }

  /** The wall clock jumps, as clocks of real machines do; nobody wakes. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs
    this.#monotonicMs = monotonicMs
  }
}

/** The machine's own time. */
export const wallClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => {
    if (signal?.aborted === true) return Promise.resolve()
    if (!(ms > 0)) return new Promise((resolve) => void setImmediate(resolve))
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    })
  },
}
