import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryCache } from '../../../../adapters/memory/cache.ts'
import { parseEntityId } from '../../../../system/protocol/ids.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'

const at = { group: 'app.card', partition: 0, bucket: 3 }
const other = { ...at, bucket: 4 }
const id = parseEntityId('c1') as EntityId
const write = (previous: number, next: number, byte: number, life = 'x') => ({ ...at, life, previous, next, snapshots: [[id, new Uint8Array([byte, byte])]] as const })

async function seen(cache: ReturnType<typeof memoryCache>, address = at): Promise<unknown> {
  const [read] = await cache.load(address.group, address.partition, [{ bucket: address.bucket, ids: [id] }])
  return [read?.life, read?.mark, read?.snapshots[0] && [...read.snapshots[0]]]
}

const NOTHING = [undefined, 0, undefined]

test('a flush or a deletion leaves nothing', async () => {
  const cache = memoryCache()
  await cache.write(write(0, 1, 7))
  cache.flush()
  assert.deepEqual(await seen(cache), NOTHING)
  await cache.write(write(0, 1, 7))
  cache.deleteBucket(at)
  assert.deepEqual(await seen(cache), NOTHING)
})

test('corruption changes one byte of one snapshot and no copy of it', async () => {
  const cache = memoryCache()
  await cache.write(write(0, 1, 7))
  const copy = cache.copy()
  assert.equal(cache.corrupt(at, id, 0.9), true)
  assert.deepEqual(await seen(cache), ['x', 1, [7, 7 ^ 0xa5]])
  assert.equal(cache.corrupt(other, id, 0), false)
  cache.rollBack(copy)
  assert.deepEqual(await seen(cache), ['x', 1, [7, 7]])
})

test('after a roll back the next write in the chain is lost', async () => {
  const cache = memoryCache()
  await cache.write(write(0, 1, 7))
  const copy = cache.copy()
  await cache.write(write(1, 2, 8))
  cache.rollBack(copy)
  assert.deepEqual(await seen(cache), ['x', 1, [7, 7]])
  assert.equal(await cache.write(write(2, 3, 9)), 'lost')
})

test('a dropped write is confirmed, and the one after it is lost', async () => {
  const cache = memoryCache()
  await cache.write(write(0, 1, 7))
  cache.dropWrites(1)
  assert.equal(await cache.write(write(1, 2, 8)), 'applied')
  assert.deepEqual(await seen(cache), ['x', 1, [7, 7]])
  assert.equal(await cache.write(write(2, 3, 9)), 'lost')
})

test('swapped buckets carry their marks and lives with them', async () => {
  const cache = memoryCache()
  await cache.write(write(0, 1, 7))
  await cache.write({ ...write(0, 5, 8, 'y'), bucket: 4 })
  cache.swap(at, other)
  assert.deepEqual([await seen(cache), await seen(cache, other)], [['y', 5, [8, 8]], ['x', 1, [7, 7]]])
  cache.relive(at, 'z')
  assert.deepEqual(await seen(cache), ['z', 5, [8, 8]])
  assert.deepEqual(cache.addresses().map((each) => each.at).sort((a, b) => a.bucket - b.bucket), [at, other])
})

test('an unreachable cache rejects until it is back', async () => {
  const cache = memoryCache()
  cache.unreachable('connection refused')
  await assert.rejects(cache.write(write(0, 1, 7)), /connection refused/)
  cache.unreachable(undefined)
  assert.equal(await cache.write(write(0, 1, 7)), 'applied')
})
