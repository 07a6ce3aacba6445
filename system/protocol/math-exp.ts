// Exponentials: exp, expm1, and what is a quotient of exponentials: sigmoid, tanh.
//
// Owns: the reduction x = k ln 2 + r and the approximation of e^r. Formulas and coefficients of exp and expm1: fdlibm
// (e_exp.c, s_expm1.c); exp carries the rounding error of its last sum so that quotients can still be rounded well.
//
// M1 (math-bits.ts) and: M2. the error is below 1 ulp for every argument (measured: see README.md).
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { fromHighWord, productError, scaled, sumError } from './math-bits.ts'

const EXP_ARGUMENT_MAX = 709.782712893383973096 // above: more than the largest double
const EXP_ARGUMENT_MIN = -745.13321910194110842 // below: less than half the smallest double
const HALF_LN2 = 0.34657359027997264
const LN2_HIGH = 6.93147180369123816490e-01 // 32 bits, so that k * LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10
const INVERSE_LN2 = 1.44269504088896338700
const TWO_POWER_MINUS_28 = 3.725290298461914e-9
const TWO_POWER_MINUS_54 = 5.551115123125783e-17

const P1 = 1.66666666666666019037e-01
const P2 = -2.77777777770155933842e-03
const P3 = 6.61375632143793436117e-05
const P4 = -1.65339022054652515390e-06
const P5 = 4.13813679705723846039e-08

const Q1 = -3.33333333333331316428e-02
const Q2 = 1.58730158725481460165e-03
const Q3 = -7.93650757867487942473e-05
const Q4 = 4.00821782732936239552e-06
const Q5 = -2.01099218183624371326e-07

/** x / ln 2 rounded to an integer; 0 near zero. */
function binaryExponent(x: number): number {
  if (x > HALF_LN2) return Math.floor(INVERSE_LN2 * x + 0.5)
  if (x < -HALF_LN2) return -Math.floor(0.5 - INVERSE_LN2 * x)
  return 0
}

// What `expTail[0]` says about the last `expHead`; read at once, nothing else runs in between. In a list of doubles: V8 makes an object for each that a variable is given.
const expTail = new Float64Array(1)

/** e^x = 2^k (head + tail) with |tail| <= 2^-52 head; returns head, leaves the tail in `expTail`. */
function expHead(x: number, k: number): number {
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const t = r * r
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))))
  const rest = r * c / (2 - c) - low
  const head = 1 + high
  const tail = sumError(1, high, head) + rest
  const sum = head + tail
  expTail[0] = sumError(head, tail, sum)
  return sum
}

/** e^x. */
export function exp(x: number): number {
  if (x > EXP_ARGUMENT_MAX) return Infinity
  if (x < EXP_ARGUMENT_MIN) return 0
  const k = binaryExponent(x)
  const head = expHead(x, k)
  return k === 0 ? head : scaled(head, k)
}

/** e^x - 1, accurate near zero too. */
export function expm1(x: number): number {
  if (x > EXP_ARGUMENT_MAX) return Infinity
  if (x < -40) return -1
  if (Math.abs(x) < TWO_POWER_MINUS_54) return x
  const k = binaryExponent(x)
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const correction = (high - r) - low
  const half = 0.5 * r
  const halfSquare = r * half
  const r1 = 1 + halfSquare * (Q1 + halfSquare * (Q2 + halfSquare * (Q3 + halfSquare * (Q4 + halfSquare * Q5))))
  const t = 3 - r1 * half
  const e = halfSquare * ((r1 - t) / (6 - r * t))
  if (k === 0) return r - (r * e - halfSquare)
  return expm1Scaled(r, (r * (e - correction) - correction) - halfSquare, k)
}

/** 2^k (1 + r - rest) - 1, adding in the order that loses least. */
function expm1Scaled(r: number, rest: number, k: number): number {
  if (k === -1) return 0.5 * (r - rest) - 0.5
  if (k === 1) return r < -0.25 ? -2 * (rest - (r + 0.5)) : 1 + 2 * (r - rest)
  if (k <= -2 || k > 56) return scaled(1 - (rest - r), k) - 1
  const inverse = fromHighWord((1023 - k) << 20)
  if (k < 20) return scaled((1 - inverse) - (rest - r), k)
  return scaled((r - (rest + inverse)) + 1, k)
}

/** numerator / (head + tail), where tail corrects the head in its last bits. */
function quotient(numerator: number, numeratorTail: number, head: number, tail: number): number {
  const q = numerator / head
  const product = q * head
  const residual = ((numerator - product) - productError(q, head, product)) + (numeratorTail - q * tail)
  return q + residual / head
}

/** 1 / (1 + e^-x), without overflow and without losing the small tail of very negative x. */
export function sigmoid(x: number): number {
  if (x !== x) return x
  if (x > 40) return 1
  if (x < -40) return exp(x)
  const magnitude = -Math.abs(x)
  const k = binaryExponent(magnitude)
  const power = fromHighWord((k + 1023) << 20)
  const e = expHead(magnitude, k) * power
  const eTail = (expTail[0] as number) * power
  const head = 1 + e
  const tail = sumError(1, e, head) + eTail
  return x < 0 ? quotient(e, eTail, head, tail) : quotient(1, 0, head, tail)
}

/** The hyperbolic tangent. Below 0.55 the continued fraction of Lambert, whose coefficients are integers. */
export function tanh(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude < TWO_POWER_MINUS_28) return x
  if (magnitude < 0.55) {
    const z = x * x
    const above = z * (675675 + z * (45045 + z * (594 + z)))
    const below = 2027025 + z * (945945 + z * (51975 + z * (630 + z)))
    return x - x * (above / below)
  }
  if (x !== x) return x
  return x < 0 ? -tanhLarge(magnitude) : tanhLarge(magnitude)
}

/** 1 - 2 / (e^2x + 1) for x >= 0.55: the subtrahend is at most 0.5. */
function tanhLarge(x: number): number {
  if (x > 22) return 1
  const k = binaryExponent(2 * x)
  const power = fromHighWord((k + 1023) << 20)
  const e = expHead(2 * x, k) * power
  const eTail = (expTail[0] as number) * power
  const head = e + 1
  return 1 - quotient(2, 0, head, sumError(e, 1, head) + eTail)
}
