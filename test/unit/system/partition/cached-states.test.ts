// The state topic behind a cache that lies: K5-K8 one by one. Random ones: test/property/cached-states.test.ts, recovery.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../../adapters/node/clock.ts'
import { BucketMarks } from '../../../../system/partition/bucket-marks.ts'
import { CachedStates } from '../../../../system/partition/cached-states.ts'
import type { BucketLoad } from '../../../../system/ports/cache.ts'
import { codec, entityId } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'
import { plan, stateWriter } from '../../../support/partition/state-writer.ts'
import type { StateWriter } from '../../../support/partition/state-writer.ts'

test('what was written is read from the cache, and a miss in a valid bucket is a new entity', async () => {
  const one = await stateWriter()
  const [a, same, other] = one.ids
  await one.commit(a)
  assert.deepEqual([await one.seqOf(a), await one.seqOf(same), await one.seqOf(other)], [1, undefined, undefined])
  await one.commit(a, same)
  assert.deepEqual([await one.seqOf(a), await one.seqOf(same)], [2, 2])
  assert.equal(one.states.rebuilt, 0)
})

const torments: Readonly<Record<string, (one: StateWriter) => void | Promise<void>>> = {
  'everything is gone': ({ cache }) => cache.flush(),
  'a bucket is gone': ({ cache, states, ids }) => cache.deleteBucket({ group: plan.group, partition: 0, bucket: states.bucketOf(entityId(ids[0])) }),
  'a byte is changed': ({ cache, states, ids }) => void cache.corrupt({ group: plan.group, partition: 0, bucket: states.bucketOf(entityId(ids[0])) }, entityId(ids[0]), 0.7),
  'a bucket says it is of another life': ({ cache, states, ids }) => cache.relive({ group: plan.group, partition: 0, bucket: states.bucketOf(entityId(ids[0])) }, 'other'),
  'two buckets with equal marks change places': ({ cache, states, ids }) => cache.swap({ group: plan.group, partition: 0, bucket: states.bucketOf(entityId(ids[0])) }, { group: plan.group, partition: 0, bucket: states.bucketOf(entityId(ids[2])) }),
  'the cache is away': ({ cache }) => cache.unreachable('away'),
}

for (const takesOver of [false, true]) {
  for (const [name, torment] of Object.entries(torments)) {
    test(`K5: ${name}${takesOver ? ', and another owner takes over' : ''}: loads answer the newest state`, async () => {
      const one = await stateWriter()
      await one.commit(one.ids[0])
      await one.commit(one.ids[0], one.ids[2])
      await one.states.flush()
      if (takesOver) one.takeOver()
      await torment(one)
      assert.deepEqual([await one.seqOf(one.ids[0]), await one.seqOf(one.ids[2]), await one.seqOf(one.ids[1])], [2, 2, undefined])
      one.cache.unreachable(undefined)
      await one.commit(one.ids[1])
      assert.deepEqual([await one.seqOf(one.ids[0]), await one.seqOf(one.ids[1])], [2, 3])
    })
  }
}

test('K5: a cache that was rolled back is lost, for the owner and for the next one', async () => {
  for (const takesOver of [false, true]) {
    const one = await stateWriter()
    await one.commit(one.ids[0])
    await one.states.flush()
    const before = one.cache.copy()
    await one.commit(one.ids[0])
    await one.states.flush()
    one.cache.rollBack(before)
    if (takesOver) one.takeOver()
    assert.equal(await one.seqOf(one.ids[0]), 2)
  }
})

test('K5: a cache that is ahead of the journal is lost', async () => {
  const one = await stateWriter()
  await one.commit(one.ids[0])
  await one.states.flush()
  const states = new CachedStates({ log: one.log, cache: one.cache, codec, clock: systemClock, telemetry: silent }, plan, 0)
  states.expect('life', [], [])
  assert.equal((await states.load([entityId(one.ids[1])])).size, 0)
  assert.equal(states.rebuilt, 1)
})

test('K7: one write of two is dropped: the next one finds out', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.commit(a)
  await one.states.flush()
  one.cache.dropWrites(1)
  await one.commit(a)
  await one.commit(same)
  assert.deepEqual([await one.seqOf(a), await one.seqOf(same)], [2, 3])
})

