// Angles: x = quadrant * pi/2 + (head + tail), with the rest in [-pi/4, pi/4], for every finite x.
//
// Owns: the reduction of arguments of sin, cos and tan. Up to 2^20 quarter turns pi/2 is subtracted in three pieces
// (constants: fdlibm, e_rem_pio2.c); beyond that x is multiplied by the digits of 2/pi that matter (Payne and Hanek,
// 1983), in integers of any length, which are exact and the same everywhere.
//
// M1 (math-bits.ts). M3. the rest has a relative error below 2^-66: no double is closer than 2^-61 to a quarter turn.
//
// ====================================================
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business.
// Permission to use, copy, modify, and distribute this software is freely granted,
// provided that this notice is preserved.
// ====================================================

import { highWord } from './math-bits.ts'

/** A rest in [-pi/4, pi/4], in two doubles, and the number of quarter turns modulo 4. */
export interface ReducedAngle {
  quadrant: number
  head: number
  tail: number
}

const QUARTER_PI = 7.85398163397448278999e-01
const SUBTRACTION_MAX = 1647099 // 2^20 quarter turns
const TWO_OVER_PI = 6.36619772367581382433e-01
const HALF_PI_1 = 1.57079632673412561417 // the first 33 bits of pi/2
const HALF_PI_2 = 6.07710050630396597660e-11 // the next 33
const HALF_PI_3 = 2.02226624871116645580e-21 // the next 33
const HALF_PI_AFTER_1 = 6.07710050650619224932e-11
const HALF_PI_AFTER_2 = 2.02226624879595063154e-21
const HALF_PI_AFTER_3 = 8.47842766036889956997e-32

/** Writes the reduced form of a finite x into `angle`, which a caller keeps and reuses, and returns it. */
export function reduceAngle(x: number, angle: ReducedAngle): ReducedAngle {
  const magnitude = Math.abs(x)
  if (magnitude <= QUARTER_PI) {
    angle.quadrant = 0
    angle.head = x
    angle.tail = 0
    return angle
  }
  if (magnitude < SUBTRACTION_MAX) subtractQuarterTurns(magnitude, angle)
  else multiplyByDigits(magnitude, angle)
  if (x < 0) {
    angle.quadrant = (4 - angle.quadrant) & 3
    angle.head = -angle.head
    angle.tail = -angle.tail
  }
  return angle
}

function exponentOf(x: number): number {
  return (highWord(x) >> 20) & 0x7ff
}

/** Cody and Waite: each further piece of pi/2 is used only when the difference has cancelled too many bits. */
function subtractQuarterTurns(x: number, angle: ReducedAngle): void {
  const n = Math.floor(x * TWO_OVER_PI + 0.5)
  const exponent = exponentOf(x)
  let rest = x - n * HALF_PI_1
  let lost = n * HALF_PI_AFTER_1
  let head = rest - lost
  if (exponent - exponentOf(head) > 16) {
    const before = rest
    const piece = n * HALF_PI_2
    rest = before - piece
    lost = n * HALF_PI_AFTER_2 - ((before - rest) - piece)
    head = rest - lost
    if (exponent - exponentOf(head) > 49) {
      const nearer = rest
      const last = n * HALF_PI_3
      rest = nearer - last
      lost = n * HALF_PI_AFTER_3 - ((nearer - rest) - last)
      head = rest - lost
    }
  }
  angle.quadrant = n & 3
  angle.head = head
  angle.tail = (rest - head) - lost
}

const DIGITS = 1216
// 2/pi * 2^1216 and pi/2 * 2^192, cut off.
const TWO_OVER_PI_DIGITS = BigInt(
  '0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921c' +
  'fe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980f' +
  'ef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d08' +
  '56033046fc7b6bab',
)
const HALF_PI_DIGITS = 0x1921fb54442d18469898cc51701b839a252049c1114cf98e8n
const FRACTION = 192n
const MASK = (1n << (FRACTION + 2n)) - 1n
const HALF = 1n << (FRACTION - 1n)
const TWO_POWER_MINUS_192 = 1.5930919111324523e-58

/** Payne and Hanek: of x * 2/pi = m 2^e * 2/pi only the digits from 2 (a half turn) down to 2^-192 are computed. */
function multiplyByDigits(x: number, angle: ReducedAngle): void {
  // x >= 2^20, so m 2^e with m in [2^52, 2^53) and e in [-32, 971].
  const e = exponentOf(x) - 1075
  const m = BigInt(e < 0 ? x * pow2(-e) : x / pow2(e))
  const turns = ((m * (TWO_OVER_PI_DIGITS >> BigInt(DIGITS - e - 192))) & MASK)
  const quadrant = (turns + HALF) >> FRACTION
  const fraction = turns - (quadrant << FRACTION)
  const rest = (fraction * HALF_PI_DIGITS) >> FRACTION
  const head = Number(rest)
  angle.quadrant = Number(quadrant) & 3
  angle.head = head * TWO_POWER_MINUS_192
  angle.tail = Number(rest - BigInt(head)) * TWO_POWER_MINUS_192
}

/** 2^k for 0 <= k <= 971. */
function pow2(k: number): number {
  return Number(1n << BigInt(k))
}
