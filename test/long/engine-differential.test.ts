// A million comparisons of the compiled engine with XState's interpreter, and how often the machines met each thing that they are to cover.
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { countLines, scarceFeatures } from '../support/statecharts/counts.ts'
import { compareMany } from '../support/statecharts/many.ts'
import { testSeed } from '../support/seed.ts'

const DISTINCT_MIN = 20_000
/** Two machines may be drawn alike. */
const ENOUGH = { machines: DISTINCT_MIN + 100, comparisons: 1_000_000 }
const FEATURE_SHARE_MIN = 0.02
const MOVED_SHARE_MIN = 0.6
const STATES_ENTERED_MIN = 5

test(`${ENOUGH.comparisons} comparisons over ${DISTINCT_MIN} distinct random machines: both engines answer the same`, async () => {
  const began = performance.now()
  const { counts, differences } = await compareMany(testSeed(), ENOUGH, Math.min(4, availableParallelism()))
  assert.deepEqual(differences, [])
  console.log([`seeds from ${testSeed()} on; ${((performance.now() - began) / 1000).toFixed(0)} s`, ...countLines(counts)].join('\n'))
  assert.ok(counts.comparisons >= ENOUGH.comparisons, `only ${counts.comparisons} comparisons`)
  assert.ok(counts.hashes.size >= DISTINCT_MIN, `only ${counts.hashes.size} machines are distinct`)
  assert.deepEqual(scarceFeatures(counts, FEATURE_SHARE_MIN), [])
  assert.ok(counts.moved >= counts.comparisons * MOVED_SHARE_MIN, `only ${counts.moved} of ${counts.comparisons} took a transition`)
  assert.ok(counts.statesEntered >= counts.machines * STATES_ENTERED_MIN, `only ${counts.statesEntered} states entered by ${counts.machines} machines`)
})
