// Logarithms: log, log1p, log2, log10.
//
// Owns: the reduction x = 2^k (1 + f) and log(1 + f) as an unrounded sum of two doubles, from which all four are made.
// Coefficients: fdlibm (e_log.c); the split into two doubles follows FreeBSD's e_log2.c, which is fdlibm's descendant.
//
// M1 (math-bits.ts), M2 (math-exp.ts). log2 of a power of two is exact.
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { highWord, sumError, withHighWord, withoutLowWord } from './math-bits.ts'

const LN2_HIGH = 6.93147180369123816490e-01 // 32 bits, so that k * LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10
const INVERSE_LN2_HIGH = 1.44269504072144627571
const INVERSE_LN2_LOW = 1.67517131648865118353e-10
const INVERSE_LN10_HIGH = 4.34294481878168880939e-01
const INVERSE_LN10_LOW = 2.50829467116452752298e-11
const LOG10_2_HIGH = 3.01029995663611771306e-01
const LOG10_2_LOW = 3.69423907715893078616e-13
const TWO_POWER_54 = 18014398509481984
const TWO_POWER_MINUS_54 = 5.551115123125783e-17
const SMALLEST_NORMAL = 2.2250738585072014e-308
const HIGH_OF_1 = 0x3ff00000
const HIGH_OF_SQRT_HALF = 0x3fe6a09e

const L1 = 6.666666666666735130e-01
const L2 = 3.999999999940941908e-01
const L3 = 2.857142874366239149e-01
const L4 = 2.222219843214978396e-01
const L5 = 1.818357216161805012e-01
const L6 = 1.531383769920937332e-01
const L7 = 1.479819860511658591e-01

// What `reduce` and `logHead` leave beside their result; read at once, nothing else runs in between.
let exponent = 0
let logTail = 0

/** x = 2^exponent (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), for finite x > 0; returns f. */
function reduce(x: number): number {
  let offset = -1023
  let normal = x
  if (x < SMALLEST_NORMAL) {
    normal = x * TWO_POWER_54
    offset -= 54
  }
  const high = highWord(normal) + (HIGH_OF_1 - HIGH_OF_SQRT_HALF)
  exponent = offset + (high >> 20)
  return withHighWord(normal, (high & 0xfffff) + HIGH_OF_SQRT_HALF) - 1
}

/** log(1 + f) = head + tail; the head has at most 21 bits of fraction, the tail is left in `logTail`. */
function logHead(f: number): number {
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (L2 + w * (L4 + w * L6))
  const odd = z * (L1 + w * (L3 + w * (L5 + w * L7)))
  const halfSquare = 0.5 * f * f
  const head = withoutLowWord(f - halfSquare)
  logTail = ((f - head) - halfSquare) + s * (halfSquare + (odd + even))
  return head
}

/** What is not an ordinary positive number: NaN below zero, -Infinity at zero, else x itself (Infinity, NaN). */
function logOfSpecial(x: number): number {
  if (x < 0) return NaN
  return x === 0 ? -Infinity : x
}

function isOrdinary(x: number): boolean {
  return x > 0 && x < Infinity
}

/** k ln 2 + log(1 + f) + correction. */
function naturalSum(f: number, k: number, correction: number): number {
  const head = logHead(f)
  const base = k * LN2_HIGH
  const sum = base + head
  return sum + (sumError(base, head, sum) + (logTail + (correction + k * LN2_LOW)))
}

/** The natural logarithm. */
export function log(x: number): number {
  if (!isOrdinary(x)) return logOfSpecial(x)
  const f = reduce(x)
  return naturalSum(f, exponent, 0)
}

/** log(1 + x), accurate near zero too. */
export function log1p(x: number): number {
  if (Math.abs(x) < TWO_POWER_MINUS_54) return x
  if (!(x > -1 && x < Infinity)) return logOfSpecial(1 + x)
  if (x > -0.29 && x < 0.41) return naturalSum(x, 0, 0)
  const u = 1 + x
  const lost = x > 1 ? 1 - (u - x) : x - (u - 1)
  const f = reduce(u)
  return naturalSum(f, exponent, lost / u)
}

/** The logarithm to base 2. */
export function log2(x: number): number {
  if (!isOrdinary(x)) return logOfSpecial(x)
  const head = logHead(reduce(x))
  const high = head * INVERSE_LN2_HIGH
  const low = (logTail + head) * INVERSE_LN2_LOW + logTail * INVERSE_LN2_HIGH
  const sum = exponent + high
  return sum + (sumError(exponent, high, sum) + low)
}

/** The logarithm to base 10. */
export function log10(x: number): number {
  if (!isOrdinary(x)) return logOfSpecial(x)
  const head = logHead(reduce(x))
  const high = head * INVERSE_LN10_HIGH
  const low = exponent * LOG10_2_LOW + (logTail + head) * INVERSE_LN10_LOW + logTail * INVERSE_LN10_HIGH
  const base = exponent * LOG10_2_HIGH
  const sum = base + high
  return sum + (sumError(base, high, sum) + low)
}
