// What every snapshot cache keeps to: K1-K4, stated one by one and against a plain model.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../support/seed.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import type { BucketWrite, SnapshotCache } from '../../system/ports/cache.ts'

const idOf = (text: string): EntityId => {
  const id = parseEntityId(text)
  assert.ok(id !== undefined)
  return id
}

const A = idOf('a')
const B = idOf('b')

function write(previous: number, next: number, snapshots: BucketWrite['snapshots'], life = 'life-1'): BucketWrite {
  return { group: 'app.card', partition: 2, bucket: 5, life, previous, next, snapshots }
}

async function stored(cache: SnapshotCache, ids: readonly EntityId[] = [A, B]): Promise<{ life: string | undefined; mark: number; snapshots: (number[] | undefined)[] }> {
  const [read] = await cache.load('app.card', 2, [{ bucket: 5, ids }])
  assert.ok(read !== undefined)
  return { life: read.life, mark: read.mark, snapshots: read.snapshots.map((bytes) => bytes && [...bytes]) }
}

const NOTHING = { life: undefined, mark: 0, snapshots: [undefined, undefined] }

export function cacheContract(name: string, create: () => Promise<SnapshotCache>): void {
  marks(name, create)
  reads(name, create)
  test(`${name}: behaves like the plain model under random writes (K1-K4)`, () => againstModel(create))
}

function marks(name: string, create: () => Promise<SnapshotCache>): void {
  test(`${name}: K1 a chain of writes from mark 0 is applied`, async () => {
    const cache = await create()
    assert.equal(await cache.write(write(0, 3, [[A, new Uint8Array([1])]])), 'applied')
    assert.equal(await cache.write(write(3, 7, [[B, new Uint8Array([2, 3])]])), 'applied')
    assert.deepEqual(await stored(cache), { life: 'life-1', mark: 7, snapshots: [[1], [2, 3]] })
    await cache.close()
  })

  test(`${name}: K2 a repeat is ignored and changes nothing`, async () => {
    const cache = await create()
    await cache.write(write(0, 3, [[A, new Uint8Array([1])]]))
    await cache.write(write(3, 7, [[A, new Uint8Array([2])]]))
    assert.equal(await cache.write(write(0, 3, [[A, new Uint8Array([1])]])), 'ignored')
    assert.equal(await cache.write(write(3, 7, [[A, new Uint8Array([9])]])), 'ignored')
    assert.deepEqual((await stored(cache, [A])), { life: 'life-1', mark: 7, snapshots: [[2]] })
    await cache.close()
  })

  test(`${name}: K2 a write whose previous mark is missing loses the bucket`, async () => {
    const cache = await create()
    assert.equal(await cache.write(write(4, 7, [[A, new Uint8Array([1])]])), 'lost')
    await cache.write(write(0, 3, [[A, new Uint8Array([1])]]))
    assert.equal(await cache.write(write(4, 7, [[A, new Uint8Array([2])]])), 'lost')
    assert.deepEqual(await stored(cache), NOTHING)
    await cache.close()
  })

  test(`${name}: K2 a write of another life loses the bucket, even from mark 0`, async () => {
    const cache = await create()
    await cache.write(write(0, 3, [[A, new Uint8Array([1])]]))
    assert.equal(await cache.write(write(3, 7, [[A, new Uint8Array([2])]], 'life-2')), 'lost')
    assert.deepEqual(await stored(cache), NOTHING)
    await cache.write(write(0, 3, [[A, new Uint8Array([1])]]))
    assert.equal(await cache.write(write(0, 2, [[A, new Uint8Array([2])]], 'life-2')), 'lost')
    assert.equal(await cache.write(write(0, 2, [[A, new Uint8Array([2])]], 'life-2')), 'applied')
    assert.deepEqual(await stored(cache, [A]), { life: 'life-2', mark: 2, snapshots: [[2]] })
    await cache.close()
  })

  test(`${name}: a replaced bucket holds exactly what was given, at the mark that was given`, async () => {
    const cache = await create()
    await cache.write(write(0, 3, [[A, new Uint8Array([1])]]))
    await cache.replace({ group: 'app.card', partition: 2, bucket: 5, life: 'life-2', next: 9, snapshots: [[B, new Uint8Array([4])]] })
    assert.deepEqual(await stored(cache), { life: 'life-2', mark: 9, snapshots: [undefined, [4]] })
    assert.equal(await cache.write(write(9, 10, [[B, null]], 'life-2')), 'applied')
    assert.deepEqual(await stored(cache), { life: 'life-2', mark: 10, snapshots: [undefined, undefined] })
    await cache.close()
  })
}

