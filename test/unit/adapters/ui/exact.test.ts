// Numbers as they were written, also those that a number of JavaScript does not hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Digits, isKept, parseExact } from '../../../../adapters/ui/page/exact.js'

const textOf = (value: unknown): unknown => (value instanceof Digits ? value.text : value)

test('what would be rounded is kept as it is written; all else is the value', () => {
  const value = parseExact('{"id":9007199254740993,"list":[0.1,1E400,-0.1234567890123456789,1e3,12,-0],"9007199254740993":"9007199254740993","at":"\\u0064igits:0"}') as Record<string, unknown>
  assert.deepEqual([textOf(value['id']), (value['list'] as unknown[]).map(textOf), value['9007199254740993'], value['at']], ['9007199254740993', [0.1, '1E400', '-0.1234567890123456789', 1000, 12, -0], '9007199254740993', 'digits:0'])
  assert.deepEqual(['1.50', '100', '1e21', '5e-324', '0.30000000000000004', '-7.0E-3', '0', '-0.0e5'].map(isKept), Array.from({ length: 8 }, () => true))
  assert.deepEqual(['9007199254740993', '0.1000000000000000055', '1e309', '123456789012345678901'].map(isKept), Array.from({ length: 4 }, () => false))
  for (const text of ['', '{', '[1,]', '01', 'NaN']) assert.throws(() => parseExact(text), SyntaxError, text)
})

test('JSON of numbers that are kept, and of any texts, is what JSON.parse makes of it', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value)
    assert.deepEqual(parseExact(text), JSON.parse(text))
  }), { numRuns: 200 })
})

test('what is long takes no longer than it is', () => {
  const zeros = '0'.repeat(100_000)
  const beganMs = performance.now()
  for (const text of [`1${zeros}1`, `1.${zeros}1`, `-1.${zeros}`]) assert.equal(isKept(text), text.startsWith('-'))
  // In the square of its length: many seconds.
  assert.ok(performance.now() - beganMs < 1000)
})
