import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DefinitionError } from '../../../../system/protocol/failures.ts'
import { FeatureError } from '../../../../system/features/failure.ts'
import { features } from '../../../../system/features/feature-set.ts'
import { decay, lastN, sliding } from '../../../../system/features/folds.ts'
import { field } from '../../../../system/features/view.ts'
import { frozen, schemaOf } from './samples-of.ts'

interface Payment { readonly amount: number; readonly category: string; readonly isOnline: boolean; readonly place: { readonly lat: number; readonly time: number }; readonly tip?: number | undefined; readonly note: string | null }
const Payment = schemaOf<Payment>()
const Label = schemaOf<{ readonly fraud: 0 | 1 }>()

const payment: Payment = { amount: 20, category: 'books', isOnline: true, place: { lat: 52, time: 3 }, note: null }
const at = (iso: string): number => Date.parse(iso)

test('plain expressions describe the current event in UTC', () => {
  const set = features('payment', 1, Payment, (tx) => ({
    amount: tx.amount,
    isOnline: tx.isOnline,
    lat: tx.place.lat,
    nested: field(tx.place, 'time'),
    isBooks: tx.category.equals('books'),
    isMedia: tx.category.oneOf('films', 'books'),
    hour: tx.time.hour(),
    minute: tx.time.minuteOfDay(),
    day: tx.time.dayOfWeek(),
    weekend: tx.time.isWeekend(),
    night: tx.time.hour().atMost(6),
    offlineOrNight: tx.isOnline.not().or(tx.time.hour().atMost(6)),
    tip: tx.tip.orElse(1).over(tx.amount),
    noted: tx.note.orElse('').equals('').not(),
  }))
  const value = (name: string, iso: string): number => set.values(set.fold(set.empty, payment, at(iso)))[set.names.indexOf(name)]!
  const sunday = '2018-04-01T06:59:59.999Z'
  const monday = '2018-04-02T07:00:00Z'
  assert.deepEqual(set.values(set.fold(set.empty, payment, at(sunday))), [20, 1, 52, 3, 1, 1, 6, 419, 0, 1, 1, 1, 0.05, 0])
  assert.deepEqual([value('hour', monday), value('day', monday), value('weekend', monday), value('night', monday)], [7, 1, 0, 0])
  assert.equal(value('weekend', '2018-03-31T23:59:59Z'), 1)
  assert.deepEqual([value('hour', '1969-12-31T23:30:00Z'), value('day', '1969-12-31T23:30:00Z')], [23, 3])
})

test('features combine into features, and with the current event', () => {
  const set = features('ratios', 1, Payment, (tx) => {
    const mean = sliding('1h').mean(tx.amount)
    return { mean, relative: tx.amount.over(mean), double: mean.times(2).minus(1), isHigh: tx.amount.above(mean) }
  })
  let state = set.fold(set.empty, { ...payment, amount: 10 }, 0)
  state = set.fold(state, { ...payment, amount: 30 }, 1000)
  assert.deepEqual(set.values(state), [20, 1.5, 39, 1])
  assert.deepEqual(set.values(set.empty), [0, 0, -1, 0])
})

test('a set over several kinds folds each event by its type', () => {
  const set = features('terminal-risk', 1, { payment: Payment, label: Label }, ({ payment: tx, label }) => ({
    payments: sliding(100).count(tx),
    labels: sliding(100).count(label),
    risk: sliding(100).mean(label.fraud),
    amount: tx.amount,
    both: tx.amount.plus(label.fraud),
  }))
  let state = set.fold(set.empty, { type: 'payment', ...payment }, 0)
  state = frozen(set.fold(state, { type: 'label', fraud: 1 }, 10))
  state = frozen(set.fold(state, { type: 'label', fraud: 0 }, 20))
  assert.deepEqual(set.values(state), [1, 2, 0.5, 20, 20])
  state = frozen(set.fold(state, { type: 'payment', ...payment, amount: 7 }, 110))
  assert.deepEqual(set.values(state), [1, 1, 0, 7, 7])
  assert.throws(() => set.fold(state, { type: 'other', ...payment } as never, 120), FeatureError)
})

test('the event time is event.time unless given', () => {
  const set = features('hours', 1, Payment, (tx) => ({ hour: tx.time.hour() }))
  assert.deepEqual(set.values(set.fold(set.empty, { ...payment, time: at('2018-04-01T05:00:00Z') } as Payment)), [5])
  assert.throws(() => set.fold(set.empty, payment), /hours: the event has no event time/)
  assert.throws(() => set.fold(set.empty, payment, NaN), FeatureError)
})

test('a payload with a field called time keeps both', () => {
  const Clocked = schemaOf<{ readonly time: number }>()
  const set = features('clocked', 1, Clocked, (tx) => ({ eventTime: tx.time, own: field(tx, 'time') }))
  assert.deepEqual(set.values(set.fold(set.empty, { time: 5 }, 9)), [9, 5])
})

