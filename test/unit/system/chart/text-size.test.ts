import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { fitted, textWidth, wrapped } from '../../../../system/chart/text-size.ts'
import { hostileName } from '../../../support/charts/names.ts'
import { testSeed } from '../../../support/seed.ts'

const FONT = { size: 12 }

test('wide letters are wider than narrow ones, bold than plain, and ideographs take a square', () => {
  assert.ok(textWidth('WWW', FONT) > textWidth('iii', FONT))
  assert.ok(textWidth('name', { size: 12, isBold: true }) > textWidth('name', FONT))
  assert.ok(textWidth('注文', FONT) >= 24)
})

test('names are broken where their parts end', () => {
  assert.deepEqual(wrapped('orders.eu.placed.twice', 62, 3, FONT), ['orders.', 'eu.placed.', 'twice'])
  assert.deepEqual(wrapped('aGuardWithManyWords', 80, 3, FONT), ['aGuardWith', 'ManyWords'])
})

test('what is cut ends with an ellipsis, fits, and is cut between characters (T2)', () => {
  fc.assert(fc.property(hostileName.filter((name) => name.isWellFormed()), fc.integer({ min: 30, max: 200 }), (name, width) => {
    const text = fitted(name, width, FONT)
    assert.ok(textWidth(text, FONT) <= width)
    assert.ok(text.isWellFormed())
    if (text !== name) assert.ok(text.endsWith('…'))
    const lines = wrapped(name, width, 3, FONT)
    assert.ok(lines.length >= 1 && lines.length <= 3)
    for (const line of lines) assert.ok(textWidth(line, FONT) <= width && line.isWellFormed())
  }), { seed: testSeed(), numRuns: 500 })
})
