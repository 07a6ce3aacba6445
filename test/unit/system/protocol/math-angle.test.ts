import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { reduceAngle, type ReducedAngle } from '../../../../system/protocol/math-angle.ts'
import { testSeed } from '../../../support/seed.ts'

const SCALE = 1300n
// pi * 2^1300 by Machin's formula: 16 atan(1/5) - 4 atan(1/239).
const PI = 16n * inverseTangent(5n) - 4n * inverseTangent(239n)

function inverseTangent(n: bigint): bigint {
  let power = (1n << (SCALE + 40n)) / n
  let sum = 0n
  for (let k = 0n; power !== 0n; k++) {
    sum += (k % 2n === 0n ? power : -power) / (2n * k + 1n)
    power /= n * n
  }
  return sum >> 40n
}

/** x * 2^1300, exactly (for |x| large enough that nothing lies below). */
function scaledBig(x: number): bigint {
  let k = SCALE
  let whole = x
  while (!Number.isInteger(whole)) {
    whole *= 2
    k -= 1n
  }
  return BigInt(whole) << k
}

/** How far quadrant, head and tail are from x, relative to the rest, as a power of two. */
function relativeErrorBits(x: number, angle: ReducedAngle): number {
  const rest = scaledBig(angle.head) + scaledBig(angle.tail)
  const halfPi = PI / 2n
  const turns = scaledBig(x) - BigInt(angle.quadrant) * halfPi - rest
  const period = 2n * PI
  const remainder = ((turns % period) + period) % period
  const error = remainder < period - remainder ? remainder : period - remainder
  const size = rest < 0n ? -rest : rest
  return error === 0n ? -1000 : error.toString(2).length - size.toString(2).length
}

test('the rest of every angle is right to 2^-66 of itself (M3), up to the largest double', () => {
  let worst = -1000
  const check = (x: number): void => {
    const angle = reduceAngle(x, { quadrant: 0, head: 0, tail: 0 })
    const bits = relativeErrorBits(x, angle)
    worst = Math.max(worst, bits)
    assert.ok(bits <= -66, `${x}: 2^${bits}`)
    assert.ok(Math.abs(angle.head) < 0.7855)
  }
  const exponent = fc.integer({ min: -2, max: 1023 })
  fc.assert(fc.property(exponent, fc.double({ min: 1, max: 1.9999999999999998, noNaN: true }), fc.boolean(), (e, m, isNegative) => {
    check((isNegative ? -m : m) * 2 ** e)
  }), { seed: testSeed(), numRuns: 3000 })
  for (let turn = 1; turn < 1_100_000; turn += 97) check(turn * 1.5707963267948966)
  check(6381956970095103 * 2 ** 797)
  console.log(`# angles: relative error at most 2^${worst}`)
})
