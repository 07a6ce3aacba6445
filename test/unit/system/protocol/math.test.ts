import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import * as math from '../../../../system/protocol/math.ts'
import { bitsOf, fromBits, fromHighWord, highWord } from '../../../../system/protocol/math-bits.ts'
import { testSeed } from '../../../support/seed.ts'

type Row = readonly string[]
type Apply = (...argumentsOf: number[]) => number

const golden = JSON.parse(readFileSync(new URL('fixtures/math-golden.json', import.meta.url), 'utf8')) as Record<string, readonly Row[]>
const functions = math as unknown as Record<string, Apply>
const law = { seed: testSeed(), numRuns: 2000 }
const real = fc.double({ noNaN: true, noDefaultInfinity: true })
const moderate = fc.double({ min: -1e6, max: 1e6, noNaN: true })

/** The distance between doubles around x. */
function ulp(x: number): number {
  const exponent = (highWord(x) >> 20) & 0x7ff
  return exponent <= 52 ? fromBits((2n ** BigInt(Math.max(exponent - 1, 0))).toString(16)) : fromHighWord((exponent - 52) << 20)
}

/** Distance from the true value, of which the row holds the nearest double and the rest in ulps. */
function errorUlps(row: Row, result: number): number {
  const reference = fromBits(row.at(-3) as string)
  if (Object.is(result, reference) && !Number.isFinite(result)) return 0
  return Math.abs((result - reference) / ulp(reference) - Number(row.at(-2)))
}

test('the golden file covers every function of statelog math', () => {
  assert.deepEqual(Object.keys(golden).sort(), Object.keys(functions).sort())
  assert.ok(Object.values(golden).flat().length >= 3000)
})

for (const [name, rows] of Object.entries(golden)) {
  const results = rows.map((row) => (functions[name] as Apply)(...row.slice(0, -3).map(fromBits)))

  test(`${name}: the golden bits, on this runtime too`, () => {
    for (const [i, row] of rows.entries()) assert.equal(bitsOf(results[i] as number), row.at(-1), `${name}(${row.slice(0, -3).map(fromBits).join(', ')})`)
  })

  test(`${name}: within 1 ulp of the true value`, () => {
    const errors = rows.map((row, i) => errorUlps(row, results[i] as number))
    const worst = Math.max(...errors)
    console.log(`# ${name}: at most ${worst.toFixed(3)} ulp over ${rows.length} arguments`)
    assert.ok(worst < 1, `${name}: ${worst} ulp`)
  })
}

test('special values are those of ECMAScript', () => {
  const specials = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 3, -3, 0.5]
  const ecma = Math as unknown as Record<string, Apply>
  // Results that are no special value may differ in the last bit: rounded to 9 digits they do not.
  const rounded = (x: number): string => Object.is(x, -0) ? '-0' : x.toPrecision(9)
  for (const [name, apply] of Object.entries(functions).filter(([name]) => name !== 'sigmoid')) {
    for (const x of specials) {
      for (const y of apply.length === 2 ? specials : [0]) {
        assert.equal(rounded(apply(x, y)), rounded((ecma[name] as Apply)(x, y)), `${name}(${x}, ${y})`)
      }
    }
  }
})

test('exact where the result is a double: powers of integers, logarithms of powers', () => {
  for (let base = -40; base <= 40; base++) {
    for (let n = 0; n <= 52; n++) {
      const exact = BigInt(base) ** BigInt(n)
      if (exact < -(2n ** 53n) || exact > 2n ** 53n) continue
      assert.equal(math.pow(base, n), Number(exact), `${base} to the ${n}`)
    }
  }
  for (let k = -1074; k <= 1023; k++) assert.equal(math.log2(math.pow(2, k)), k)
  for (let k = 0; k <= 22; k++) assert.equal(math.log10(Number(10n ** BigInt(k))), k)
})

test('odd functions are odd and even ones even, to the last bit', () => {
  fc.assert(fc.property(real, (x) => {
    for (const odd of [math.sin, math.tan, math.atan, math.asin, math.tanh]) assert.equal(bitsOf(odd(-x)), bitsOf(-odd(x)))
    assert.equal(bitsOf(math.cos(-x)), bitsOf(math.cos(x)))
  }), law)
})

test('sigmoid lies in [0, 1], mirrors at zero and is a half there', () => {
  assert.equal(math.sigmoid(0), 0.5)
  fc.assert(fc.property(fc.double({ min: -800, max: 800, noNaN: true }), (x) => {
    const p = math.sigmoid(x)
    assert.ok(p >= 0 && p <= 1)
    assert.ok(Math.abs(p + math.sigmoid(-x) - 1) <= 2.3e-16)
  }), law)
})

test('exp, log, sigmoid, tanh and atan never fall over steps wider than their error', () => {
  fc.assert(fc.property(moderate, (x) => {
    const next = x + Math.max(Math.abs(x), 1e-300) * 1e-14
    for (const rising of [math.exp, math.sigmoid, math.tanh, math.atan]) assert.ok(rising(next) >= rising(x))
    if (x > 0) assert.ok(math.log(next) >= math.log(x))
  }), law)
})

test('sin and cos of every finite angle lie on the unit circle', () => {
  fc.assert(fc.property(real, (x) => {
    const s = math.sin(x)
    const c = math.cos(x)
    assert.ok(Math.abs(s * s + c * c - 1) < 5e-16)
  }), law)
})

test('hypot is symmetric, ignores signs, and knows the triangle of 3, 4 and 5 at every scale', () => {
  fc.assert(fc.property(real, real, (x, y) => {
    assert.equal(bitsOf(math.hypot(x, y)), bitsOf(math.hypot(-y, x)))
    assert.ok(math.hypot(x, y) >= Math.max(Math.abs(x), Math.abs(y)))
  }), law)
  for (let k = -1000; k <= 1000; k++) {
    const unit = fromHighWord((k + 1023) << 20)
    assert.equal(math.hypot(3 * unit, -4 * unit), 5 * unit)
  }
})

test('atan2 turns around with its point', () => {
  fc.assert(fc.property(moderate, moderate, (y, x) => {
    assert.equal(bitsOf(math.atan2(-y, x)), bitsOf(-math.atan2(y, x)))
    const turns = x < 0 && y < 0 ? -1.5 : 0.5
    if (x !== 0 && y !== 0) assert.ok(Math.abs(math.atan2(y, x) + math.atan2(x, y) - turns * Math.PI) < 1e-15)
  }), law)
})
