// Two processes share a group on a Kafka cluster. One or the other is killed and starts again, or stands still beyond its session and then goes on as if
// nothing had happened: two owners never both commit, and nothing is lost, doubled or half done.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { runPair } from '../support/chaos/pair.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

serviceTest('kafka', 'two processes of a group: kills and zombies break no invariant', { timeout: 180_000 }, async (kafka) => {
  const seed = testSeed()
  const { report, kills, zombies, namespace } = await runPair({ seed, kafka, variant: PROCESSING, runtimes: [process.execPath, BUN], workers: 0, kills: 3, zombies: 4, sessionMs: 1000 })
  assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
  console.log(`seed ${seed}: ${kills} kills and ${zombies} zombies; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged`)
})
