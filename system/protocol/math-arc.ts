// Inverse trigonometry: asin, acos, atan, atan2, in radians.
//
// Owns: the approximations of asin on [0, 0.5] and of atan on [0, 7/16], and the ways back to them.
// Formulas and coefficients: fdlibm (e_asin.c, e_acos.c, s_atan.c); atan2 also corrects for the rounding of y / x.
// Special values are those of ECMAScript.
//
// M1 (math-bits.ts), M2 (math-exp.ts).
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { fromHighWord, productError, withoutLowWord } from './math-bits.ts'

const PI = 3.141592653589793
const PI_LOW = 1.2246467991473532e-16
const HALF_PI = 1.5707963267948966
const HALF_PI_LOW = 6.123233995736766e-17
const QUARTER_PI = 0.7853981633974483
const QUARTER_PI_LOW = 3.0616169978683830e-17
const TWO_POWER_MINUS_28 = 3.725290298461914e-9
const TWO_POWER_64 = 18446744073709551616

const AS_P0 = 1.66666666666666657415e-01
const AS_P1 = -3.25565818622400915405e-01
const AS_P2 = 2.01212532134862925881e-01
const AS_P3 = -4.00555345006794114027e-02
const AS_P4 = 7.91534994289814532176e-04
const AS_P5 = 3.47933107596021167570e-05
const AS_Q1 = -2.40339491173441421878
const AS_Q2 = 2.02094576023350569471
const AS_Q3 = -6.88283971605453293030e-01
const AS_Q4 = 7.70381505559019352791e-02

const AT_0 = 3.33333333333329318027e-01
const AT_1 = -1.99999999998764832476e-01
const AT_2 = 1.42857142725034663711e-01
const AT_3 = -1.11111104054623557880e-01
const AT_4 = 9.09088713343650656196e-02
const AT_5 = -7.69187620504482999495e-02
const AT_6 = 6.66107313738753120669e-02
const AT_7 = -5.83357013379057348645e-02
const AT_8 = 4.97687799461593236017e-02
const AT_9 = -3.65315727442169155270e-02
const AT_10 = 1.62858201153657823623e-02
const ATAN_HALF = 4.63647609000806093515e-01
const ATAN_HALF_LOW = 2.26987774529616870924e-17
const ATAN_THREE_HALVES = 9.82793723247329054082e-01
const ATAN_THREE_HALVES_LOW = 1.39033110312309984516e-17

/** (asin(sqrt z) - sqrt z) / sqrt z for z in [0, 0.25]. */
function asinRest(z: number): number {
  const p = z * (AS_P0 + z * (AS_P1 + z * (AS_P2 + z * (AS_P3 + z * (AS_P4 + z * AS_P5)))))
  const q = 1 + z * (AS_Q1 + z * (AS_Q2 + z * (AS_Q3 + z * AS_Q4)))
  return p / q
}

/** asin(sqrt z) - high for z in [0, 0.25], where high is sqrt z without its low word. */
function asinOfRootBeyond(z: number, root: number, high: number): number {
  const low = root === 0 ? 0 : (z - high * high) / (root + high)
  return asinRest(z) * root + low
}

/** The arc sine, in [-pi/2, pi/2]; NaN outside [-1, 1]. */
export function asin(x: number): number {
  const magnitude = Math.abs(x)
  if (!(magnitude <= 1)) return NaN
  if (magnitude < TWO_POWER_MINUS_28) return x
  if (magnitude < 0.5) return x + x * asinRest(x * x)
  // asin x = pi/2 - 2 asin(sqrt((1 - x) / 2))
  const z = (1 - magnitude) * 0.5
  const root = Math.sqrt(z)
  const high = withoutLowWord(root)
  const rest = asinOfRootBeyond(z, root, high)
  const value = QUARTER_PI - ((2 * rest - HALF_PI_LOW) - (QUARTER_PI - 2 * high))
  return x < 0 ? -value : value
}

