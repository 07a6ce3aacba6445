import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../../../adapters/memory/random.ts'

test('equal seeds give equal sequences on every runtime', () => {
  const random = new SeededRandom(42)
  assert.deepEqual(Array.from({ length: 4 }, () => random.uint32()), [1251167922, 656401615, 478193053, 3278332503])
})

test('seeds that differ in one bit, low or high, differ at once', () => {
  const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 52].map((seed) => new SeededRandom(seed).next())
  assert.equal(new Set(firsts).size, firsts.length)
})

test('draws are in [0, 1) and evenly spread', () => {
  const random = new SeededRandom(7)
  const counts = new Array<number>(10).fill(0)
  for (let draw = 0; draw < 100_000; draw += 1) {
    const value = random.next()
    assert.ok(value >= 0 && value < 1)
    const at = Math.floor(value * 10)
    counts[at] = (counts[at] ?? 0) + 1
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts))
})

test('whole numbers between two bounds include both', () => {
  const random = new SeededRandom(1)
  const seen = new Set(Array.from({ length: 200 }, () => random.between(-1, 2)))
  assert.deepEqual([...seen].sort(), [-1, 0, 1, 2])
})

test('UUIDs are of version 4 and differ', () => {
  const random = new SeededRandom(3)
  const uuids = Array.from({ length: 100 }, () => random.uuid())
  for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(uuids).size, 100)
})
