import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { decay, delayed, features, lastN, sliding } from '../../../../adapters/node/statelog.ts'
import { featuresOf } from '../../../../system/inspect/features.ts'
import { numbersOf } from '../../../../system/inspect/numbers.ts'

const HOUR_MS = 3_600_000
const Tx = z.object({ type: z.literal('tx'), amount: z.number() })
const Label = z.object({ type: z.literal('label'), bad: z.number() })

const set = features('spent', 3, { tx: Tx, label: Label }, ({ tx, label }) => ({
  sum: sliding('1h').sum(tx.amount),
  relative: tx.amount.over(sliding('1h').mean(tx.amount)),
  risk: delayed('1h', '1h').mean(label.bad),
  recent: lastN(2).of(tx.amount).max(),
  faded: decay('1h').sum(tx.amount),
  points: decay([{ on: tx.amount.atLeast(3), factor: 0.5, gain: 1 }]),
}))

const folded = [5, 2, 3, 4, 8, 1, 9].reduce((state, amount, at) => set.fold(state, { type: 'tx', amount }, at * HOUR_MS / 6), set.empty)
const state = set.fold(folded, { type: 'label', bad: 1 }, 1)

test('features are named and valued as a filter of the list reads them', () => {
  const [report, ...others] = featuresOf({ deep: { spending: state }, n: 1 })
  assert.deepEqual(others, [])
  assert.ok(report !== undefined)
  const { path, features: told, ...head } = report
  assert.deepEqual(head, { set: 'spent', version: 3, hash: set.hash, seen: 8, newestMs: HOUR_MS })
  assert.deepEqual({ ...Object.fromEntries(told.map(({ name, value }) => [`${path}.${name}`, value])), n: 1 }, numbersOf({ deep: { spending: state }, n: 1 }))
})

test('each feature names the events that its state still tells of, and no others', () => {
  const [report] = featuresOf({ spending: state })
  const from = Object.fromEntries(report?.features.map((feature) => [feature.name, feature.from]) ?? [])
  const at = (nth: number): number => nth * HOUR_MS / 6
  const hour = { made: 'window', kind: 'tx', events: 6, afterMs: 0, untilMs: HOUR_MS, timesMs: [at(6), at(5), at(4), at(3), at(2)], leftEarly: 0 }
  assert.deepEqual(from, {
    sum: [hour],
    relative: [{ made: 'arrival', kind: 'tx' }, hour],
    risk: [{ made: 'window', kind: 'label', events: 0, afterMs: -HOUR_MS, untilMs: 0, timesMs: [], leftEarly: 0 }],
    recent: [{ made: 'last', kind: 'tx', events: 2, eventsMax: 2, timesMs: [at(6), at(5)] }],
    faded: [{ made: 'half-life', kind: 'tx', halfLifeMs: HOUR_MS, newestMs: HOUR_MS }],
    points: [{ made: 'counter', kinds: ['tx'] }],
  })
})

test('a set without events, one of another definition, and one whose values are none, say so', () => {
  const [none] = featuresOf({ spending: set.empty })
  assert.deepEqual([none?.seen, none?.newestMs, none?.features.length, none?.features.flatMap(({ from }) => from)], [0, undefined, 6, []])
  assert.deepEqual(featuresOf({ spending: { ...state, of: 'another' } }), [])
  const [broken] = featuresOf({ spending: { ...state, counters: [Infinity] } })
  assert.deepEqual(broken?.features, [])
  assert.match(broken?.reason ?? '', /spent\.points: is Infinity/)
  for (const nothing of [undefined, null, 3, 'x', [state]]) assert.deepEqual(featuresOf(nothing), [])
})
