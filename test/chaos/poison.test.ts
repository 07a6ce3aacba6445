// Bad records go to the dead letters, each once, under the right class; the good ones are what they are without them (I8).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPoison } from '../support/chaos/poison-run.ts'
import { testSeed } from '../support/seed.ts'

test('of 5,000 records a tenth is bad: each is a dead letter of its class, and the rest is as if they were not there', async () => {
  const run = await runPoison(testSeed(), 5000, true)
  assert.deepEqual(run.letters, run.made)
  assert.deepEqual(run.faults, [])
  assert.equal(run.letterBytesMax, 64 * 1024)
  assert.deepEqual([...run.letters.keys()], ['decode', 'guard', 'key', 'schema', 'semantic', 'size'])
  assert.deepEqual(run.outputs, (await runPoison(testSeed(), 5000, false)).outputs)
})
