// The same as test/chaos/poison.test.ts with 100,000 records, counts printed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPoison } from '../support/chaos/poison-run.ts'
import { testSeed } from '../support/seed.ts'

const RECORDS = 100_000

test('of 100,000 records a tenth is bad: each is a dead letter of its class, and the rest is as if they were not there', { timeout: 300_000 }, async () => {
  const startedMs = performance.now()
  const run = await runPoison(testSeed(), RECORDS, true)
  assert.deepEqual(run.letters, run.made)
  assert.deepEqual(run.faults, [])
  const clean = await runPoison(testSeed(), RECORDS, false)
  assert.equal(clean.letters.size, 0)
  assert.deepEqual(run.outputs, clean.outputs)
  const outputs = [...run.outputs.values()].reduce((sum, list) => sum + list.length, 0)
  console.log(`${RECORDS} records: dead letters ${[...run.letters].map(([name, times]) => `${name} ${times}`).join(', ')}; ${outputs} outputs equal; ${Math.round(performance.now() - startedMs)} ms`)
})