test('a missing or unfit field is an error that names it, and the state stays usable', () => {
  const set = features('payment', 1, Payment, (tx) => ({ mean: sliding('1d').mean(tx.amount), lat: tx.place.lat, books: tx.category.equals('books') }))
  const state = set.fold(set.empty, payment, 0)
  const before = JSON.stringify(state)
  for (const wrong of [{ amount: undefined }, { amount: NaN }, { amount: '20' }, { amount: Infinity }, { place: null }, { category: 3 }]) {
    assert.throws(() => set.fold(state, { ...payment, ...wrong } as unknown as Payment, 1), FeatureError)
  }
  assert.throws(() => set.fold(state, { ...payment, amount: undefined } as unknown as Payment, 1), /payment: amount is missing/)
  assert.equal(JSON.stringify(state), before)
})

test('values that are not finite are errors', () => {
  const set = features('sums', 1, Payment, (tx) => ({ sum: sliding(10).sum(tx.amount), square: sliding(10).sum(tx.amount).times(sliding(10).sum(tx.amount)) }))
  const state = set.fold(set.empty, { ...payment, amount: 1e200 }, 0)
  assert.throws(() => set.vector(state), /sums\.square: is Infinity/)
  assert.throws(() => set.fold(set.fold(set.empty, { ...payment, amount: 1.7e308 }, 0), { ...payment, amount: 1.7e308 }, 0), FeatureError)
})

test('the hash is over what is computed: it follows names, windows and version, and nothing else', () => {
  const make = (version: number, window: number, name = 'count'): string =>
    features('set', version, Payment, () => ({ [name]: sliding(window).count() })).hash
  assert.equal(make(1, 10), make(1, 10))
  assert.equal(new Set([make(1, 10), make(2, 10), make(1, 11), make(1, 10, 'n')]).size, 4)
  assert.match(make(1, 10), /^[0-9a-f]{64}$/)
  const golden = features('set', 1, Payment, (tx) => ({ count: sliding('1d').count(), mean: sliding('1d').mean(tx.amount), night: tx.time.hour().atMost(6) }))
  assert.equal(golden.hash, '31fc48d3d32360c639f85c6a035b9e73f2eb383a805729ff122a704e8379712a')
})

test('a vector carries its set, version and hash', () => {
  const set = features('set', 3, Payment, (tx) => ({ amount: tx.amount }))
  assert.deepEqual(set.vector(set.empty), { set: 'set', version: 3, hash: set.hash, values: [0] })
})

test('a state of another definition is refused', () => {
  const one = features('set', 1, Payment, (tx) => ({ amount: tx.amount }))
  const two = features('set', 2, Payment, (tx) => ({ amount: tx.amount }))
  assert.throws(() => two.fold(one.empty, payment, 0), /another definition/)
  assert.throws(() => two.vector(one.empty), FeatureError)
})

test('lists become numbered features, newest first', () => {
  const set = features('lists', 1, Payment, (tx) => ({ last: lastN(3).of(tx.amount).values({ whenEmpty: -1 }) }))
  assert.deepEqual(set.names, ['last.0', 'last.1', 'last.2'])
  const state = set.fold(set.fold(set.empty, { ...payment, amount: 1 }, 1), { ...payment, amount: 2 }, 2)
  assert.deepEqual(set.values(state), [2, 1, -1])
})

test('definitions that cannot run are refused by name', () => {
  const kinds = { payment: Payment, label: Label }
  const refused = (define: () => unknown, reason: RegExp): void => {
    assert.throws(define, (error) => error instanceof DefinitionError && reason.test(error.message))
  }
  refused(() => features('Bad Name', 1, Payment, (tx) => ({ a: tx.amount })), /feature set's name/)
  refused(() => features('set', 0, Payment, (tx) => ({ a: tx.amount })), /version 0/)
  refused(() => features('set', 1, Payment, () => ({})), /has 0 features/)
  refused(() => features('set', 1, Payment, (tx) => ({ '1a': tx.amount })), /no feature name/)
  refused(() => features('set', 1, Payment, () => ({ a: 3 as never })), /set\.a: is no feature/)
  refused(() => features('set', 1, kinds, () => ({ a: sliding(1).count() })), /which event/)
  refused(() => features('set', 1, kinds, ({ payment: tx, label }) => ({ a: sliding(1).mean(tx.amount.plus(label.fraud)) })), /reads payment and label at once/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: sliding(1).mean(sliding(2).mean(tx.amount)) })), /a fold inside a fold/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: sliding('1 day' as never).mean(tx.amount) })), /is no duration/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: sliding('0s').mean(tx.amount) })), /at least 1/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: lastN(0).of(tx.amount).last() })), /outside 1\.\.1000/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: tx.amount.plus(NaN) })), /expected a finite number/)
  refused(() => features('set', 1, Payment, (tx) => ({ a: decay([{ on: tx, factor: NaN, gain: 1 }]) })), /not a finite number/)
})
