// Two nodes over one log; partitions move between them at random, old owners do not always notice, commits end badly: nothing is lost or doubled.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import { Moves } from '../support/chaos/moves.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 2

for (const plain of [PROCESSING, EVENT]) {
  test(`partitions that move between two owners keep every promise, ${plain.time} time`, async () => {
    const variant = { ...plain, refusals: true }
    for (let run = 0; run < RUNS; run += 1) {
      const seed = testSeed() + run
      const moves = new Moves()
      const { dump, simulatedMs } = await runCluster({
        seed, variant, inputs: 1200, nodes: 2, batchRecordsMax: 15,
        prepared: (cluster) => moves.prepare(cluster),
        between: (cluster) => moves.step(cluster),
      })
      const report = check(dump, { variant, isFinished: true })
      assert.equal(report.text(), '', `seed ${seed}`)
      const { told, untold, faults } = moves.counts
      console.log(`seed ${seed}: ${told + untold} moves (${untold} unnoticed), ${[...faults].map(([name, times]) => `${times} ${name}`).join(', ')}, ${report.counts.get('leases')} leases, ${report.counts.get('batches')} batches, ${report.counts.get('outputs')} outputs, ${Math.round(simulatedMs)} simulated ms`)
      assert.ok(untold > 0 && faults.size === 4)
    }
  })
}
