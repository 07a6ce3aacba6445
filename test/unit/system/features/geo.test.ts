import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StandardSchemaV1 } from '../../../../system/authoring/standard-schema.ts'
import { features } from '../../../../system/features/feature-set.ts'
import { geo, haversineM, isWithinM } from '../../../../system/features/geo.ts'
import { testSeed } from '../../../support/seed.ts'

const Ping = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } } as StandardSchemaV1<unknown, { readonly lat: number; readonly lng: number }>
const replay = features('replay', 1, Ping, (ping) => ({ steps: geo.repeated(ping.lat, ping.lng, { points: 12 }), speed: geo.speed(ping.lat, ping.lng, { points: 3 }) }))

function stepsOf(lngs: readonly number[]): number {
  const state = lngs.reduce((folded, lng, i) => replay.fold(folded, { lat: 52, lng }, i * 1000), replay.empty)
  return replay.values(state)[0]!
}

test('a geofence holds exactly the points within its radius', () => {
  const point = fc.record({ lat: fc.double({ min: -89, max: 89, noNaN: true }), lng: fc.double({ min: -180, max: 180, noNaN: true }), dLat: fc.double({ min: -0.002, max: 0.002, noNaN: true }), dLng: fc.double({ min: -0.002, max: 0.002, noNaN: true }) })
  fc.assert(fc.property(point, fc.integer({ min: 0, max: 200 }), ({ lat, lng, dLat, dLng }, radiusM) => {
    assert.equal(isWithinM(radiusM, lat, lng, lat + dLat, lng + dLng), haversineM(lat, lng, lat + dLat, lng + dLng) <= radiusM)
  }), { numRuns: 500, seed: testSeed() })
  assert.ok(isWithinM(0, 52, 13, 52, 13))
  // On a meridian the edge itself.
  assert.ok(isWithinM(haversineM(52, 13, 52.001, 13), 52, 13, 52.001, 13))
})

test('a track that is played again shows as steps taken before', () => {
  assert.equal(stepsOf([1, 2, 3, 4, 5, 6]), 0)
  assert.equal(stepsOf([1, 2, 3, 4, 1]), 0)
  assert.equal(stepsOf([1, 2, 3, 4, 1, 2]), 1)
  assert.equal(stepsOf([1, 2, 3, 4, 1, 2, 3]), 2)
  assert.equal(stepsOf([1, 2, 3, 4, 3, 2, 1]), 0)
})

test('standing still repeats nothing, also between steps that are repeated', () => {
  assert.equal(stepsOf([1, 1, 1, 1, 1, 1, 1, 1]), 0)
  assert.equal(stepsOf([1, 2, 2, 3, 9, 1, 2, 2, 3]), 2)
})

test('steps that have left the last points are forgotten', () => {
  const far = Array.from({ length: 9 }, (_, i) => 50 + i)
  assert.equal(stepsOf([1, 2, ...far.slice(0, 8), 1, 2]), 1)
  assert.equal(stepsOf([1, 2, ...far, 1, 2]), 0)
})
