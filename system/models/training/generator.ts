// Generator: seeded chance for training. A training with the same rows, options and seed gives the same model on every runtime.

/** Uniform numbers in [0, 1) from a 32-bit seed, by Mulberry32 (T. Ettinger, 2017): enough to pick rows, not for more. */
export function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
