// Writes of any size: pieces inside the scripts, requests, staging.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REQUEST_BYTES_MAX } from '../../adapters/redis/requests.ts'
import { SCRIPTS } from '../../adapters/redis/scripts.ts'
import type { SnapshotCache } from '../../system/ports/cache.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { AT, CARD, idOf, manySnapshots, seen, writeOf } from '../support/buckets.ts'
import { HAS_REDIS_SERVER, until, withRedis, WITHOUT_REDIS_SERVER } from '../support/redis.ts'

const OPTIONS = HAS_REDIS_SERVER ? {} : WITHOUT_REDIS_SERVER
/** Of these tests: machines are slow at times, and nothing here is about time. */
const TIMEOUT_MS = 20_000

async function assertHolds(cache: SnapshotCache, mark: number, expected: readonly (readonly [EntityId, Uint8Array])[]): Promise<void> {
  const content = await cache.readAll(AT)
  assert.equal(content.mark, mark)
  const found = new Map(content.snapshots)
  assert.equal(found.size, expected.length)
  for (const [id, bytes] of expected) assert.ok(Buffer.from(bytes).equals(found.get(id) ?? new Uint8Array()), id)
  const [read] = await cache.load(AT.group, AT.partition, [{ bucket: AT.bucket, ids: expected.map(([id]) => id) }])
  assert.ok(read?.snapshots.every((bytes, index) => bytes !== undefined && Buffer.from(bytes).equals(expected[index]?.[1] ?? new Uint8Array())))
}

test('around the pieces that a script takes: every snapshot is kept, and every one removed', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache({ timeoutMs: TIMEOUT_MS })
  let mark = 0
  for (const count of [0, 1, 999, 1000, 1001, 1999, 2000, 2001, 4000, 4001]) {
    const snapshots = manySnapshots(count, 3)
    await cache.write({ ...writeOf(mark, mark + 1, 0), snapshots })
    await assertHolds(cache, mark + 1, snapshots)
    await cache.write({ ...writeOf(mark + 1, mark + 2, 0), snapshots: snapshots.map(([id]) => [id, null] as const) })
    await assertHolds(cache, mark + 2, [])
    mark += 2
  }
}))

for (const [bytes, way] of [[20, 'at once'], [500, 'staged']] as const) {
  test(`50,000 snapshots of ${bytes} bytes in one write (${way}), changed, removed and replaced`, OPTIONS, () => withRedis([], async (server) => {
    const cache = server.cache({ timeoutMs: TIMEOUT_MS })
    const snapshots = manySnapshots(50_000, bytes)
    assert.equal(snapshots.length * (bytes + 38) > REQUEST_BYTES_MAX, way === 'staged')
    assert.equal(await cache.write({ ...writeOf(0, 1, 0), snapshots }), 'applied')
    await assertHolds(cache, 1, snapshots)
    const repeated = await cache.write({ ...writeOf(0, 1, 0), snapshots })
    const changed = snapshots.map(([id, value], index) => [id, index % 2 === 0 ? null : value.map((byte) => byte ^ 0xff)] as const)
    assert.deepEqual([repeated, await cache.write({ ...writeOf(1, 2, 0), snapshots: changed })], ['ignored', 'applied'])
    await assertHolds(cache, 2, changed.flatMap(([id, value]) => (value === null ? [] : [[id, value] as const])))
    await cache.replace({ ...writeOf(0, 5, 0), snapshots })
    await assertHolds(cache, 5, snapshots)
    assert.equal(await cache.write({ ...writeOf(6, 7, 0), snapshots }), 'lost')
    assert.equal(await server.admin.dbsize(), 0)
    }))
}

test('a write of more than one request from mark 0 of nothing, with bytes of every value and ids of every kind', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache({ timeoutMs: TIMEOUT_MS })
  const all = Uint8Array.from({ length: 1 << 20 }, (_, index) => index)
  const snapshots = ['life', 'mark', '+', '-', '+life', '-mark', '__proto__', '0', 'ü', '{x}', 'x'.repeat(256)].map((text) => [idOf(text), all] as const)
  assert.equal(await cache.write({ ...writeOf(0, 1, 0), snapshots }), 'applied')
  await assertHolds(cache, 1, snapshots)
  assert.equal(await cache.write({ ...writeOf(1, 2, 0), snapshots: snapshots.map(([id], index) => [id, index < 3 ? null : all] as const) }), 'applied')
  await assertHolds(cache, 2, snapshots.slice(3))
}))

