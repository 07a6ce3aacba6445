// Seeded chance: sfc32 (Chris Doty-Humphrey, PractRand), 32-bit integer arithmetic only, so equal on every runtime.
import type { Random } from '../../system/ports/random.ts'

const HEX = '0123456789abcdef'

export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** Equal seeds give equal sequences. Every 53-bit seed gives its own. */
  constructor(seed: number) {
    this.#a = 0
    this.#b = seed | 0
    this.#c = Math.floor(seed / 0x1_0000_0000) | 0
    // Seeds that differ in one bit are alike in the first draws.
    for (let round = 0; round < 15; round += 1) this.uint32()
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0
    return sum >>> 0
  }

  next(): number {
    // 53 random bits: 27 high, 26 low.
    return ((this.uint32() >>> 5) * 0x400_0000 + (this.uint32() >>> 6)) / 0x20_0000_0000_0000
  }

  /** Uniform whole number in [min, max], both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  uuid(): string {
    let text = ''
    for (let at = 0; at < 32; at += 1) {
      if (at === 8 || at === 12 || at === 16 || at === 20) text += '-'
      const nibble = this.uint32() >>> 28
      text += HEX[at === 12 ? 4 : at === 16 ? 8 | (nibble & 3) : nibble]
    }
    return text
  }
}
