// How a worker thread of a tormented process gets the workload: in the process's time, with its death among the probes.
import { memoryCache } from '../../../adapters/memory/cache.ts'
import { redisCache } from '../../../adapters/redis/cache.ts'
import type { SnapshotCache } from '../../../system/ports/cache.ts'
import type { ThreadHooks } from '../../../adapters/node/threads/messages.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import { workloadClock } from './clocks.ts'
import { deadlyProbe } from './deaths.ts'
import type { Fate } from './deaths.ts'
import type { Variant } from './variant.ts'
import { workloadSystem } from './workload.ts'

export interface ThreadArgument {
  readonly variant: Variant
  readonly hasCache: boolean
  readonly redis: string | undefined
  readonly namespace: string
  readonly originMs: number
  readonly fate: Fate
}

/** Redis, or memory. */
export function cacheOf(redis: string | undefined, namespace: string): SnapshotCache {
  return redis === undefined ? memoryCache() : redisCache({ url: redis, prefix: namespace, timeoutMs: 300 })
}

export async function load(argument: unknown): Promise<SystemDefinition> {
  return workloadSystem((argument as ThreadArgument).variant)
}

export function hooks(argument: unknown): ThreadHooks {
  const { hasCache, redis, namespace, originMs, fate } = argument as ThreadArgument
  return { clock: workloadClock(originMs), probe: deadlyProbe(fate), ...(hasCache ? { cache: cacheOf(redis, namespace) } : {}) }
}