test('of one entity twice in one write the last counts', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  await cache.write({ ...writeOf(0, 1, 0), snapshots: [[CARD, new Uint8Array([1])], [CARD, null], [CARD, new Uint8Array([2])]] })
  assert.deepEqual(await seen(cache), [1, 2])
  await cache.replace({ ...writeOf(0, 2, 0), snapshots: [[CARD, new Uint8Array([1])], [CARD, null]] })
  assert.deepEqual(await seen(cache), [2, undefined])
}))

test('what was staged counts only when it is whole, and is gone after a while when nobody takes it', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  await cache.write(writeOf(0, 1, 7))
  const [bucket = ''] = await server.admin.keys('*')
  const client = server.admin
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script)
  const staging = `${bucket}/staging/1`
  await client.statelogStage([staging, '60000', '+a', 'x', '+b', 'y'])
  await client.del(staging)
  await client.statelogStage([staging, '60000', '+c', 'z'])
  await assert.rejects(client.statelogSwap([bucket, staging, 'life-1', '5', '3']), /STAGING/)
  await client.statelogStage([staging, '60000', '+c', 'z'])
  await assert.rejects(client.statelogMerge([bucket, staging, 'life-1', '1', '2', '3']), /STAGING/)
  assert.deepEqual(await seen(cache), [1, 7])
  await client.statelogStage([staging, '20', '+c', 'z'])
  await until(async () => (await client.exists(staging)) === 0)
  // What is taken stays: the time to live was the staging key's.
  await client.statelogStage([staging, '60000', '+c1', 'z'])
  await client.statelogSwap([bucket, staging, 'life-1', '5', '1'])
  assert.equal(await client.ttl(bucket), -1)
  assert.deepEqual(await seen(cache), [5, 'z'.charCodeAt(0)])
}))

for (const [way, count, bytes] of [['a write', 20, 100], ['a staged write', 40, 200_000], ['a replacement', 40, 200_000]] as const) {
  test(`${way} is never seen in part: every snapshot is of the mark (K3, K4)`, OPTIONS, () => withRedis([], async (server) => {
    const [cache, reader] = [server.cache({ timeoutMs: TIMEOUT_MS }), server.cache({ timeoutMs: TIMEOUT_MS })]
    const ids = manySnapshots(count, 0).map(([id]) => id)
    const states = new Set<number>()
    let isOver = false
    const read = async (): Promise<void> => {
      while (!isOver) {
        const [read] = await reader.load(AT.group, AT.partition, [{ bucket: AT.bucket, ids }])
        assert.deepEqual(new Set(read?.snapshots.map((found) => found?.[0] ?? 0)), new Set([read?.mark]))
        states.add(read?.mark ?? 0)
      }
    }
    const reads = [read(), read()]
    for (let mark = 1; mark <= (way === 'a write' ? 200 : 5); mark += 1) {
      const write = { ...writeOf(mark - 1, mark, 0), snapshots: ids.map((id) => [id, new Uint8Array(bytes).fill(mark)] as const) }
      if (way === 'a replacement') await cache.replace(write)
      else assert.equal(await cache.write(write), 'applied')
    }
    isOver = true
    await Promise.all(reads)
    assert.ok(states.size > 2, `${states.size}`)
  }))
}

test('a head that is damaged makes a bucket nothing, and a key of another kind is healed by a rebuild', OPTIONS, () => withRedis([], async (server) => {
  const cache = server.cache()
  await cache.write(writeOf(0, 1, 7))
  const [key = ''] = await server.admin.keys('*')
  for (const [field, value] of [['mark', 'x'], ['mark', '-1'], ['mark', '1e3'], ['mark', undefined], ['life', undefined]] as const) {
    await cache.replace(writeOf(0, 1, 7))
    if (value === undefined) await server.admin.hdel(key, field)
    else await server.admin.hset(key, field, value)
    assert.deepEqual([await seen(cache), (await cache.readAll(AT)).snapshots], [[0, undefined], []])
    assert.equal(await cache.write(writeOf(1, 2, 8)), 'lost')
    assert.equal(await server.admin.exists(key), 0)
  }
  await server.admin.hset(key, '+c1', 'left over')
  assert.equal(await cache.write(writeOf(0, 1, 7)), 'applied')
  await server.admin.set(key, 'of somebody else')
  await assert.rejects(cache.write(writeOf(1, 2, 8)), { code: 'redis/foreign-key' })
  await cache.replace(writeOf(0, 2, 8))
  assert.deepEqual(await seen(cache), [2, 8])
}))
