// Durations: how long something took, counted in few buckets since it began, and as percentiles of its newest.
import { FLOW_DURATIONS_KEPT } from '../protocol/limits.ts'

/** Upper bounds of the buckets, ms; what took longer has the last one, which has none. */
export const DURATION_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000] as const

export interface DurationReport {
  /** One for each bound, and one for what is beyond. Each counts its bucket alone. */
  readonly counts: readonly number[]
  readonly sumMs: number
  /** Of the newest; 0 where there are none. */
  readonly p50Ms: number
  readonly p99Ms: number
}

export class Durations {
  readonly #counts = new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0)
  readonly #newest = new Float64Array(FLOW_DURATIONS_KEPT)
  #total = 0
  #sumMs = 0

  add(ms: number): void {
    let bucket = 0
    while (bucket < DURATION_BOUNDS_MS.length && ms > (DURATION_BOUNDS_MS[bucket] as number)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#newest[this.#total % FLOW_DURATIONS_KEPT] = ms
    this.#total += 1
    this.#sumMs += ms
  }

  report(): DurationReport {
    const sorted = this.#newest.slice(0, Math.min(this.#total, FLOW_DURATIONS_KEPT)).sort()
    return { counts: [...this.#counts], sumMs: this.#sumMs, p50Ms: atShare(sorted, 0.5), p99Ms: atShare(sorted, 0.99) }
  }
}

function atShare(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
