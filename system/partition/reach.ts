// Reach: how far back a recovery of the partition would begin, and how much of its bound that takes.
//
// Owns: the journal records since the floor, oldest first.
//
// R1. With a `foldInputsMax` of the author the bound is so many inputs. Else it is what was folded in FOLD_MS_MAX, as measured when it was, or has
//     FOLD_BYTES_MAX; but at least FOLD_INPUTS_MIN inputs and at most FOLD_INPUTS_MAX: cheap steps need their states written less often.
import { FOLD_BYTES_MAX, FOLD_INPUTS_MAX, FOLD_INPUTS_MIN, FOLD_MS_MAX } from '../protocol/limits.ts'

/** What the fold of one batch took. */
export interface FoldCost {
  readonly ms: number
  /** Of its input records. */
  readonly bytes: number
}

interface Step {
  readonly seq: number
  readonly offset: number
  /** Share of the bound. */
  readonly share: number
}

/** Of sums of shares. */
const ROUNDING = 1e-9

export class Reach {
  readonly #inputsMax: number | undefined
  #steps: Step[] = []
  #share = 0

  constructor(inputsMax: number | undefined) {
    this.#inputsMax = inputsMax
  }

  /** A journal record exists. `cost`: undefined where it is not known, as of what an earlier owner folded. */
  add(seq: number, offset: number, inputs: number, cost: FoldCost | undefined): void {
    const share = this.#shareOf(inputs, cost)
    this.#steps.push({ seq, offset, share })
    this.#share += share
  }

  #shareOf(inputs: number, cost: FoldCost | undefined): number {
    if (this.#inputsMax !== undefined) return inputs / Math.max(this.#inputsMax, 0.5)
    const least = inputs / FOLD_INPUTS_MAX
    return cost === undefined ? least : Math.min(inputs / FOLD_INPUTS_MIN, Math.max(least, cost.ms / FOLD_MS_MAX, cost.bytes / FOLD_BYTES_MAX))
  }

  /** What is dirty since before this seq must be written for the bound to be kept before the commit in hand; 0: nothing. `restShare`: of the bound, what then stays. */
  pressed(restShare: number): number {
    if (this.#share <= 1 + ROUNDING) return 0
    let left = this.#share
    for (const { seq, share } of this.#steps) {
      if (left <= restShare + ROUNDING) return seq
      left -= share
    }
    return Infinity
  }

  /** Where the first record of at least this seq stands in the journal; undefined: none is known yet. */
  offsetFrom(seq: number): number | undefined {
    return this.#steps.find((step) => step.seq >= seq)?.offset
  }

  /** The floor is at this seq now. */
  settle(floorSeq: number): void {
    const before = this.#steps.findIndex(({ seq }) => seq >= floorSeq)
    const passed = this.#steps.splice(0, before === -1 ? this.#steps.length : before)
    for (const { share } of passed) this.#share -= share
    if (this.#steps.length === 0) this.#share = 0
  }
}
