// What happens to a Redis happens to the cache in it: buckets are lost, calls reject in time, and it is well again by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AT, codeOf, NOTHING, seen, writeOf } from '../support/buckets.ts'
import { HAS_REDIS_SERVER, freePort, RedisServer, until, withRedis, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import { DelayingProxy } from '../support/delaying-proxy.ts'

const OPTIONS = HAS_REDIS_SERVER ? {} : WITHOUT_REDIS_SERVER
const TIMEOUT_MS = 200
/** Of a rejection that needs nothing from Redis. */
const PROMPT_MS = 100

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work.catch(() => {})
  return performance.now() - startMs
}

test('a flush leaves nothing, and the next write of the chain loses the bucket', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
  await server.admin.flushall()
  assert.deepEqual(await seen(cache), NOTHING)
  assert.equal(await cache.write(writeOf(1, 2, 8)), 'lost')
}))

test('scripts that were flushed are sent again', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  for (let mark = 0; mark < 5; mark += 1) {
    assert.equal(await cache.write(writeOf(mark, mark + 1, mark)), 'applied')
    await server.admin.script('FLUSH')
  }
  await cache.replace({ ...AT, life: 'life-1', next: 9, snapshots: [] })
  assert.deepEqual(await seen(cache), [9, undefined])
}))

test('killed, it rejects at once; started again it is empty and takes writes; each change is told once', OPTIONS, () => withRedis([], async (server) => {
  const told: string[] = []
  const cache = server.cache({ timeoutMs: TIMEOUT_MS, onState: (message) => told.push(message) })
  await cache.write(writeOf(0, 1, 7))
  await server.kill()
  await until(async () => (await codeOf(seen(cache))) === 'redis/unreachable')
  for (let call = 0; call < 50; call += 1) assert.equal(await codeOf(cache.write(writeOf(1, 2, 8))), 'redis/unreachable')
  assert.ok(await elapsedMs(seen(cache)) < PROMPT_MS)
  await server.start()
  await until(async () => (await codeOf(cache.readAll(AT))) !== 'redis/unreachable')
  assert.deepEqual(await seen(cache), NOTHING)
  assert.equal(await cache.write(writeOf(0, 3, 9)), 'applied')
  assert.deepEqual(told.map((line) => /: it answers again$/.test(line)), [false, true], told.join('\n'))
}))

test('with a Redis that is not there yet calls reject until it comes', OPTIONS, async () => {
  const server = new RedisServer(await freePort(), [])
  const cache = server.cache({ timeoutMs: TIMEOUT_MS })
  assert.equal(await codeOf(cache.write(writeOf(0, 1, 7))), 'redis/unreachable')
  await server.start()
  await until(async () => (await codeOf(cache.write(writeOf(0, 1, 7)))) !== 'redis/unreachable')
  assert.deepEqual(await seen(cache), [1, 7])
  await server.stop()
})

test('hanging, it is waited for once and then rejects at once; closing does not wait; after it goes on all is as it was', OPTIONS, () => withRedis([], async (server) => {
  const told: string[] = []
  const cache = server.cache({ timeoutMs: TIMEOUT_MS, onState: (message) => told.push(message) })
  const another = server.cache({ timeoutMs: TIMEOUT_MS })
  await Promise.all([cache.write(writeOf(0, 1, 7)), seen(another)])
  server.pause()
  const waitedMs = await elapsedMs(cache.write(writeOf(1, 2, 8)))
  assert.ok(waitedMs >= TIMEOUT_MS - 5 && waitedMs < 5 * TIMEOUT_MS, `${waitedMs}`)
  assert.equal(await codeOf(another.readAll(AT)), 'redis/timeout')
  await until(async () => (await elapsedMs(seen(cache))) < PROMPT_MS)
  assert.ok(await elapsedMs(another.close()) < 500)
  server.goOn()
  await until(async () => typeof (await codeOf(seen(cache))) !== 'string')
  // The write that was given up on came late, or not: K5 decides by the mark.
  const [mark, byte] = await seen(cache)
  assert.deepEqual([mark, byte], mark === 1 ? [1, 7] : [2, 8])
  assert.ok(told.length <= 4, told.join('\n'))
}))

test('a connection on which a hanging Redis says nothing is cut, and what is under way ended for want of time', OPTIONS, () => withRedis([], async (server) => {
  const told: string[] = []
  const cache = server.cache({ timeoutMs: TIMEOUT_MS, onState: (message) => told.push(message) })
  await cache.write(writeOf(0, 1, 7))
  server.pause()
  const early = codeOf(seen(cache))
  // So that the second call has its time yet when the connection is cut.
  const fromMs = performance.now()
  while (performance.now() - fromMs < 1.5 * TIMEOUT_MS);
  assert.deepEqual(await Promise.all([early, codeOf(seen(cache))]), ['redis/timeout', 'redis/timeout'])
  await until(async () => (await elapsedMs(seen(cache))) < PROMPT_MS)
  assert.equal(await codeOf(seen(cache)), 'redis/timeout')
  assert.equal(told.length, 1, told.join('\n'))
  server.goOn()
  await until(async () => typeof (await codeOf(seen(cache))) !== 'string')
}))

test('what a hanging Redis does not take is refused above a bound', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache({ timeoutMs: TIMEOUT_MS })
  await cache.write(writeOf(0, 1, 7))
  server.pause()
  const big = new Uint8Array(4_000_000)
  const codes = await Promise.all(Array.from({ length: 20 }, (_, bucket) => codeOf(cache.write({ ...writeOf(0, 1, 7, bucket), snapshots: writeOf(0, 1, 7).snapshots.map(([id]) => [id, big] as const) }))))
  assert.deepEqual(new Set(codes), new Set(['redis/timeout', 'redis/behind']))
  assert.equal(codes.filter((code) => code === 'redis/behind').length, 4)
}))

