// Reach: how far back a recovery of the partition would begin, and how much of its bound that takes.
//
// Owns: the journal records since the floor, oldest first.
//
// R1. With a `foldInputsMax` of the author the bound is so many turns: inputs, firings, releases. Else it is what was folded in FOLD_MS_MAX, as measured
//     when it was, but at least FOLD_INPUTS_MIN turns and at most FOLD_INPUTS_MAX: cheap steps need their states written less often.
// R2. Never more than FOLD_BYTES_MAX of input: it must still be there to be read again.
import { FOLD_BYTES_MAX, FOLD_INPUTS_MAX, FOLD_INPUTS_MIN, FOLD_MS_MAX } from '../protocol/limits.ts'
import type { InputRange } from './journal.ts'

/** What the fold of one batch took. */
export interface FoldCost {
  /** Undefined where it is not known, as of what an earlier owner folded: taken for dear. */
  readonly ms: number | undefined
  /** Of its input records. */
  readonly bytes: number
}

interface Step {
  readonly seq: number
  readonly offset: number
  /** Share of the bound. */
  readonly share: number
}

/** What a batch counts for: its inputs, or its turns where firings and releases make them more. */
export function turnsOf(inputs: readonly InputRange[], turns: number): number {
  return Math.max(inputs.reduce((sum, range) => sum + range.n, 0), turns)
}

/** Of the bound. */
const FAR_OVER = 1.25
/** Of sums of shares. */
const ROUNDING = 1e-9

export class Reach {
  readonly #inputsMax: number | undefined
  #steps: Step[] = []
  #share = 0

  constructor(inputsMax: number | undefined) {
    this.#inputsMax = inputsMax
  }

  /** A journal record exists. `cost`: undefined where nothing is known of it. */
  add(seq: number, offset: number, turns: number, cost: FoldCost | undefined): void {
    const share = Math.max(this.#shareOf(turns, cost), (cost?.bytes ?? 0) / FOLD_BYTES_MAX)
    this.#steps.push({ seq, offset, share })
    this.#share += share
  }

  #shareOf(turns: number, cost: FoldCost | undefined): number {
    if (this.#inputsMax !== undefined) return turns / Math.max(this.#inputsMax, 0.5)
    return Math.min(turns / FOLD_INPUTS_MIN, Math.max(turns / FOLD_INPUTS_MAX, (cost?.ms ?? Infinity) / FOLD_MS_MAX))
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

  /** What was pressed out so far was not enough. */
  get isFarOver(): boolean {
    return this.#share > FAR_OVER
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
