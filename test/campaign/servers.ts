// Servers: what one run runs against: a cluster with its data in the run's folder, and a Redis; and what befalls them.
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import type { Broker } from '../../adapters/services/kafka.ts'
import { kcatMissing } from '../support/chaos/kcat.ts'
import { RedisFaults } from '../support/chaos/redis-faults.ts'
import { freePort, HAS_REDIS_SERVER, RedisServer, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import type { Diary } from './diary.ts'

/** Of brokers: longer than their own session, so that their partitions move. */
const DOWN_MS = [500, 6000] as const
/** Until the others' copies are whole again. */
const WHOLE_MS = [9000, 14_000] as const
const REDIS_GAP_MS = [4000, 12_000] as const

/** Why a campaign cannot run here; undefined: it can. */
export function campaignMissing(): string | undefined {
  return kafkaMissing() ?? kcatMissing() ?? (HAS_REDIS_SERVER ? undefined : WITHOUT_REDIS_SERVER.skip)
}

export class Servers {
  readonly brokers: readonly Broker[]
  readonly redis: RedisServer

  private constructor(brokers: readonly Broker[], redis: RedisServer) {
    this.brokers = brokers
    this.redis = redis
  }

  /** They do not hear the keyboard of this process. */
  static async start(folder: string, brokers: 1 | 3): Promise<Servers> {
    const redis = new RedisServer(await freePort(), [], { isApart: true })
    await redis.start()
    try {
      return new Servers(await startKafka({ folder: join(folder, 'kafka'), port: 0, brokers, detached: true }), redis)
    } catch (thrown) {
      await redis.stop()
      throw thrown
    }
  }

  get addresses(): string {
    return this.brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  }

  async stop(): Promise<void> {
    await Promise.all([stopKafka(this.brokers), this.redis.stop()])
  }

  /** One broker at a time, until `over`: then all of them run. */
  async killBrokers(seed: number, diary: Diary, over: AbortSignal): Promise<void> {
    const random = new SeededRandom(seed)
    for (;;) {
      await soon(random.between(...WHOLE_MS), over)
      if (over.aborted) return
      const at = random.between(0, this.brokers.length - 1)
      const broker = this.brokers[at]
      broker?.kill()
      diary.brokerKills += 1
      diary.note(`broker ${at + 1} is killed`)
      const gone = diary.recovery('broker')
      await soon(random.between(...DOWN_MS), over)
      await broker?.restart()
      diary.note(`broker ${at + 1} is back`)
      await gone
    }
  }

  async failRedis(seed: number, diary: Diary, over: AbortSignal): Promise<void> {
    const random = new SeededRandom(seed)
    const faults = new RedisFaults(this.redis)
    for (;;) {
      await soon(random.between(...REDIS_GAP_MS), over)
      if (over.aborted) return
      const kind = await faults.fail(random)
      diary.count(diary.redisFaults, kind)
      diary.note(`Redis: ${kind}`)
    }
  }
}

/** After so long, or when it is over. */
function soon(ms: number, over: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal: over }).catch(() => {})
}
