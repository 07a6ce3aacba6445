// Random machines on the real runtime, with restarts, faults and passivation, come to what a plain fold comes to. The long tier runs 10,000.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOnce, countLines } from '../support/runs/run.ts'
import { runMany } from '../support/runs/many.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 200
/** One run again, by the number that a failure names. */
const again = process.env['STATELOG_RUN']

test(`${again === undefined ? RUNS : 1} runs of random machines end with the states and outputs of a plain fold`, async () => {
  if (again !== undefined) return runOnce(Number(again), new Map())
  const { counts, failures } = await runMany(testSeed(), RUNS)
  assert.deepEqual(failures, [])
  console.log(countLines(counts).join('\n'))
})
