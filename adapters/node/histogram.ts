// Histogram: percentiles of durations in little memory. Buckets grow by an eighth, so an answer is at most that much too high.
const PER_OCTAVE = 8
const OCTAVES = 32
/** Smallest duration told apart, ms. */
const LEAST_MS = 1 / 64

export class Histogram {
  readonly #counts = new Uint32Array(PER_OCTAVE * OCTAVES)
  #total = 0

  get total(): number {
    return this.#total
  }

  add(ms: number): void {
    const bucket = ms <= LEAST_MS ? 0 : Math.ceil(Math.log2(ms / LEAST_MS) * PER_OCTAVE)
    const index = Math.min(this.#counts.length - 1, bucket)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#total += 1
  }

  /** The duration that a share (0..1) of all stay below, ms; 0 when there are none. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#total * share))
    if (this.#total === 0) return 0
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      left -= this.#counts[bucket] ?? 0
      if (left <= 0) return LEAST_MS * 2 ** (bucket / PER_OCTAVE)
    }
    return LEAST_MS * 2 ** (OCTAVES - 1)
  }
}