test('an answer that comes late is nobody\'s: the next call gets its own', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  for (const bucket of [1, 2]) await cache.write(writeOf(0, bucket, bucket, bucket))
  const proxy = await DelayingProxy.start(server.port)
  const far = server.cache({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: TIMEOUT_MS })
  assert.deepEqual(await seen(far, 1), [1, 1])
  proxy.hold()
  assert.equal(await codeOf(seen(far, 1)), 'redis/timeout')
  const next = seen(far, 2)
  proxy.letGo()
  assert.deepEqual(await next, [2, 2])
  assert.equal(proxy.connections, 1)
  await far.close()
  await proxy.stop()
}))

test('without memory writes are refused with a cure, reads go on, and each is told once', OPTIONS, () => withRedis(['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'], async (server) => {
  const told: string[] = []
  const cache = server.cache({ onState: (message) => told.push(message) })
  const snapshots = [[writeOf(0, 1, 0).snapshots[0]?.[0] ?? assert.fail(), new Uint8Array(200_000).fill(5)]] as const
  const codes: unknown[] = []
  for (let bucket = 0; bucket < 40; bucket += 1) {
    codes.push(await codeOf(cache.write({ ...writeOf(0, 1, 0, bucket), snapshots })))
    await seen(cache, 0)
  }
  assert.deepEqual(new Set(codes), new Set(['applied', 'redis/memory']))
  // Refused is wholly refused, also where a bucket stood before.
  assert.equal(await codeOf(cache.write({ ...writeOf(1, 2, 0, 0), snapshots })), 'redis/memory')
  assert.deepEqual(await seen(cache, 0), [1, 5])
  assert.equal(await codeOf(cache.replace({ ...writeOf(0, 9, 0, 0), snapshots })), 'redis/memory')
  assert.deepEqual(await seen(cache, 0), [1, 5])
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /maxmemory-policy allkeys-lru/)
  await server.admin.config('SET', 'maxmemory', '100mb')
  assert.equal(await codeOf(cache.write({ ...writeOf(1, 2, 0, 0), snapshots })), 'applied')
  assert.match(told[1] ?? '', /takes writes again/)
}))

test('an evicted bucket is nothing or whole, never a part', OPTIONS, () => withRedis(['--maxmemory', '4mb', '--maxmemory-policy', 'allkeys-lru'], async (server) => {
  const cache = server.cache()
  const buckets = Array.from({ length: 100 }, (_, bucket) => bucket)
  const [card] = writeOf(0, 1, 0).snapshots[0] ?? assert.fail()
  for (const bucket of buckets) assert.equal(await cache.write({ ...writeOf(0, 1, 0, bucket), snapshots: [[card, new Uint8Array(50_000).fill(bucket)]] }), 'applied')
  const reads = await cache.load(AT.group, AT.partition, buckets.map((bucket) => ({ bucket, ids: [card] })))
  const kinds = reads.map(({ bucket, mark, snapshots }) => (mark === 1 && snapshots[0]?.[0] === bucket ? 'whole' : mark === 0 && snapshots[0] === undefined ? 'nothing' : 'part'))
  assert.deepEqual(new Set(kinds), new Set(['whole', 'nothing']))
  for (const [bucket, kind] of kinds.entries()) {
    if (kind === 'nothing') assert.notEqual(await cache.write(writeOf(1, 2, 9, bucket)), 'applied')
  }
}))

test('started again from an older dump, a bucket stands at its older mark, and the next write loses it', OPTIONS, () => withRedis(['--enable-debug-command', 'yes'], async (server) => {
  const cache = server.cache({ timeoutMs: TIMEOUT_MS })
  await cache.write(writeOf(0, 1, 7))
  await server.admin.save()
  await cache.write(writeOf(1, 2, 8))
  await server.admin.call('DEBUG', 'RELOAD', 'NOSAVE')
  assert.deepEqual(await seen(cache), [1, 7])
  await cache.write(writeOf(1, 2, 8))
  await server.kill()
  await server.start()
  await until(async () => (await codeOf(cache.readAll(AT))) !== 'redis/unreachable')
  assert.deepEqual(await seen(cache), [1, 7])
  assert.equal(await cache.write(writeOf(2, 3, 9)), 'lost')
  assert.deepEqual(await seen(cache), NOTHING)
}))

test('a replica takes no writes and says so; made the master it takes them', OPTIONS, () => withRedis(['--repl-diskless-sync-delay', '0'], async (master) => withRedis(['--replicaof', '127.0.0.1', String(master.port)], async (replica) => {
  const [onMaster, onReplica] = [master.cache(), replica.cache()]
  await onMaster.write(writeOf(0, 1, 7))
  await until(async () => (await replica.admin.dbsize()) === 1)
  await until(async () => typeof (await codeOf(onReplica.readAll(AT))) !== 'string')
  assert.deepEqual(await seen(onReplica), [1, 7])
  assert.equal(await codeOf(onReplica.write(writeOf(1, 2, 8))), 'redis/read-only')
  await replica.admin.call('REPLICAOF', 'NO', 'ONE')
  await until(async () => (await codeOf(onReplica.write(writeOf(1, 2, 8)))) === 'applied')
})))

test('a closed cache rejects', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  await cache.close()
  await cache.close()
  assert.equal(await codeOf(cache.readAll(AT)), 'redis/closed')
}))
