// 10,000 random machines on the real runtime against a plain fold, and how often the runs met each thing that they are to cover.
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { runMany } from '../support/runs/many.ts'
import { countLines } from '../support/runs/run.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 10_000
const EACH_MIN = 500
/** What every 10,000 runs must have met, as the counts call it. */
const COVERED = [
  'emit', 'tell', 'schedule', 'after taken', 'timer fired', 'cancel', 'infer', 'find', 'activation', 'table down', 'task', 'task done', 'stopTask', 'reply', 'log', 'raise',
  'step in parallel', 'history kept', 'always taken', 'restart orderly', 'restart crash', 'restart cut', 'fault lost', 'fault applied', 'fault fenced',
  'drop duplicate', 'drop stale-task', 'drop stopped', 'class schema', 'class action', 'class timeout', 'command answered', 'expired',
]

test(`${RUNS} runs of random machines end with the states and outputs of a plain fold`, async () => {
  const { counts, failures } = await runMany(testSeed(), RUNS, Math.min(4, availableParallelism()))
  assert.deepEqual(failures, [])
  console.log(countLines(counts).join('\n'))
  const scarce = COVERED.filter((what) => (counts.get(what) ?? 0) < EACH_MIN).map((what) => `${what}: ${counts.get(what) ?? 0}`)
  assert.deepEqual(scarce, [], `each at least ${EACH_MIN} times`)
})