test('K6: a lost bucket gets no writes until it is rebuilt, then it goes on at the mark expected', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.commit(a)
  await one.states.flush()
  one.cache.unreachable('away')
  await one.commit(a)
  await one.states.flush()
  one.cache.unreachable(undefined)
  const at = { group: plan.group, partition: 0, bucket: one.states.bucketOf(entityId(a)) }
  const mark = async (): Promise<number> => (await one.cache.readAll(at)).mark
  await one.commit(same)
  await one.states.flush()
  assert.equal(await mark(), 1)
  assert.equal(await one.seqOf(a), 2)
  assert.equal(await mark(), 3)
  await one.commit(a)
  await one.states.flush()
  assert.equal(await mark(), 4)
  assert.equal(one.states.mayLeave(entityId(a)), true)
})

/** Before the next such call of this method goes through, `first` happens. */
function beforeNext<K extends string>(of: Record<K, (...args: never[]) => Promise<unknown>>, method: K, first: () => void | Promise<void>, isIt: (args: readonly unknown[]) => boolean = () => true): void {
  const call = of[method].bind(of) as (...args: unknown[]) => Promise<unknown>
  of[method] = async (...args: unknown[]) => {
    if (isIt(args)) {
      of[method] = call
      await first()
    }
    return call(...args)
  }
}

/** A load that asks for the heads of buckets alone. */
const isOfHeads = ([, , buckets]: readonly unknown[]): boolean => (buckets as readonly BucketLoad[]).every(({ ids }) => ids.length === 0)

test('I6: a commit that comes while a query has a bucket rebuilt is not missing in it', async () => {
  for (const during of ['scan', 'replace'] as const) {
    const one = await stateWriter()
    const [a, same] = one.ids
    await one.commit(a)
    await one.states.flush()
    one.cache.flush()
    if (during === 'scan') beforeNext(one.log, 'read', () => one.commit(a))
    else beforeNext(one.cache, 'replace', () => one.commit(a))
    await one.seqOf(same)
    await one.states.flush()
    assert.equal(await one.seqOf(a), 2)
    one.takeOver()
    assert.equal(await one.seqOf(a), 2)
    await one.commit(same)
    assert.deepEqual([await one.seqOf(a), await one.seqOf(same)], [2, 3])
  }
})

test('K6: a commit that is done while a bucket is rebuilt, and which readers of the log do not see yet, is not missing in it', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.commit(a)
  await one.states.flush()
  one.cache.flush()
  const { offsetsAt } = one.log
  const seenEnd = await one.log.offsetsAt(plan.state, 0, 'latest')
  beforeNext(one.log, 'read', async () => {
    await one.commit(a)
    one.log.offsetsAt = async (topic, partition, at) => (at === 'latest' ? seenEnd : offsetsAt.call(one.log, topic, partition, at))
  })
  await assert.rejects(one.seqOf(same), { code: 'state/unreachable' })
  one.log.offsetsAt = offsetsAt
  assert.deepEqual([one.states.mayLeave(entityId(a)), await one.seqOf(a)], [true, 2])
})

test('I6: a commit that comes while a query has a bucket caught up is not missing in it', async () => {
  for (const method of ['load', 'write'] as const) {
    const one = await stateWriter()
    const [a, same] = one.ids
    await one.commit(same)
    await one.commit(same)
    await one.states.flush()
    const before = one.cache.copy()
    await one.commit(a)
    await one.states.flush()
    one.takeOver()
    one.cache.rollBack(before)
    beforeNext(one.cache, method, () => one.commit(a), method === 'load' ? isOfHeads : undefined)
    assert.equal(await one.seqOf(same), 2)
    assert.deepEqual([one.states.rebuilt, one.states.caughtUp], [1, 0])
    await one.states.flush()
    assert.equal(await one.seqOf(a), 4)
    one.takeOver()
    assert.equal(await one.seqOf(a), 4)
  }
})

