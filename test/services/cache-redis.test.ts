// The snapshot cache in Redis keeps to the contract of the port.
import { after, test } from 'node:test'
import { cacheContract } from '../contract/cache.ts'
import { IsolatedCaches, SHARED_REDIS, WITHOUT_SHARED_REDIS } from '../support/redis.ts'

if (SHARED_REDIS === undefined) test('the contract of the snapshot cache in Redis', WITHOUT_SHARED_REDIS, () => {})
else {
  const options = { url: SHARED_REDIS }
  const caches = new IsolatedCaches()
  after(() => caches.close())
  cacheContract('redis cache', async () => caches.create(options))
}
