// Draws from the distributions the generator needs, with the same bits on every runtime.
import { cos, exp, log } from '../system/protocol/math.ts'
import { SeededRandom } from '../adapters/memory/random.ts'

export class Chance {
  readonly #random: SeededRandom

  /** Streams of one seed are independent: what one part of the story draws does not change another. */
  constructor(seed: number, stream: number) {
    this.#random = new SeededRandom(seed * 64 + stream)
  }

  uniform(min: number, max: number): number {
    return min + (max - min) * this.#random.next()
  }

  /** A whole number in [0, count). */
  index(count: number): number {
    return Math.floor(this.#random.next() * count)
  }

  happens(probability: number): boolean {
    return this.#random.next() < probability
  }

  /** Box and Muller; the second value is left unused. */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * log(1 - this.#random.next()))
    return mean + deviation * radius * cos(2 * Math.PI * this.#random.next())
  }

  /** Knuth's product of uniforms; fit for small means. */
  poisson(mean: number): number {
    const limit = exp(-mean)
    let count = 0
    for (let product = this.#random.next(); product > limit; product *= this.#random.next()) count += 1
    return count
  }
}
