// Two processes share a group on a Kafka cluster by kafkajs. One or the other is killed and starts again, or stands still beyond its session and then goes on as if
// nothing had happened: two owners never both commit, and nothing is lost, doubled or half done.
import assert from 'node:assert/strict'
import { runPair } from '../support/chaos/pair.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

serviceTest('kafka', 'two processes of a group with kafkajs: kills and zombies break no invariant', { timeout: 180_000 }, async (kafka) => {
  const seed = testSeed()
  const { report, kills, zombies, namespace } = await runPair({ seed, kafka, client: 'kafkajs', variant: PROCESSING, runtimes: [process.execPath, process.execPath], workers: 0, kills: 1, zombies: 2, sessionMs: 1000 })
  assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
  console.log(`seed ${seed}: ${kills} kills and ${zombies} zombies; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
})
