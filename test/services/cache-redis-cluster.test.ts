// The snapshot cache in a Redis Cluster: the contract, slots that move, a master that dies.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bucketKey } from '../../adapters/redis/keys.ts'
import { cacheContract } from '../contract/cache.ts'
import { AT, codeOf, manySnapshots, NOTHING, seen, writeOf } from '../support/buckets.ts'
import { HAS_REDIS_SERVER, IsolatedCaches, PAGE_RIGHTS, until, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import { master, RedisCluster, withRedisCluster } from '../support/redis-cluster.ts'

const OPTIONS = HAS_REDIS_SERVER ? {} : WITHOUT_REDIS_SERVER

if (HAS_REDIS_SERVER) {
  const servers: RedisServer[] = []
  const cluster = new RedisCluster(servers)
  before(async () => {
    for (let index = 0; index < 3; index += 1) servers.push(await master())
    await cluster.start()
  })
  const caches = new IsolatedCaches()
  after(() => caches.close())
  after(() => cluster.stop())
  cacheContract('redis cluster cache', async () => caches.create({ url: cluster.url, timeoutMs: 5000 }))
}

test('one load reads buckets of all masters, and writes of any size go to one slot each', OPTIONS, () => withRedisCluster(async (cluster) => {
  const cache = cluster.cache({ timeoutMs: 5000 })
  const buckets = Array.from({ length: 64 }, (_, bucket) => bucket)
  const snapshots = manySnapshots(3, 10)
  await Promise.all(buckets.map(async (bucket) => assert.equal(await cache.write({ ...writeOf(0, bucket + 1, 0, bucket), snapshots }), 'applied')))
  const reads = await cache.load(AT.group, AT.partition, buckets.map((bucket) => ({ bucket, ids: snapshots.map(([id]) => id) })))
  assert.deepEqual(reads.map(({ bucket, mark, snapshots: found }) => [bucket, mark, found.map((bytes) => bytes?.[0])]), buckets.map((bucket) => [bucket, bucket + 1, [0, 1, 2]]))
  for (const { admin } of cluster.servers) assert.ok((await admin.dbsize()) > 5)
  const large = manySnapshots(100, 100_000)
  assert.equal(await cache.write({ ...writeOf(1, 2, 0, 0), snapshots: large }), 'applied')
  await cache.replace({ ...writeOf(0, 9, 0, 1), snapshots: large })
  for (const bucket of [0, 1]) assert.ok((await cache.readAll({ ...AT, bucket })).snapshots.length >= large.length)
}))

test('a bucket whose slot has moved is found where it is; without its master calls reject in time, and the others go on', OPTIONS, () => withRedisCluster(async (cluster) => {
  const told: string[] = []
  const timeoutMs = 1000
  const cache = cluster.cache({ timeoutMs, onState: (message) => told.push(message) })
  assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
  const { slot, owner, other } = await cluster.owners(bucketKey('statelog:', AT))
  const id = String(await other.admin.call('CLUSTER', 'MYID'))
  await owner.admin.flushall()
  for (const { admin } of [other, owner, ...cluster.servers]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', id)
  assert.deepEqual(await seen(cache), NOTHING)
  assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
  assert.deepEqual(await seen(cache), [1, 7])

  await other.kill()
  const startMs = performance.now()
  const codes = new Set<unknown>()
  for (let call = 0; call < 5; call += 1) codes.add(await codeOf(cache.write(writeOf(1, 2, 8))))
  assert.ok([...codes].every((code) => code === 'redis/unreachable' || code === 'redis/timeout' || code === 'redis/cluster-down'), [...codes].join())
  assert.ok(performance.now() - startMs < 5 * (timeoutMs + 200))
  await other.start()
  await until(async () => typeof (await codeOf(seen(cache))) !== 'string', 30_000)
  assert.deepEqual(await seen(cache), NOTHING)
}))

test('a node of a Cluster that is taken for a single Redis says what to set', OPTIONS, () => withRedisCluster(async (cluster) => {
  const { other } = await cluster.owners(bucketKey('statelog:', AT))
  const cache = other.cache()
  for (const code of [await codeOf(cache.write(writeOf(0, 1, 7))), await codeOf(seen(cache)), await codeOf(cache.replace(writeOf(0, 1, 7)))]) assert.equal(code, 'redis/cluster')
}))

test('on a Cluster too a user with the rights of the page, and no other, can do everything', OPTIONS, () => withRedisCluster(async (cluster) => {
  for (const { admin } of cluster.servers) await admin.call('ACL', 'SETUSER', 'statelog', 'on', '>secret', ...PAGE_RIGHTS, '+cluster|slots', '+cluster|info')
  const cache = cluster.cache({ url: cluster.url.replaceAll('redis://', 'redis://statelog:secret@'), timeoutMs: 5000 })
  for (let bucket = 0; bucket < 8; bucket += 1) {
    await cache.replace(writeOf(0, 1, 7, bucket))
    assert.equal(await cache.write(writeOf(1, 2, 8, bucket)), 'applied')
    assert.deepEqual(await seen(cache, bucket), [2, 8])
  }
  const stranger = cluster.cache({ url: cluster.url.replaceAll('redis://', 'redis://statelog:wrong@') })
  assert.equal(await codeOf(seen(stranger)), 'redis/password')
}))
