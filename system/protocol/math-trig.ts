// Trigonometry: sin, cos, tan of every finite angle in radians.
//
// Owns: the approximations on [-pi/4, pi/4] (fdlibm: k_sin.c, k_cos.c, k_tan.c). `math-angle.ts` owns the reduction.
//
// M1 (math-bits.ts), M2 (math-exp.ts). No bound on the argument; NaN for NaN and the infinities.
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { reduceAngle, type ReducedAngle } from './math-angle.ts'
import { withoutLowWord } from './math-bits.ts'

const S1 = -1.66666666666666324348e-01
const S2 = 8.33333333332248946124e-03
const S3 = -1.98412698298579493134e-04
const S4 = 2.75573137070700676789e-06
const S5 = -2.50507602534068634195e-08
const S6 = 1.58969099521155010221e-10

const C1 = 4.16666666666666019037e-02
const C2 = -1.38888888888741095749e-03
const C3 = 2.48015872894767294178e-05
const C4 = -2.75573143513906633035e-07
const C5 = 2.08757232129817482790e-09
const C6 = -1.13596475577881948265e-11

const T0 = 3.33333333333334091986e-01
const T1 = 1.33333333333201242699e-01
const T2 = 5.39682539762260521377e-02
const T3 = 2.18694882948595424599e-02
const T4 = 8.86323982359930005737e-03
const T5 = 3.59207910759131235356e-03
const T6 = 1.45620945432529025516e-03
const T7 = 5.88041240820264096874e-04
const T8 = 2.46463134818469906812e-04
const T9 = 7.81794442939557092300e-05
const T10 = 7.14072491382608190305e-05
const T11 = -1.85586374855275456654e-05
const T12 = 2.59073051863633712884e-05

const QUARTER_PI_HIGH = 7.85398163397448278999e-01
const QUARTER_PI_LOW = 3.06161699786838301793e-17
const NEAR_QUARTER_PI = 0.6744
const TWO_POWER_MINUS_28 = 3.725290298461914e-9

// Reused by every call: filled and read within one call.
const angle: ReducedAngle = { quadrant: 0, head: 0, tail: 0 }

/** sin(head + tail) on [-pi/4, pi/4]. */
function sinOfRest(head: number, tail: number): number {
  const z = head * head
  const v = z * head
  const r = S2 + z * (S3 + z * (S4 + z * (S5 + z * S6)))
  return head - ((z * (0.5 * tail - v * r) - tail) - v * S1)
}

/** cos(head + tail) on [-pi/4, pi/4]. */
function cosOfRest(head: number, tail: number): number {
  const z = head * head
  const w = z * z
  const r = z * (C1 + z * (C2 + z * C3)) + w * w * (C4 + z * (C5 + z * C6))
  const half = 0.5 * z
  const base = 1 - half
  return base + (((1 - base) - half) + (z * r - head * tail))
}

/** tan(head + tail) on [-pi/4, pi/4], or -1 / tan where `isInverse`. */
function tanOfRest(head: number, tail: number, isInverse: boolean): number {
  const isNear = Math.abs(head) >= NEAR_QUARTER_PI
  const sign = head < 0 ? -1 : 1
  // Near pi/4 the tangent of the complement is small; tan(pi/4 - c) = 1 - 2 tan c / (1 + tan c).
  const x = isNear ? (QUARTER_PI_HIGH - sign * head) + (QUARTER_PI_LOW - sign * tail) : head
  const y = isNear ? 0 : tail
  const z = x * x
  const w = z * z
  const odd = T1 + w * (T3 + w * (T5 + w * (T7 + w * (T9 + w * T11))))
  const even = z * (T2 + w * (T4 + w * (T6 + w * (T8 + w * (T10 + w * T12)))))
  const cube = z * x
  const rest = y + z * (cube * (odd + even) + y) + T0 * cube
  const sum = x + rest
  if (isNear) {
    const v = isInverse ? -1 : 1
    return sign * (v - 2 * (x - (sum * sum / (sum + v) - rest)))
  }
  if (!isInverse) return sum
  // -1 / (x + rest) with the rounding error of the sum taken into account.
  const sumHigh = withoutLowWord(sum)
  const sumLow = rest - (sumHigh - x)
  const inverse = -1 / sum
  const inverseHigh = withoutLowWord(inverse)
  return inverseHigh + inverse * ((1 + inverseHigh * sumHigh) + inverseHigh * sumLow)
}

function isBounded(x: number): boolean {
  return x - x === 0
}

/** The sine of x radians. */
export function sin(x: number): number {
  if (!isBounded(x)) return NaN
  if (Math.abs(x) < TWO_POWER_MINUS_28) return x
  const { quadrant, head, tail } = reduceAngle(x, angle)
  const value = (quadrant & 1) === 0 ? sinOfRest(head, tail) : cosOfRest(head, tail)
  return quadrant < 2 ? value : -value
}

/** The cosine of x radians. */
export function cos(x: number): number {
  if (!isBounded(x)) return NaN
  const { quadrant, head, tail } = reduceAngle(x, angle)
  const value = (quadrant & 1) === 0 ? cosOfRest(head, tail) : sinOfRest(head, tail)
  return quadrant === 0 || quadrant === 3 ? value : -value
}

/** The tangent of x radians. */
export function tan(x: number): number {
  if (!isBounded(x)) return NaN
  if (Math.abs(x) < TWO_POWER_MINUS_28) return x
  const { quadrant, head, tail } = reduceAngle(x, angle)
  return tanOfRest(head, tail, (quadrant & 1) === 1)
}
