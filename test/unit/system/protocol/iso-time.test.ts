import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IsoTimes } from '../../../../system/protocol/iso-time.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

const YEAR_0_MS = -62_167_219_200_000
const YEAR_10000_MS = 253_402_300_800_000

test('a moment is written as the platform writes it, whatever was asked before', () => {
  const near = fc.integer({ min: 1_700_000_000_000, max: 1_700_200_000_000 })
  const time = fc.oneof(near, fc.integer({ min: YEAR_0_MS, max: YEAR_10000_MS - 1 }), fc.double({ min: -1e12, max: 1e12, noNaN: true }))
  const times = new IsoTimes()
  fc.assert(fc.property(time, (timeMs) => assert.equal(utf8Decode(times.encode(timeMs)), new Date(timeMs).toISOString())), { seed: testSeed(), numRuns: 2000 })
})

test('years outside 0 to 9999 are plain milliseconds', () => {
  for (const timeMs of [YEAR_10000_MS, YEAR_0_MS - 1, 1e300]) assert.equal(utf8Decode(new IsoTimes().encode(timeMs)), String(timeMs))
  for (const timeMs of [YEAR_10000_MS - 1, YEAR_0_MS, -1, 0]) assert.equal(utf8Decode(new IsoTimes().encode(timeMs)), new Date(timeMs).toISOString())
})
