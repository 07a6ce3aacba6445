// Sum: a running sum that samples enter and leave, kept as a pair (high, low) by Neumaier's variant of Kahan's
// compensated summation (Neumaier 1974). Two-sum of the high part is exact; what it rounds off gathers in the low part.
//
// S1. The same additions in the same order give the same bits on every runtime: only + - and comparisons.
// S2. A sum that is not finite is an error; it would stay wrong after the sample has left.
import { FeatureError } from './failure.ts'

/** Adds `value` (negated: takes it out) to the pair at `sums[at]`, `sums[at + 1]`. */
export function addTo(sums: number[], at: number, value: number): void {
  const high = sums[at]!
  const total = high + value
  if (!Number.isFinite(total)) throw new FeatureError('the sum of a window is not finite; keep the samples below 1e300')
  const roundedOff = Math.abs(high) >= Math.abs(value) ? high - total + value : value - total + high
  sums[at] = total
  sums[at + 1] = sums[at + 1]! + roundedOff
}

/** The value of the pair at `at`. */
export function sumAt(sums: readonly number[], at: number): number {
  return sums[at]! + sums[at + 1]!
}
