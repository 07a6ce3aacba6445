// A process on a Kafka cluster that is killed at named points and at random moments, and worker threads of it that end: nothing is lost, doubled,
// reordered or half done.
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { run } from '../support/chaos/harness.ts'
import { timesOf } from '../support/chaos/recoveries.ts'
import { Tally } from '../support/chaos/tally.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

serviceTest('kafka', 'deaths of processes and threads on a cluster break no invariant', { timeout: 180_000 }, async (kafka) => {
  const tally = new Tally()
  const plans = [
    { runtime: process.execPath, variant: PROCESSING, workers: 2, kills: 4, terminations: 3 },
    { runtime: BUN, variant: EVENT, workers: 0, kills: 6, terminations: 0 },
  ]
  // Most of the time of a run is waiting for sessions to end.
  await Promise.all(plans.map(async (plan, index) => {
    const seed = testSeed() + index
    const { report, deaths, starts, stalls } = await run({ ...plan, seed, tally, kafka, hasCache: true })
    const died = deaths.map(({ victim, point }) => `${victim} ${point}`).join(', ')
    assert.equal(report.text(), '', `seed ${seed}: ${died}`)
    assert.equal(deaths.length, plan.kills + plan.terminations, `seed ${seed}: ${died}`)
    console.log(`seed ${seed}, ${basename(plan.runtime)}, ${plan.variant.time} time, ${plan.workers} workers: ${plan.kills} kills and ${plan.terminations} terminations in ${starts} starts, ${stalls.length} stalls; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
  }))
  console.log(`deaths by point\n${tally.table()}\nfrom the start of a process until every partition is at work: ${timesOf(tally.recoveries.process)}\nfrom the death of a thread until every partition is at work: ${timesOf(tally.recoveries.thread)}`)
})
