// The snapshot cache in Redis and in Valkey keeps to the contract of the port.
import { after, before, test } from 'node:test'
import { cacheContract } from '../contract/cache.ts'
import { freePort, IsolatedCaches, LACKS_VALKEY, RedisServer, SERVER_PROGRAMS, SHARED_REDIS, WITHOUT_SHARED_REDIS, WITHOUT_VALKEY_SERVER } from '../support/redis.ts'

const caches = new IsolatedCaches()
after(() => caches.close())

if (SHARED_REDIS === undefined) test('the contract of the snapshot cache in Redis', WITHOUT_SHARED_REDIS, () => {})
else {
  const options = { url: SHARED_REDIS }
  cacheContract('redis cache', async () => caches.create(options))
}

if (LACKS_VALKEY) test('the contract of the snapshot cache in Valkey', WITHOUT_VALKEY_SERVER, () => {})
for (const program of SERVER_PROGRAMS.filter(({ name }) => name === 'valkey')) {
  const starting = freePort().then((port) => new RedisServer(port, [], { program }))
  before(async () => (await starting).start())
  after(async () => (await starting).stop())
  cacheContract('valkey cache', async () => caches.create({ url: (await starting).url }))
}
