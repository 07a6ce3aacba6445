// A process that is killed at named points and at random moments, and starts again: nothing is lost, doubled, reordered or half done.
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { run, table } from '../support/chaos/harness.ts'
import { pointsOf } from '../support/chaos/points.ts'
import type { KillPoint } from '../support/chaos/points.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

test('kills at named points and at random moments break no invariant', { timeout: 180_000 }, async () => {
  const tally = new Map<KillPoint, number>()
  const plans = [
    { variant: PROCESSING, runtime: process.execPath, hasCache: true, kills: 10 },
    { variant: EVENT, runtime: process.execPath, hasCache: true, kills: 8 },
    { variant: EVENT, runtime: BUN, hasCache: false, kills: 4 },
  ]
  for (const [index, plan] of plans.entries()) {
    const seed = testSeed() + index
    const { report, deaths, starts, missed } = await run({ ...plan, seed, tally })
    assert.equal(report.text(), '', `seed ${seed}: killed at ${deaths.join(', ')}`)
    assert.equal(deaths.length, plan.kills, `missed: ${missed.join(', ')}`)
    console.log(`seed ${seed}, ${basename(plan.runtime)}, ${plan.variant.time} time: ${deaths.length} kills in ${starts} starts; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
  }
  console.log(`kills by point\n${table(tally, pointsOf(true))}`)
})
