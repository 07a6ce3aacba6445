// A cluster with its states in Redis, and entities that hardly fit into memory: Redis is emptied, killed, paused, slow, full, rolled back to an older
// dump and robbed of keys, and a process dies now and then. The cache costs time and nothing else (I6).
import assert from 'node:assert/strict'
import type { SeededRandom } from '../../adapters/memory/random.ts'
import { runPair } from '../support/chaos/pair.ts'
import { RedisFaults } from '../support/chaos/redis-faults.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { withRedis } from '../support/redis.ts'
import { testSeed } from '../support/seed.ts'
import { serviceTest } from '../support/services.ts'

serviceTest('kafka', 'states in Redis under faults and kills: no invariant is broken', { timeout: 180_000 }, (kafka) => withRedis([], async (server) => {
  const seed = testSeed()
  const faults = new RedisFaults(server)
  const redis = { url: server.url, fail: (random: SeededRandom) => faults.fail(random) }
  const variant = { ...PROCESSING, entityBytesMax: 4000 }
  const { report, kills, redisFaults, namespace } = await runPair({ seed, kafka, variant, runtimes: [process.execPath, process.execPath], workers: 0, kills: 2, zombies: 0, sessionMs: 1000, redis, redisFaults: 14 })
  assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
  console.log(`seed ${seed}: ${redisFaults} faults (${[...faults.counts].map(([kind, times]) => `${kind} ${times}`).join(', ')}) and ${kills} kills; ${report.counts.get('inputs')} inputs, ${report.counts.get('outputs')} outputs judged`)
}))
