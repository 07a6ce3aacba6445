// How a worker thread of a tormented process gets the workload: in the process's time, with its death among the probes.
import { memoryCache } from '../../../adapters/memory/cache.ts'
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
  readonly originMs: number
  readonly fate: Fate
}

export async function load(argument: unknown): Promise<SystemDefinition> {
  return workloadSystem((argument as ThreadArgument).variant)
}

export function hooks(argument: unknown): ThreadHooks {
  const { hasCache, originMs, fate } = argument as ThreadArgument
  return { clock: workloadClock(originMs), probe: deadlyProbe(fate), ...(hasCache ? { cache: memoryCache() } : {}) }
}
