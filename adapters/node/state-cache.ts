// State cache: what a runtime keeps snapshots in whose log cannot be read by key: Redis where one is named, else its own memory.
import { OperationError } from '../../system/protocol/failures.ts'
import type { SnapshotCache } from '../../system/ports/cache.ts'
import type { Log } from '../../system/ports/log.ts'
import { memoryCache } from '../memory/cache.ts'

/** Plain data: each thread connects for itself. */
export interface StateCache {
  /** `redis://host:6379`, see adapters/redis. */
  readonly url: string
  /** What all keys begin with. */
  readonly prefix: string
}

/** Loads the client while something else is waited for. What goes wrong is said by who opens it. */
export function expectStateCache(cache: StateCache | undefined): void {
  if (cache !== undefined) void import('../redis/cache.ts').catch(() => undefined)
}

/** Undefined: the log is read by key. In memory every state that was stored since the start is kept, however many there are. Throws OperationError where the Redis client is not installed. */
export async function openStateCache(log: Log, cache: StateCache | undefined, notice: (message: string) => void): Promise<SnapshotCache | undefined> {
  if (log.keyed !== undefined) return undefined
  if (cache === undefined) return memoryCache()
  const { redisCache } = await import('../redis/cache.ts').catch((thrown: unknown) => {
    if (!/Cannot find (package|module) 'ioredis'/.test(String(thrown))) throw thrown
    throw new OperationError('redis/package', `Redis needs the package 'ioredis', which is not installed. Install it: npm install ioredis@6`)
  })
  return redisCache({ ...cache, onState: notice })
}