function reads(name: string, create: () => Promise<SnapshotCache>): void {
  test(`${name}: null removes a snapshot, zero bytes are a snapshot`, async () => {
    const cache = await create()
    await cache.write(write(0, 1, [[A, new Uint8Array([1])], [B, new Uint8Array(0)]]))
    await cache.write(write(1, 2, [[A, null]]))
    assert.deepEqual(await stored(cache), { life: 'life-1', mark: 2, snapshots: [undefined, []] })
    await cache.close()
  })

  test(`${name}: buckets of other groups, partitions and numbers are apart`, async () => {
    const cache = await create()
    await cache.write(write(0, 1, [[A, new Uint8Array([1])]]))
    await cache.write({ ...write(0, 2, [[A, new Uint8Array([2])]]), partition: 3 })
    await cache.write({ ...write(0, 3, [[A, new Uint8Array([3])]]), bucket: 6 })
    await cache.write({ ...write(0, 4, [[A, new Uint8Array([4])]]), group: 'app.terminal' })
    const [six, five] = await cache.load('app.card', 2, [{ bucket: 6, ids: [A] }, { bucket: 5, ids: [B, A] }])
    assert.deepEqual([six?.bucket, six?.mark, six?.snapshots.map((bytes) => bytes && [...bytes])], [6, 3, [[3]]])
    assert.deepEqual([five?.bucket, five?.mark, five?.snapshots.map((bytes) => bytes && [...bytes])], [5, 1, [undefined, [1]]])
    await cache.close()
  })

  test(`${name}: snapshots come back byte for byte, also of odd ids`, async () => {
    const cache = await create()
    const ids = ['0', 'ümläut', '💳', 'a/b:c{d}', ' ', '__proto__', 'x'.repeat(256)].map(idOf)
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    await cache.write(write(0, 1, ids.map((id) => [id, bytes] as const)))
    assert.deepEqual((await stored(cache, ids)).snapshots, ids.map(() => [...bytes]))
    await cache.close()
  })
}

interface ModelBucket {
  life: string
  mark: number
  snapshots: Map<EntityId, number>
}

/** Says by the letter of K1 and K2 what a write answers and leaves. */
function modelWrite(stored: ModelBucket | undefined, { life, previous, next, snapshots }: BucketWrite): ['applied' | 'ignored' | 'lost', ModelBucket | undefined] {
  const applies = stored === undefined ? previous === 0 : stored.life === life && stored.mark === previous
  if (!applies) return stored?.life === life && stored.mark >= next ? ['ignored', stored] : ['lost', undefined]
  const after = new Map(stored?.snapshots)
  for (const [id, bytes] of snapshots) bytes === null ? after.delete(id) : after.set(id, bytes[0] ?? -1)
  return ['applied', { life, mark: next, snapshots: after }]
}

async function againstModel(create: () => Promise<SnapshotCache>): Promise<void> {
  const snapshots = fc.array(fc.tuple(fc.constantFrom(A, B), fc.option(fc.nat(255).map((byte) => new Uint8Array([byte])))), { maxLength: 2 })
  const step = fc.record({ life: fc.constantFrom('x', 'y'), previous: fc.nat(4), more: fc.integer({ min: 1, max: 2 }), snapshots, replace: fc.integer({ min: 0, max: 7 }) })
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const cache = await create()
    let model: ModelBucket | undefined
    for (const { life, previous, more, snapshots: changes, replace } of steps) {
      const asked = write(previous, previous + more, changes, life)
      if (replace === 0) {
        await cache.replace(asked)
        model = modelWrite(undefined, { ...asked, previous: 0 })[1]
      } else {
        const [answer, after] = modelWrite(model, asked)
        assert.equal(await cache.write(asked), answer)
        model = after
      }
      const expected = [A, B].map((id) => { const byte = model?.snapshots.get(id); return byte === undefined ? undefined : [byte] })
      assert.deepEqual(await stored(cache), { life: model?.life, mark: model?.mark ?? 0, snapshots: expected })
    }
    await cache.close()
  }), { numRuns: 200, seed: testSeed() })
}
