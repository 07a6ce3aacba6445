// Quality rules: both sides of each bound.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { range, required, rule } from '../../../../system/authoring/quality.ts'

type Reading = { readonly value: number; readonly name?: string | null | undefined }
const value = (reading: Reading): number => reading.value

test('a range includes its bounds and refuses what is not finite, with a message that names all three', () => {
  const { check } = range('value', value, { min: 1, max: 2 })
  for (const good of [1, 1.5, 2]) assert.equal(check({ value: good }, 0), undefined)
  for (const bad of [0.999, 2.001, NaN, Infinity, -Infinity]) assert.equal(check({ value: bad }, 0), `value is ${bad}, must be within 1..2`)
})

test('a range may be open at either end', () => {
  assert.equal(range('value', value, { min: 0 }).check({ value: 1e300 }, 0), undefined)
  assert.notEqual(range('value', value, { min: 0 }).check({ value: -1 }, 0), undefined)
  assert.equal(range('value', value, { max: 0 }).check({ value: -1e300 }, 0), undefined)
  assert.notEqual(range('value', value, {}).check({ value: Infinity }, 0), undefined)
})

test('required refuses undefined, null and the empty text, and lets 0, false and a blank pass', () => {
  const { check } = required('name', (reading: Reading) => reading.name)
  for (const name of [undefined, null, '']) assert.equal(check({ value: 0, name }, 0), 'name is missing')
  assert.equal(check({ value: 0, name: ' ' }, 0), undefined)
  assert.equal(required('value', value).check({ value: 0 }, 0), undefined)
  assert.equal(required('flag', () => false).check({ value: 0 }, 0), undefined)
})

test('any other rule holds or names itself', () => {
  const even = rule('value is even', (reading: Reading) => reading.value % 2 === 0)
  assert.equal(even.check({ value: 2 }, 0), undefined)
  assert.equal(even.check({ value: 3 }, 0), 'value is even does not hold')
})
