// The snapshot cache in Redis keeps to the contract of the port.
import { test } from 'node:test'
import { cacheContract } from '../contract/cache.ts'
import { isolatedCache, SHARED_REDIS, WITHOUT_SHARED_REDIS } from '../support/redis.ts'

if (SHARED_REDIS === undefined) test('the contract of the snapshot cache in Redis', WITHOUT_SHARED_REDIS, () => {})
else {
  const options = { url: SHARED_REDIS }
  cacheContract('redis cache', async () => isolatedCache(options))
}
