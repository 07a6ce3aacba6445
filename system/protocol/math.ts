// Statelog math: elementary functions with the same bits on every runtime, for steps, features and models.
//
// Owns: the list of functions, and the length of a vector. `Math.exp` and its kin may differ in their last bit between
// engines and versions; one such bit in a feature makes a replay differ (I11). `Math.sqrt`, `Math.abs`, `Math.floor`
// are exact everywhere and need no twin here.
//
// M1. Only IEEE operations that round correctly, comparisons and integer arithmetic.
// M2. The error is below 1 ulp for every argument (measured: see README.md).
// M4. Special values (NaN, zeros with sign, infinities) are those of ECMAScript's Math.

import { fromHighWord, productError } from './math-bits.ts'

export { acos, asin, atan, atan2 } from './math-arc.ts'
export { exp, expm1, sigmoid, tanh } from './math-exp.ts'
export { log, log10, log1p, log2 } from './math-log.ts'
export { pow } from './math-pow.ts'
export { cos, sin, tan } from './math-trig.ts'

const TWO_POWER_400 = fromHighWord(1423 << 20)
const TWO_POWER_MINUS_400 = fromHighWord(623 << 20)
const TWO_POWER_60 = fromHighWord(1083 << 20)
const TWO_POWER_700 = fromHighWord(1723 << 20)
const TWO_POWER_MINUS_700 = fromHighWord(323 << 20)

/** sqrt(x^2 + y^2) without overflow in between. */
export function hypot(x: number, y: number): number {
  const a = Math.abs(x)
  const b = Math.abs(y)
  if (a === Infinity || b === Infinity) return Infinity
  if (a !== a || b !== b) return NaN
  const long = a > b ? a : b
  const short = a > b ? b : a
  if (short === 0 || long > short * TWO_POWER_60) return long + short
  if (long > TWO_POWER_400) return lengthOf(long * TWO_POWER_MINUS_700, short * TWO_POWER_MINUS_700) * TWO_POWER_700
  if (short < TWO_POWER_MINUS_400) return lengthOf(long * TWO_POWER_700, short * TWO_POWER_700) * TWO_POWER_MINUS_700
  return lengthOf(long, short)
}

/** One Newton step from the naive root, with the residual computed exactly enough. */
function lengthOf(long: number, short: number): number {
  const longSquare = long * long
  const shortSquare = short * short
  const h = Math.sqrt(longSquare + shortSquare)
  const square = h * h
  // h^2 - long^2 - short^2, largest terms first; they are within a factor of two of each other or small.
  const residual = ((square - longSquare) - shortSquare) +
    (productError(h, h, square) - productError(long, long, longSquare) - productError(short, short, shortSquare))
  return h - residual / (2 * h)
}
