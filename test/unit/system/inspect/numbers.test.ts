import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { features, sliding } from '../../../../adapters/node/statelog.ts'
import { numbersOf } from '../../../../system/inspect/numbers.ts'

test('numbers and flags of a context are found by their paths, what cannot be compared is left out', () => {
  const context = { n: 1, on: true, off: false, text: 'x', none: null, nan: NaN, far: Infinity, big: 1n, list: [1, 2], bytes: new Uint8Array(2), deep: { a: { b: { c: 4, d: { e: 5 } } } } }
  assert.deepEqual(numbersOf(context), { n: 1, on: 1, off: 0, 'deep.a.b.c': 4 })
  for (const nothing of [undefined, null, 3, 'x', []]) assert.deepEqual(numbersOf(nothing), {})
  assert.equal(Object.keys(numbersOf(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`n${n}`, n])))).length, 100)
  assert.deepEqual(numbersOf(JSON.parse('{"__proto__":{"n":1},"constructor":2}')), Object.fromEntries([['__proto__.n', 1], ['constructor', 2]]))
})

test('of a feature state its features are told, as of its newest event', () => {
  const set = features('spent', 1, z.object({ amount: z.number() }), (tx) => ({ count: sliding('1h').count(), sum: sliding('1h').sum(tx.amount), parts: [tx.amount, sliding('1h').max(tx.amount)] }))
  const state = set.fold(set.fold(set.empty, { amount: 5 }, 1000), { amount: 2 }, 2000)
  assert.deepEqual(numbersOf({ spending: state, n: 1 }), { 'spending.count': 2, 'spending.sum': 7, 'spending.parts.0': 2, 'spending.parts.1': 5, n: 1 })
  const [count = NaN] = set.values(state)
  assert.equal(numbersOf({ spending: state })['spending.count'], count)
  assert.equal(numbersOf({ spending: { ...state, of: 'another' } })['spending.count'], undefined)
})
