import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rate } from '../../../../adapters/http/rate.ts'

test('an address has as many requests at once as in a second, then one at a time as they come back', () => {
  const rate = new Rate(10)
  for (let n = 0; n < 10; n += 1) assert.equal(rate.take('a', 1000), undefined)
  assert.equal(rate.take('a', 1000), 1)
  assert.equal(rate.take('b', 1000), undefined, 'another is not held up')
  assert.equal(rate.take('a', 1099), 1)
  assert.equal(rate.take('a', 1100), undefined)
  assert.equal(rate.take('a', 1100), 1)
  assert.equal(rate.take('a', 0), 1, 'a clock that goes back gives none')
  for (let n = 0; n < 10; n += 1) assert.equal(rate.take('a', 60_000), undefined, 'no more than a bucket holds')
  assert.equal(rate.take('a', 60_000), 1)
})

test('V1: so many addresses are known and no more', () => {
  const rate = new Rate(1)
  assert.equal(rate.take('first', 0), undefined)
  assert.equal(rate.take('first', 0), 1)
  for (let n = 0; n < 10_000; n += 1) rate.take(`address ${n}`, 0)
  assert.equal(rate.take('first', 0), undefined, 'forgotten, it begins anew')
})