test('I6: an entity whose tombstone was compacted away does not come back from a bucket that is caught up, but one that began anew does', async () => {
  for (const isReborn of [false, true]) {
    const one = await stateWriter()
    const [a, same] = one.ids
    await one.commit(a)
    await one.states.flush()
    const before = one.cache.copy()
    await one.end(a)
    if (isReborn) await one.commit(a)
    await one.states.flush()
    one.takeOver()
    one.cache.rollBack(before)
    one.compact()
    assert.deepEqual([await one.seqOf(same), await one.seqOf(a)], [undefined, isReborn ? 3 : undefined])
    assert.deepEqual([one.states.rebuilt, one.states.caughtUp], [0, 1])
  }
})

test('K9: a bucket is made anew where an entity of it came to its end by this owner, or the journal does not say who did', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.commit(a)
  await one.states.flush()
  const before = one.cache.copy()
  await one.commit(same)
  await one.states.flush()
  one.takeOver()
  await one.end(a)
  await one.states.flush()
  one.cache.rollBack(before)
  one.compact()
  assert.deepEqual([await one.seqOf(a), await one.seqOf(same), one.states.rebuilt], [undefined, 2, 1])
  const marks = new BucketMarks(1)
  marks.expect('life', [9], [{ seq: 7, stateFrom: 70, tombstones: undefined }, { seq: 8, stateFrom: 80, tombstones: [] }])
  assert.deepEqual([6, 7, 8].map((mark) => marks.catchUpFrom(0, { life: 'life/0', mark })), [undefined, 80, undefined])
})

test('I6: a cache that is rolled back while a bucket is caught up is caught up from there, or rebuilt', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.commit(same)
  await one.states.flush()
  const oldest = one.cache.copy()
  await one.commit(a)
  await one.states.flush()
  const older = one.cache.copy()
  await one.commit(same)
  await one.states.flush()
  one.takeOver()
  one.cache.rollBack(older)
  beforeNext(one.cache, 'load', () => one.cache.rollBack(oldest), isOfHeads)
  assert.equal(await one.seqOf(same), 3)
  assert.equal(await one.seqOf(a), 2)
  one.takeOver()
  assert.equal(await one.seqOf(a), 2)
})

test('buckets are caught up by their heads, asked for together, not by all that they hold', async () => {
  const one = await stateWriter()
  const [a, , other] = one.ids
  await one.commit(a, other)
  await one.states.flush()
  one.cache.dropWrites(3)
  await one.commit(a, other)
  await one.states.flush()
  one.takeOver()
  let heads = 0
  beforeNext(one.cache, 'load', () => void (heads += 1), isOfHeads)
  beforeNext(one.cache, 'readAll', () => assert.fail('a whole bucket is read'))
  const found = await one.states.load([entityId(a), entityId(other)])
  assert.deepEqual([...found.values()].map(({ seq }) => seq), [2, 2])
  assert.deepEqual([one.states.caughtUp, heads], [2, 1])
})

test('B1: an entity whose bucket has writes in flight may not leave yet', async () => {
  const one = await stateWriter()
  await one.commit(one.ids[0])
  assert.equal(one.states.mayLeave(entityId(one.ids[0])), false)
  await one.states.flush()
  assert.equal(one.states.mayLeave(entityId(one.ids[0])), true)
})

test('a bucket of an old life is replaced once, not scanned around by every load', async () => {
  const one = await stateWriter()
  const [a, same] = one.ids
  await one.cache.replace({ group: plan.group, partition: 0, bucket: one.states.bucketOf(entityId(a)), life: 'old', next: 9, snapshots: [[entityId(a), new Uint8Array([1])]] })
  for (const id of [a, same, a]) assert.equal(await one.seqOf(id), undefined)
  assert.equal(one.states.rebuilt, 1)
  await one.commit(a)
  assert.equal(await one.seqOf(a), 1)
  assert.equal(one.states.rebuilt, 1)
})

test('K8: timers of entities that nobody touches again are found whatever happened to the cache', async () => {
  for (const torment of Object.values(torments)) {
    const one = await stateWriter()
    await one.commit(one.ids[0])
    await one.commit(one.ids[2])
    await one.states.flush()
    await torment(one)
    one.takeOver()
    const dues = (await one.states.armed()).flatMap((armed) => armed.dues.map(({ entity, dueMs }) => `${entity} ${dueMs}`)).sort()
    assert.deepEqual(dues, [`${one.ids[0]} 1`, `${one.ids[2]} 2`].sort())
  }
})
