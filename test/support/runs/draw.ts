// Draw: choices of a run, all from its one seed.
import { SeededRandom } from '../../../adapters/memory/random.ts'

export class Draw {
  readonly random: SeededRandom

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
  }

  chance(share: number): boolean {
    return this.random.next() < share
  }

  between(min: number, max: number): number {
    return this.random.between(min, max)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)] as T
  }

  list<T>(min: number, max: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.between(min, max) }, (_, index) => make(index))
  }
}
