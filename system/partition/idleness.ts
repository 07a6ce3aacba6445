// Idleness: when a source counts as idle by policy, and when a sender may say that nothing is to be expected of it.
//
// Owns: the last time each input gave something. Only clock-based; what follows from it is journalled with the next batch's watermarks.
//
// Y1. A source goes idle only by its own policy (`idleAfter`); a sender only when all its inputs are idle or ended, for `idleMs`.
// Y2. A poll that gave records of others may have left a source's for the next: such a source is idle only when it stands at its end.
import type { RecordRange } from '../protocol/record.ts'
import type { Memory } from './memory.ts'
import type { TypePlan } from './topology.ts'

export class Idleness {
  readonly #plan: TypePlan
  readonly #idleMs: number
  readonly #lastMs = new Map<string, number>()
  #quietSinceMs: number | undefined

  constructor(plan: TypePlan, idleMs: number) {
    this.#plan = plan
    this.#idleMs = idleMs
  }

  /** After every poll. `isAtEnd`: whether everything of a source has been taken. */
  async observe(memory: Memory, ranges: readonly RecordRange[], atMs: number, isAtEnd: (topic: string) => Promise<boolean>): Promise<void> {
    if (memory.watermarks === undefined) return
    if (ranges.length > 0) this.#quietSinceMs = undefined
    else this.#quietSinceMs ??= atMs
    for (const range of ranges) this.#lastMs.set(range.topic, atMs)
    for (const source of this.#plan.definition.sources) {
      if (source.idleAfterMs === undefined) continue
      const lastMs = this.#lastMs.get(source.topic)
      if (lastMs === undefined) this.#lastMs.set(source.topic, atMs)
      else if (atMs - lastMs < source.idleAfterMs || memory.watermarks.isIdle(source.topic)) continue
      else if (ranges.length === 0 || (await isAtEnd(source.topic))) memory.watermarks.setIdle(source.topic, true)
      else this.#lastMs.set(source.topic, atMs)
    }
  }

  /** True when this partition, as a sender, has nothing to say until further notice (Y1). */
  isIdle(memory: Memory, atMs: number): boolean {
    const { watermarks } = memory
    if (watermarks === undefined || this.#quietSinceMs === undefined || atMs - this.#quietSinceMs < this.#idleMs) return false
    return watermarks.allQuiet()
  }
}