/** The arc cosine, in [0, pi]; NaN outside [-1, 1]. */
export function acos(x: number): number {
  const magnitude = Math.abs(x)
  if (!(magnitude <= 1)) return NaN
  if (magnitude < 0.5) return HALF_PI - (x - (HALF_PI_LOW - x * asinRest(x * x)))
  const z = (1 - magnitude) * 0.5
  const root = Math.sqrt(z)
  if (x < 0) return PI - 2 * (root + (asinRest(z) * root - HALF_PI_LOW))
  const high = withoutLowWord(root)
  return 2 * (high + asinOfRootBeyond(z, root, high))
}

/** x - atan x, divided by x, for |x| < 7/16. */
function atanRest(x: number): number {
  const z = x * x
  const w = z * z
  const even = z * (AT_0 + w * (AT_2 + w * (AT_4 + w * (AT_6 + w * (AT_8 + w * AT_10)))))
  const odd = w * (AT_1 + w * (AT_3 + w * (AT_5 + w * (AT_7 + w * AT_9))))
  return even + odd
}

/** base + baseLow + atan(c) + tail, or pi minus that: everything small is added up before it meets the large part. */
function joined(base: number, baseLow: number, c: number, tail: number, isLeft: boolean): number {
  const rest = c * atanRest(c) - (baseLow + tail)
  if (!isLeft) return base - (rest - c)
  const start = PI - base
  const startLow = PI_LOW + ((PI - start) - base)
  return start - (c - (rest + startLow))
}

/** atan(x + xTail) for x >= 0, or pi minus that. */
function atanOfSum(x: number, xTail: number, isLeft: boolean): number {
  // The derivative of atan moves the tail of the argument to the result.
  const tail = xTail === 0 ? 0 : xTail / (1 + x * x)
  if (x < 0.4375) return joined(0, 0, x, tail, isLeft)
  if (x < 0.6875) return joined(ATAN_HALF, ATAN_HALF_LOW, (2 * x - 1) / (2 + x), tail, isLeft)
  if (x < 1.1875) return joined(QUARTER_PI, QUARTER_PI_LOW, (x - 1) / (x + 1), tail, isLeft)
  if (x < 2.4375) return joined(ATAN_THREE_HALVES, ATAN_THREE_HALVES_LOW, (x - 1.5) / (1 + 1.5 * x), tail, isLeft)
  return joined(HALF_PI, HALF_PI_LOW, -1 / x, tail, isLeft)
}

/** The arc tangent, in [-pi/2, pi/2]. */
export function atan(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude < TWO_POWER_MINUS_28) return x
  if (x !== x) return x
  const value = magnitude > TWO_POWER_64 ? HALF_PI : atanOfSum(magnitude, 0, false)
  return x < 0 ? -value : value
}

/** The angle of the point (x, y), in [-pi, pi]; signed zeros tell the quadrant. */
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return NaN
  const isLeft = x < 0 || (x === 0 && 1 / x < 0)
  const isBelow = y < 0 || (y === 0 && 1 / y < 0)
  const value = angleAbove(Math.abs(y), Math.abs(x), isLeft)
  return isBelow ? -value : value
}

const TWO_POWER_400 = fromHighWord(1423 << 20)
const TWO_POWER_MINUS_400 = fromHighWord(623 << 20)
const TWO_POWER_600 = fromHighWord(1623 << 20)
const TWO_POWER_MINUS_600 = fromHighWord(423 << 20)

/** atan2 of a point above the axis: y >= 0, and x = |x| with the side told by `isLeft`. */
function angleAbove(y: number, x: number, isLeft: boolean): number {
  if (y === 0) return isLeft ? PI : 0
  if (y === x) return isLeft ? 3 * QUARTER_PI : QUARTER_PI
  const ratio = y / x
  if (ratio > TWO_POWER_64) return HALF_PI
  if (ratio < 1 / TWO_POWER_64) return isLeft ? PI : ratio
  const scale = x > TWO_POWER_400 ? TWO_POWER_MINUS_600 : x < TWO_POWER_MINUS_400 ? TWO_POWER_600 : 1
  const xScaled = x * scale
  const yScaled = y * scale
  const product = ratio * xScaled
  const residual = (yScaled - product) - productError(ratio, xScaled, product)
  return atanOfSum(ratio, residual / xScaled, isLeft)
}
