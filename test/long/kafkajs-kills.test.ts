// The same deaths on the other client: nothing is lost, doubled, reordered or half done. kafkajs does not know a process by name across its lives: what it
// had is missed for a session.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { run } from '../support/chaos/harness.ts'
import { timesOf } from '../support/chaos/recoveries.ts'
import { Tally } from '../support/chaos/tally.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

serviceTest('kafka', 'deaths of processes and threads break no invariant with kafkajs', { timeout: 180_000 }, async (kafka) => {
  const tally = new Tally()
  const plans = [
    { variant: PROCESSING, workers: 0, kills: 4, terminations: 0 },
    { variant: EVENT, workers: 2, kills: 2, terminations: 2 },
  ]
  for (const [index, plan] of plans.entries()) {
    const seed = testSeed() + index
    const { report, deaths, starts, stalls } = await run({ ...plan, seed, tally, kafka, client: 'kafkajs', sessionMs: 2000, hasCache: true, runtime: process.execPath })
    const died = deaths.map(({ victim, point }) => `${victim} ${point}`).join(', ')
    assert.equal(report.text(), '', `seed ${seed}: ${died}`)
    assert.equal(deaths.length, plan.kills + plan.terminations, `seed ${seed}: ${died}`)
    console.log(`seed ${seed}, ${basename(process.execPath)}, ${plan.variant.time} time, ${plan.workers} workers: ${plan.kills} kills and ${plan.terminations} terminations in ${starts} starts, ${stalls.length} stalls; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
  }
  console.log(`from the start of a process until every partition is at work: ${timesOf(tally.recoveries.process)}\nfrom the death of a thread until every partition is at work: ${timesOf(tally.recoveries.thread)}`)
})
