import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { features } from '../../../../system/features/feature-set.ts'
import { decay, lastN } from '../../../../system/features/folds.ts'
import { geo, haversineM } from '../../../../system/features/geo.ts'
import { testSeed } from '../../../support/seed.ts'
import { frozen, schemaOf } from './samples-of.ts'

interface Ping { readonly lat: number; readonly lng: number }
const Ping = schemaOf<Ping>()
const Amount = schemaOf<{ readonly amount: number }>()

test('a half-life sum halves in that time, for events in any order', () => {
  const set = features('decay', 1, Amount, (tx) => ({ sum: decay('10s').sum(tx.amount), count: decay('10s').count(tx.amount.above(2)) }))
  const inTime = [[0, 8], [10_000, 4], [20_000, 2]] as const
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0]]) {
    let state = set.empty
    for (const i of order) state = frozen(set.fold(state, { amount: inTime[i]![1] }, inTime[i]![0]))
    assert.deepEqual(set.values(state), [2 + 2 + 2, 0.25 + 0.5])
    assert.deepEqual(set.values(state, 30_000), [3, 0.375])
  }
})

test('a half-life sum holds for events before 1970', () => {
  const set = features('decay', 1, Amount, (tx) => ({ sum: decay(10).sum(tx.amount) }))
  assert.deepEqual(set.values(set.fold(set.empty, { amount: 8 }, -100)), [8])
  assert.deepEqual(set.values(set.fold(set.empty, { amount: 8 }, -100), -90), [4])
})

test('a counter decays by event: interest in a category after purchases and views', () => {
  const kinds = { purchase: schemaOf<{ readonly category: string }>(), view: schemaOf<{ readonly category: string }>() }
  const set = features('interest', 1, kinds, ({ purchase, view }) => ({
    books: decay([
      { on: purchase.category.equals('books'), factor: 0.9, gain: 1 },
      { on: view.category.equals('books'), factor: 0.95, gain: 0.3 },
    ]),
    any: decay([{ on: purchase, factor: 0.5, gain: 1 }]),
  }))
  let state = set.empty
  state = frozen(set.fold(state, { type: 'view', category: 'books' }, 0))
  state = frozen(set.fold(state, { type: 'purchase', category: 'books' }, 1))
  state = frozen(set.fold(state, { type: 'purchase', category: 'films' }, 2))
  assert.deepEqual(set.values(state), [0.3 * 0.9 + 1, 1.5])
})

test('last-n equals its definition for events in any order', () => {
  const set = features('last', 1, Amount, (tx) => {
    const last = lastN(4).of(tx.amount)
    return { mean: last.mean(), min: last.min(), max: last.max(), first: last.first(), last: last.last({ whenEmpty: -1 }), shorter: lastN(2).of(tx.amount).mean() }
  })
  assert.deepEqual(set.values(set.empty), [0, 0, 0, 0, -1, 0])
  fc.assert(fc.property(fc.array(fc.record({ timeMs: fc.nat(20), value: fc.integer({ min: -50, max: 50 }) }), { minLength: 1, maxLength: 25 }), (arrived) => {
    let state = set.empty
    for (const { timeMs, value } of arrived) state = frozen(set.fold(state, { amount: value }, timeMs))
    // A stable sort keeps the order of arrival among equal times.
    const last = arrived.toSorted((a, b) => a.timeMs - b.timeMs).slice(-4).map(({ value }) => value)
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length + 0
    assert.deepEqual(set.values(state), [mean(last), Math.min(...last) + 0, Math.max(...last) + 0, last[0]! + 0, last.at(-1)! + 0, mean(last.slice(-2))])
  }), { numRuns: 300, seed: testSeed() })
})

test('the haversine agrees with known distances', () => {
  // A degree along a meridian is R x pi / 180.
  assert.ok(Math.abs(haversineM(0, 0, 1, 0) - 111_195.0802) < 1e-3)
  // Paris to London, 343.5 km on this sphere.
  assert.ok(Math.abs(haversineM(48.8566, 2.3522, 51.5074, -0.1278) - 343_556.5) < 100)
  assert.equal(haversineM(10, 20, 10, 20), 0)
  assert.ok(Math.abs(haversineM(0, 0, 0, 180) - Math.PI * 6_371_008.8) < 1e-6)
  assert.ok(Math.abs(haversineM(0, 179.5, 0, -179.5) - 111_195.0802) < 1e-3)
})

const rider = features('rider', 1, Ping, (ping) => ({
  step: geo.distance(ping.lat, ping.lng),
  way: geo.distance(ping.lat, ping.lng, { points: 10 }),
  speed: geo.speed(ping.lat, ping.lng, { points: 10 }),
  toCentre: geo.between(ping.lat, ping.lng, 0, 0),
}))

test('speed is the way along the last ten pings over their time', () => {
  let state = rider.empty
  assert.deepEqual(rider.values(state), [0, 0, 0, 0])
  for (let i = 0; i < 30; i++) state = frozen(rider.fold(state, { lat: 0, lng: i * 0.001 }, i * 5000))
  const [step, way, speed, toCentre] = rider.values(state)
  const stepM = haversineM(0, 0, 0, 0.001)
  assert.ok(Math.abs(step! - stepM) < 1e-6)
  assert.ok(Math.abs(way! - 9 * stepM) < 1e-6)
  assert.ok(Math.abs(speed! - stepM / 5) < 1e-9)
  assert.ok(Math.abs(toCentre! - 29 * stepM) < 1e-6)
})

test('a track equals its definition for pings in any order; two pings at one instant have no speed', () => {
  const ping = fc.record({ timeMs: fc.nat(40), lat: fc.integer({ min: -80, max: 80 }), lng: fc.integer({ min: -180, max: 180 }) })
  fc.assert(fc.property(fc.array(ping, { minLength: 1, maxLength: 25 }), (arrived) => {
    let state = rider.empty
    for (const { timeMs, lat, lng } of arrived) state = frozen(rider.fold(state, { lat, lng }, timeMs))
    const last = arrived.toSorted((a, b) => a.timeMs - b.timeMs).slice(-10)
    let metres = 0
    for (let i = 1; i < last.length; i++) metres += haversineM(last[i - 1]!.lat, last[i - 1]!.lng, last[i]!.lat, last[i]!.lng)
    const seconds = (last.at(-1)!.timeMs - last[0]!.timeMs) / 1000
    assert.deepEqual(rider.values(state).slice(1, 3), [metres, seconds === 0 ? 0 : metres / seconds])
  }), { numRuns: 200, seed: testSeed() })
})
