// Powers: pow(x, y).
//
// Owns: log2|x| to 70 bits, the product with y, and 2 to that power. Formulas and coefficients: fdlibm (e_pow.c).
// Special values are those of ECMAScript's `Math.pow`: a NaN exponent gives NaN, and so does (+-1) to the +-Infinity.
//
// M1 (math-bits.ts), M2 (math-exp.ts). Integer powers that fit a double are exact.
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { fromHighWord, highWord, scaled, withHighWord, withoutLowWord } from './math-bits.ts'

const TWO_POWER_31 = 2147483648
const TWO_POWER_53 = 9007199254740992
const SMALLEST_NORMAL = 2.2250738585072014e-308
const OVERFLOW_TAIL = 8.0085662595372944372e-17 // -(1024 - log2(largest double + half an ulp))

const THREE_HALVES_LOG2_HIGH = 5.84962487220764160156e-01
const THREE_HALVES_LOG2_LOW = 1.35003920212974897128e-08
const TWO_THIRDS_LN2 = 9.61796693925975554329e-01 // 2 / (3 ln 2)
const TWO_THIRDS_LN2_HIGH = 9.61796700954437255859e-01
const TWO_THIRDS_LN2_LOW = -7.02846165095275826516e-09
const LN2 = 6.93147180559945286227e-01
const LN2_HIGH = 6.93147182464599609375e-01
const LN2_LOW = -1.90465429995776804525e-09

const L1 = 5.99999999999994648725e-01
const L2 = 4.28571428578550184252e-01
const L3 = 3.33333329818377432918e-01
const L4 = 2.72728123808534006489e-01
const L5 = 2.30660745775561754067e-01
const L6 = 2.06975017800338417784e-01

const P1 = 1.66666666666666019037e-01
const P2 = -2.77777777770155933842e-03
const P3 = 6.61375632143793436117e-05
const P4 = -1.65339022054652515390e-06
const P5 = 4.13813679705723846039e-08

/** x to the power of y. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1
  if (y === 1 || x !== x) return x
  if (y !== y) return y
  const magnitude = Math.abs(x)
  if (magnitude === 1 && Math.abs(y) === Infinity) return NaN
  const isInteger = Math.abs(y) >= TWO_POWER_53 || Math.floor(y) === y
  const isOdd = isInteger && Math.abs(y) < TWO_POWER_53 && y % 2 !== 0
  // 1 / x tells -0 from 0.
  const isNegative = x < 0 || (x === 0 && 1 / x < 0)
  const sign = isNegative && isOdd ? -1 : 1
  if (magnitude === 0 || magnitude === Infinity || Math.abs(y) === Infinity) {
    const grows = (magnitude > 1) === (y > 0)
    return sign * (grows ? Infinity : 0)
  }
  if (isNegative && !isInteger) return NaN
  if (y === -1) return 1 / x
  if (y === 2) return x * x
  if (y === 0.5) return Math.sqrt(x)
  return sign * powOfPositive(magnitude, y)
}

// What `log2Head` leaves beside its result; read at once, nothing else runs in between.
let log2Tail = 0

/** x^y for finite x > 0 and finite y: 2^(y log2 x), with the product as an unrounded sum of two doubles. */
function powOfPositive(x: number, y: number): number {
  if (Math.abs(y) > TWO_POWER_31 && Math.abs(x - 1) > 1e-6) return (x > 1) === (y > 0) ? Infinity : 0
  const head = log2Head(x)
  const yHigh = withoutLowWord(y)
  const low = (y - yHigh) * head + y * log2Tail
  const high = yHigh * head
  const z = low + high
  if (z >= 1024 && (z > 1024 || low + OVERFLOW_TAIL > z - high)) return Infinity
  if (z <= -1075 && (z < -1075 || low <= z - high)) return 0
  return exp2OfSum(high, low, z)
}

/** log2 x = head + tail for finite x > 0; the head has at most 21 bits, the tail is left in `log2Tail`. */
function log2Head(x: number): number {
  const normal = x < SMALLEST_NORMAL ? x * TWO_POWER_53 : x
  const high = highWord(normal)
  const fraction = high & 0xfffff
  let n = (high >> 20) - 1023 - (normal === x ? 0 : 53)
  let mantissaHigh = fraction | 0x3ff00000
  // The mantissa is compared with 1 or with 1.5, whichever is nearer on the logarithmic scale.
  const isNearThreeHalves = fraction > 0x3988e && fraction < 0xbb67a
  if (fraction >= 0xbb67a) {
    n += 1
    mantissaHigh -= 0x00100000
  }
  const mantissa = withHighWord(normal, mantissaHigh)
  const base = isNearThreeHalves ? 1.5 : 1
  const baseHigh = isNearThreeHalves ? THREE_HALVES_LOG2_HIGH : 0
  const baseLow = isNearThreeHalves ? THREE_HALVES_LOG2_LOW : 0

  // s = (mantissa - base) / (mantissa + base), in two parts.
  const difference = mantissa - base
  const inverse = 1 / (mantissa + base)
  const s = difference * inverse
  const sHigh = withoutLowWord(s)
  const sumHigh = fromHighWord(((mantissaHigh >> 1) | 0x20000000) + 0x00080000 + (isNearThreeHalves ? 1 << 18 : 0))
  const sumLow = mantissa - (sumHigh - base)
  const sLow = inverse * ((difference - sHigh * sumHigh) - sHigh * sumLow)

  // log(mantissa / base) = 2s + 2/3 s^3 + ...; 3/2 of it is s (3 + s^2 + r).
  const square = s * s
  const series = L1 + square * (L2 + square * (L3 + square * (L4 + square * (L5 + square * L6))))
  const r = square * square * series + sLow * (sHigh + s)
  const squareHigh = sHigh * sHigh
  const factorHigh = withoutLowWord(3 + squareHigh + r)
  const factorLow = r - ((factorHigh - 3) - squareHigh)
  const u = sHigh * factorHigh
  const v = sLow * factorHigh + factorLow * s
  const pHigh = withoutLowWord(u + v)
  const pLow = v - (pHigh - u)
  const zHigh = TWO_THIRDS_LN2_HIGH * pHigh
  const zLow = TWO_THIRDS_LN2_LOW * pHigh + pLow * TWO_THIRDS_LN2 + baseLow
  const head = withoutLowWord(((zHigh + zLow) + baseHigh) + n)
  log2Tail = zLow - (((head - n) - baseHigh) - zHigh)
  return head
}

/** 2^(high + low), where z = high + low rounded lies in [-1075, 1024]. */
function exp2OfSum(high: number, low: number, z: number): number {
  const n = Math.abs(z) > 0.5 ? Math.floor(z + 0.5) : 0
  const rest = high - n
  const t = withoutLowWord(low + rest)
  const u = t * LN2_HIGH
  const v = (low - (t - rest)) * LN2 + t * LN2_LOW
  const r = u + v
  const rTail = v - (r - u)
  const square = r * r
  const c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))))
  const correction = r * c / (c - 2) - (rTail + r * rTail)
  return scaled(1 - (correction - r), n)
}
