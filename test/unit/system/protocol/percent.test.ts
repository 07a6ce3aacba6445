import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { percentDecode, percentEncode } from '../../../../system/protocol/percent.ts'
import { MalformedText } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

const law = { seed: testSeed(), numRuns: 2000 }
// Separators, the escape itself and what looks like an escape are what could go wrong.
const tricky = fc.string({ unit: fc.constantFrom('-', '/', '%', '2', 'D', 'd', 'F', '.', '~', 'a', 'é', '😀', '\0') })
const part = fc.oneof(tricky, fc.string({ unit: 'binary' }))

test('ordinary parts stay readable, separators do not', () => {
  assert.equal(percentEncode('Card_49.61~'), 'Card_49.61~')
  assert.equal(percentEncode('a-b/c%d e'), 'a%2Db%2Fc%25d%20e')
  assert.equal(percentEncode('é😀'), '%C3%A9%F0%9F%98%80')
  assert.equal(percentEncode(''), '')
})

test('a part survives encoding (C2) and its encoded form has no separator (C1)', () => {
  fc.assert(fc.property(part, (sample) => {
    const encoded = percentEncode(sample)
    assert.match(encoded, /^(?:[A-Za-z0-9._~]|%[0-9A-F]{2})*$/)
    assert.equal(percentDecode(encoded), sample)
  }), law)
})

test('joined parts can be told apart again: joining is injective (C2)', () => {
  for (const separator of ['-', '/']) {
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(part, { minLength: 1, maxLength: 4 }), (a, b) => {
      const join = (parts: string[]): string => parts.map(percentEncode).join(separator)
      assert.deepEqual(join(a).split(separator).map(percentDecode), a)
      assert.equal(join(a) === join(b), a.length === b.length && a.every((sample, i) => sample === b[i]))
    }), law)
  }
})

test('each part has one spelling: all others are refused (C3)', () => {
  for (const bad of ['-', '/', 'a b', '%', '%2', '%2d', '%41', '%2G', '%FF', '%ED%A0%80', 'é', '%-1', '% 1']) {
    assert.equal(percentDecode(bad), undefined, bad)
  }
  fc.assert(fc.property(fc.oneof(tricky, fc.string({ unit: fc.constantFrom('%', '2', 'D', 'C', '3', 'A', '9', 'F', 'a') })), (sample) => {
    const decoded = percentDecode(sample)
    if (decoded !== undefined) assert.equal(percentEncode(decoded), sample)
  }), law)
})

test('a lone surrogate has no encoded form', () => {
  assert.throws(() => percentEncode('a\ud800'), MalformedText)
})
