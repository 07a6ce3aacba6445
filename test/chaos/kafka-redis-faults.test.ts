// A cluster with its states in Redis, and entities that hardly fit into memory: Redis is emptied, killed, paused, rolled back to an older dump and robbed
// of keys, and a process dies now and then. The cache costs time and nothing else (I6).
import assert from 'node:assert/strict'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../../adapters/memory/random.ts'
import { runPair } from '../support/chaos/pair.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { withRedis } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import { testSeed } from '../support/seed.ts'
import { serviceTest } from '../support/services.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What befell it, by kind. */
class Faults {
  readonly counts = new Map<string, number>()
  readonly #server: RedisServer

  constructor(server: RedisServer) {
    this.#server = server
  }

  async fail(random: SeededRandom): Promise<void> {
    const kinds = ['flushed', 'killed', 'paused', 'rolled back', 'robbed', 'full'] as const
    const kind = kinds[random.between(0, kinds.length - 1)] ?? 'flushed'
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    const { admin } = this.#server
    switch (kind) {
      case 'flushed': return void await admin.flushall()
      case 'killed': return this.#restart()
      case 'paused': {
        this.#server.pause()
        await pause(500)
        return this.#server.goOn()
      }
      case 'rolled back': return this.#rollBack()
      case 'robbed': {
        for (const key of await admin.keys('*')) if (random.next() < 0.3) await admin.del(key)
        return
      }
      case 'full': {
        await admin.config('SET', 'maxmemory', '1mb')
        await pause(400)
        return void await admin.config('SET', 'maxmemory', '0')
      }
    }
  }

  async #restart(): Promise<void> {
    await this.#server.kill()
    await pause(200)
    await this.#server.start()
  }

  /** What was written since the dump is gone, as when a stale replica takes over. */
  async #rollBack(): Promise<void> {
    const { admin, folder } = this.#server
    await admin.save()
    const dump = join(folder, 'dump.rdb')
    if (existsSync(dump)) copyFileSync(dump, join(folder, 'older.rdb'))
    await pause(300)
    await this.#server.kill()
    if (existsSync(join(folder, 'older.rdb'))) copyFileSync(join(folder, 'older.rdb'), dump)
    await this.#server.start()
  }
}

serviceTest('kafka', 'states in Redis under faults and kills: no invariant is broken', { timeout: 180_000 }, (kafka) => withRedis([], async (server) => {
  const seed = testSeed()
  const faults = new Faults(server)
  const redis = { url: server.url, fail: (random: SeededRandom) => faults.fail(random) }
  const variant = { ...PROCESSING, entityBytesMax: 4000 }
  const { report, kills, redisFaults, namespace } = await runPair({ seed, kafka, variant, runtimes: [process.execPath, process.execPath], workers: 0, kills: 2, zombies: 0, sessionMs: 1000, redis, redisFaults: 14 })
  assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
  console.log(`seed ${seed}: ${redisFaults} faults (${[...faults.counts].map(([kind, times]) => `${kind} ${times}`).join(', ')}) and ${kills} kills; ${report.counts.get('inputs')} inputs, ${report.counts.get('outputs')} outputs judged`)
}))
