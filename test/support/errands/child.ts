// A process that owns the errands on a cluster until it is killed.
// Environment: STATELOG_ERRANDS = JSON of `ErrandsTask`. Prints the key of each task that it starts, a line each.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { cacheOf } from '../chaos/thread-system.ts'
import { errands } from './errands.ts'

export interface ErrandsTask {
  readonly kafka: KafkaMedium
  /** Undefined: states are cached in the memory of the process. */
  readonly redis: string | undefined
  /** Its clock is ahead of the machine's, ms. */
  readonly aheadMs: number
  /** Its tasks never end. */
  readonly hangs: boolean
}

const SESSION_MS = 1000

const { kafka, redis, aheadMs, hangs } = JSON.parse(process.env['STATELOG_ERRANDS'] ?? '{}') as ErrandsTask
const fetch = async (key: string): Promise<string> => {
  process.stdout.write(`${key}\n`)
  if (hangs) await new Promise(() => {})
  return `fetched for ${key}`
}

const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
const log = await openCluster(kafka, systemClock, { sessionMs: SESSION_MS })
const cache = cacheOf(redis, kafka.namespace)
const node = new StatelogNode({ system: errands(fetch), log, codec: cborCodec, clock, random: systemRandom, telemetry: silentTelemetry, models: new Map(), settings: {}, cache })
await node.start()
