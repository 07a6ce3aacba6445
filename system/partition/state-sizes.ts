// StateSizes: what entities take in memory, judged by a few of those that were touched: to measure all would cost as much as to write them.
//
// Owns: the sample of the commit in hand, and the means. `entities.ts` counts with them.
//
// G1. Per touch nothing is done but counting: the first entity of a commit and every 256th give the sample.
// G2. A dirty entity is taken for as much larger than it counts (as a new one, or as it was stored before) as those of the sample are on average; up to
//     1 KiB is no growth.
const SAMPLE_EVERY = 256
const SAMPLES_MAX = 8
/** The means follow about so many of the newest measures, and of the newest commits. */
const MEASURES = 32
const COMMITS = 4
/** Of a blank entity, and of its state on top: text and numbers take more in memory than as stored. */
export const BLANK_BYTES = 1024
const TIMES_STORED = 3

/** Estimated memory of an entity whose stored form has so many bytes. */
export const memoryBytes = (storedBytes: number): number => BLANK_BYTES + TIMES_STORED * storedBytes

export class StateSizes<Entity extends { readonly bytes: number }> {
  /** Of the commit in hand. */
  #touches = 0
  #entities = 0
  #samples: Entity[] = []
  #measures = 0
  #growthBytes = 0
  #entityBytes = 0
  #commits = 0
  /** Entities for each touch: few are touched again and again, or each once. */
  #share = 0

  /** An entity was touched by the commit in hand; `isFirst`: not before. */
  touched(entity: Entity, isFirst: boolean): void {
    this.#touches += 1
    if (!isFirst) return
    if (this.#entities % SAMPLE_EVERY === 0 && this.#samples.length < SAMPLES_MAX) this.#samples.push(entity)
    this.#entities += 1
  }

  /** Mean growth of dirty entities beyond what they count. */
  get growthBytes(): number {
    return this.#growthBytes
  }

  /** Mean memory of what a touch meets; undefined: nothing was measured yet. */
  get touchBytes(): number | undefined {
    return this.#measures === 0 ? undefined : this.#entityBytes * this.#share
  }

  /** The commit in hand is complete: its sample is measured. Answers how many entities it touched. `storedBytes`: undefined for what cannot be stored. */
  measure(storedBytes: (entity: Entity) => number | undefined): number {
    for (const entity of this.#samples) {
      const stored = storedBytes(entity)
      if (stored === undefined) continue
      const bytes = memoryBytes(stored)
      this.#measures = Math.min(this.#measures + 1, MEASURES)
      this.#entityBytes += (bytes - this.#entityBytes) / this.#measures
      this.#growthBytes += (Math.max(0, bytes - entity.bytes - BLANK_BYTES) - this.#growthBytes) / this.#measures
    }
    return this.#next()
  }

  #next(): number {
    const entities = this.#entities
    if (this.#touches > 0) {
      this.#commits = Math.min(this.#commits + 1, COMMITS)
      this.#share += (entities / this.#touches - this.#share) / this.#commits
    }
    this.#touches = 0
    this.#entities = 0
    this.#samples = []
    return entities
  }
}
