import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  bitsOf, fromBits, fromHighWord, highWord, productError, scaled, sumError, withHighWord, withoutLowWord,
} from '../../../../system/protocol/math-bits.ts'
import { testSeed } from '../../../support/seed.ts'

const law = { seed: testSeed(), numRuns: 2000 }
const integer = fc.integer({ min: -(2 ** 53), max: 2 ** 53 }).map((n) => n === 0 ? 1 : n)

test('bits and double are two spellings of one value', () => {
  assert.equal(bitsOf(1), '3ff0000000000000')
  assert.equal(bitsOf(-0), '8000000000000000')
  assert.equal(bitsOf(fromBits('fff8000000000001')), bitsOf(NaN))
  fc.assert(fc.property(fc.double({ noNaN: true }), (x) => assert.ok(Object.is(fromBits(bitsOf(x)), x))), law)
})

test('the words of a double', () => {
  assert.equal(highWord(1), 0x3ff00000)
  assert.equal(highWord(-2), 0xc0000000 | 0)
  assert.equal(fromHighWord(0x40000000), 2)
  assert.equal(withHighWord(1, 0x40000000), 2)
  fc.assert(fc.property(fc.double({ noNaN: true }), (x) => {
    assert.ok(Object.is(withHighWord(x, highWord(x)), x))
    assert.equal(bitsOf(withoutLowWord(x)), `${bitsOf(x).slice(0, 8)}00000000`)
  }), law)
})

test('sum and product with their errors are exact', () => {
  fc.assert(fc.property(integer, integer, (a, b) => {
    const [long, short] = Math.abs(a) > Math.abs(b) ? [a, b] : [b, a]
    const sum = long + short
    assert.equal(BigInt(sum) + BigInt(sumError(long, short, sum)), BigInt(a) + BigInt(b))
    const product = a * b
    assert.equal(BigInt(product) + BigInt(productError(a, b, product)), BigInt(a) * BigInt(b))
  }), law)
})

test('scaling rounds once, also into the subnormal numbers', () => {
  for (let k = -1074; k <= 1023; k++) assert.equal(scaled(1.5, k), k < -1022 ? Math.ceil(1.5 * 2 ** (k + 1074)) * 5e-324 : 1.5 * 2 ** k)
  assert.equal(scaled(0.9999999999999999, 1024), Number.MAX_VALUE)
  assert.equal(scaled(1, 1024), Infinity)
  assert.equal(scaled(0.75, -1074), 5e-324)
  assert.equal(scaled(0.5, -1100), 0)
})
