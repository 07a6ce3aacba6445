import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { features } from '../../../../system/features/feature-set.ts'
import { delayed, sliding } from '../../../../system/features/folds.ts'
import type { FeatureState } from '../../../../system/features/state.ts'
import { testSeed } from '../../../support/seed.ts'
import { close, exactSum, frozen, inWindow, schemaOf } from './samples-of.ts'
import type { Sample } from './samples-of.ts'

interface Payment { readonly amount: number; readonly time: number }
const Payment = schemaOf<Payment>()

const spending = features('spending', 1, Payment, (tx) => ({
  count: sliding(100).count(),
  sum: sliding(100).sum(tx.amount),
  mean: sliding(100).mean(tx.amount),
  min: sliding(100).min(tx.amount),
  max: sliding(30).max(tx.amount, { whenEmpty: -1 }),
  shortSum: sliding(7).sum(tx.amount),
  lateCount: delayed(40, 50).count(),
  lateSum: delayed(40, 50).sum(tx.amount),
  lateMean: delayed(40, 50).mean(tx.amount, { whenEmpty: -1 }),
  large: sliding(100).count(tx.amount.atLeast(500)),
}))

const named = (state: FeatureState, timeMs?: number): Record<string, number> =>
  Object.fromEntries(spending.values(state, timeMs).map((value, i) => [spending.names[i]!, value]))

const foldAll = (samples: readonly Sample[]): FeatureState =>
  samples.reduce((state, { timeMs, value }) => frozen(spending.fold(state, { amount: value, time: timeMs })), spending.empty)

test('a window holds what is younger than its length, and its own last ms', () => {
  const state = foldAll([{ timeMs: 1000, value: 5 }])
  assert.equal(named(state, 1099)['count'], 1)
  assert.equal(named(state, 1100)['count'], 0)
})

test('a delayed window begins at its delay and ends a window later', () => {
  const state = foldAll([{ timeMs: 1000, value: 5 }])
  assert.equal(named(state, 1039)['lateCount'], 0)
  assert.equal(named(state, 1040)['lateCount'], 1)
  assert.equal(named(state, 1089)['lateCount'], 1)
  assert.equal(named(state, 1090)['lateCount'], 0)
})

test('a statistic of nothing is what the author said, 0 unless said', () => {
  const values = named(spending.empty)
  assert.deepEqual([values['count'], values['mean'], values['min'], values['max'], values['lateMean']], [0, 0, 0, -1, -1])
})

test('a vector never looks back before the newest event', () => {
  const state = foldAll([{ timeMs: 1000, value: 5 }, { timeMs: 1050, value: 6 }])
  assert.deepEqual(spending.values(state, 10), spending.values(state))
})

test('every window equals its definition for events in any order, and no fold changes a state', () => {
  const sample = fc.record({
    timeMs: fc.integer({ min: 0, max: 600 }),
    value: fc.oneof(fc.constant(0), fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1024), fc.integer({ min: 0, max: 1000 })),
  })
  fc.assert(fc.property(fc.array(sample, { maxLength: 150 }), fc.boolean(), fc.nat(100), (arrived, isOrdered, aheadMs) => {
    const samples = isOrdered ? arrived.toSorted((a, b) => a.timeMs - b.timeMs) : arrived
    const state = foldAll(samples)
    const nowMs = samples.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0) + aheadMs
    const ours = named(state, nowMs)
    const all = inWindow(samples, nowMs, 0, 100)
    const short = inWindow(samples, nowMs, 0, 30)
    const late = inWindow(samples, nowMs, 40, 50)
    assert.equal(ours['count'], all.length)
    assert.equal(ours['large'], all.filter((value) => value >= 500).length)
    assert.equal(ours['lateCount'], late.length)
    assert.equal(ours['min'], all.length === 0 ? 0 : Math.min(...all) + 0)
    assert.equal(ours['max'], short.length === 0 ? -1 : Math.max(...short) + 0)
    assert.ok(close(ours['sum']!, exactSum(all)))
    assert.ok(close(ours['shortSum']!, exactSum(inWindow(samples, nowMs, 0, 7))))
    assert.ok(close(ours['lateSum']!, exactSum(late)))
    assert.ok(close(ours['mean']!, all.length === 0 ? 0 : exactSum(all) / all.length))
    assert.ok(close(ours['lateMean']!, late.length === 0 ? -1 : exactSum(late) / late.length))
  }), { numRuns: 300, seed: testSeed() })
})

test('a late event counts like one in time while its window has not passed', () => {
  const inTime = foldAll([{ timeMs: 1, value: 3 }, { timeMs: 50, value: 4 }, { timeMs: 90, value: 5 }])
  const late = foldAll([{ timeMs: 50, value: 4 }, { timeMs: 90, value: 5 }, { timeMs: 1, value: 3 }])
  assert.deepEqual(spending.values(late), spending.values(inTime))
})

test('a state that went through JSON continues with the same bits', () => {
  let state = spending.empty
  let stored = spending.empty
  for (let i = 0; i < 500; i++) {
    const event = { amount: (i * 7919) % 1000 / 7, time: i * 3 - (i % 5) }
    state = spending.fold(state, event)
    stored = spending.fold(JSON.parse(JSON.stringify(stored)) as FeatureState, event)
    assert.deepEqual(stored, state)
  }
})

test('sums do not drift over many events of very different size', () => {
  let state = spending.empty
  const samples: Sample[] = []
  let seed = 7
  for (let i = 0; i < 300_000; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    const value = i % 1000 === 0 ? 2 ** 39 + (seed % 1024) / 1024 : (seed % 100_000) / 1024
    state = spending.fold(state, { amount: value, time: i * 3 })
    samples.push({ timeMs: i * 3, value })
    if (samples.length > 40) samples.shift()
    if (i % 997 === 0) {
      const ours = named(state)
      assert.ok(close(ours['sum']!, exactSum(inWindow(samples, i * 3, 0, 100))), `event ${i}`)
      assert.ok(close(ours['lateSum']!, exactSum(inWindow(samples, i * 3, 40, 50))), `event ${i}`)
    }
  }
})

test('a full ring lets its oldest sample go and counts it', () => {
  const bounded = features('bounded', 1, Payment, (tx) => ({ sum: sliding('1d').sum(tx.amount), late: delayed(5, 100).count() }), { samplesMax: 3 })
  let state = bounded.empty
  for (const amount of [1, 2, 4, 8, 16]) state = frozen(bounded.fold(state, { amount, time: amount }))
  assert.deepEqual(bounded.values(state), [4 + 8 + 16, 2])
  assert.equal(state.rings[0]!.truncated, 2)
  assert.deepEqual(bounded.values(frozen(bounded.fold(state, { amount: 32, time: 5 }))), [8 + 16 + 32, 2])
  assert.deepEqual(bounded.values(bounded.fold(state, { amount: 32, time: 0 })), [4 + 8 + 16, 2])
})

test('windows of the same expression share one ring and one column', () => {
  assert.equal(spending.empty.rings.length, 1)
  assert.equal(spending.empty.rings[0]!.columns.length, 2)
})
