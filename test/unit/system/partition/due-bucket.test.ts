// The due index in the cache; `cached-states.test.ts` torments it together with the buckets of the entities.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plan, stateWriter } from '../../../support/partition/state-writer.ts'

test('K8: the due index of an owner that died before its last write to the cache costs the states since, not the whole state topic', async () => {
  const one = await stateWriter()
  const [a, same, other] = one.ids
  for (let commit = 0; commit < 20; commit += 1) await one.commit(a, same, other)
  await one.states.flush()
  // Its bucket and the due index.
  one.cache.dropWrites(2)
  await one.commit(a)
  await one.states.flush()
  const from: number[] = []
  const read = one.log.read.bind(one.log)
  one.log.read = async (topic, partition, at, ...rest) => {
    if (topic === plan.state) from.push(at)
    return read(topic, partition, at, ...rest)
  }
  for (let owner = 0; owner < 2; owner += 1) {
    one.takeOver()
    assert.deepEqual((await one.states.armed()).map(({ seq }) => seq).sort((x, y) => x - y), [20, 20, 21])
  }
  assert.deepEqual(from, [60])
})

test('K8: an entity that ended arms nothing when its tombstone was compacted away before the due index was caught up', async () => {
  for (const isReborn of [false, true]) {
    const one = await stateWriter()
    const [a, same] = one.ids
    await one.commit(a, same)
    await one.states.flush()
    const before = one.cache.copy()
    await one.end(a)
    if (isReborn) await one.commit(a)
    await one.states.flush()
    one.takeOver()
    one.cache.rollBack(before)
    one.compact()
    const dues = (await one.states.armed()).flatMap((armed) => armed.dues.map(({ entity, dueMs }) => `${entity} ${dueMs}`)).sort()
    assert.deepEqual(dues, [...(isReborn ? [`${a} 3`] : []), `${same} 1`])
  }
})
