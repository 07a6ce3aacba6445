// A process that is killed at named points and at random moments, and starts again; worker threads of it that end and are replaced: nothing is
// lost, doubled, reordered or half done.
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { run } from '../support/chaos/harness.ts'
import { timesOf } from '../support/chaos/recoveries.ts'
import { Tally } from '../support/chaos/tally.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

test('deaths of processes and threads at named points and at random moments break no invariant', { timeout: 180_000 }, async () => {
  const tally = new Tally()
  const plans = [
    { variant: PROCESSING, runtime: process.execPath, hasCache: true, workers: 2, kills: 5, terminations: 4 },
    { variant: EVENT, runtime: BUN, hasCache: false, workers: 2, kills: 3, terminations: 4 },
    { variant: EVENT, runtime: process.execPath, hasCache: true, workers: 0, kills: 8, terminations: 0 },
    { variant: PROCESSING, runtime: BUN, hasCache: false, workers: 0, kills: 4, terminations: 0 },
  ]
  for (const [index, plan] of plans.entries()) {
    const seed = testSeed() + index
    const { report, deaths, starts, stalls } = await run({ ...plan, seed, tally })
    const died = deaths.map(({ victim, point }) => `${victim} ${point}`).join(', ')
    assert.equal(report.text(), '', `seed ${seed}: ${died}`)
    assert.equal(deaths.length, plan.kills + plan.terminations, `seed ${seed}: ${died}`)
    console.log(`seed ${seed}, ${basename(plan.runtime)}, ${plan.variant.time} time, ${plan.workers} workers: ${plan.kills} kills and ${plan.terminations} terminations in ${starts} starts, ${stalls.length} stalls; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
  }
  console.log(`deaths by point\n${tally.table()}\nfrom the start of a process until every partition is at work: ${timesOf(tally.recoveries.process)}\nfrom the death of a thread until every partition is at work: ${timesOf(tally.recoveries.thread)}`)
})
