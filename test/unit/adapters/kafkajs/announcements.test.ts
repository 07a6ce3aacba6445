import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Announced, announcing } from '../../../../adapters/kafkajs/announcements.ts'
import type { TopicPartitions } from '../../../../adapters/kafkajs/announcements.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'

const [NOT_LEADER, FORBIDDEN] = [6, 29]
const PLAN: readonly TopicPartitions[] = [{ topic: 'a', partitions: [0] }, { topic: 'b', partitions: [0] }, { topic: 'b', partitions: [1] }]

/** A coordinator that answers with these codes, one after the other, and what it was told. */
function coordinator(...codes: readonly number[]): { readonly announced: Announced; readonly told: string[]; add(topic: string, partition: number, epoch?: number): Promise<void> } {
  const told: string[] = []
  let underWay = 0
  const announced = new Announced(async ({ topics }) => {
    assert.equal(underWay++, 0, 'N2')
    await new Promise((resolve) => setImmediate(resolve))
    underWay -= 1
    const code = codes[told.length] ?? 0
    told.push(topics.map(({ topic, partitions }) => `${topic}${partitions.join('')}`).join(' '))
    if (code !== 0) throw errorNamed(code)
  })
  const add = (topic: string, partition: number, epoch = 0): Promise<void> => announced.add({ transactionalId: 't', producerId: 7, producerEpoch: epoch, topics: [{ topic, partitions: [partition] }] })
  return { announced, told, add }
}

test('the first announcement of a transaction names all that it is about to write to, also where several come at once', async () => {
  const { told, add, announced } = coordinator()
  const all = (): Promise<unknown> => announcing('t', PLAN, () => Promise.all([add('a', 0), add('b', 0), add('b', 1)]))
  await all()
  assert.deepEqual(told, ['a0 b01'])
  announced.over()
  await all()
  await add('c', 0)
  assert.deepEqual(told, ['a0 b01', 'a0 b01', 'c0'])
})

test('N1: what another producer, or another transaction, has announced does not count', async () => {
  const { told, add, announced } = coordinator()
  await add('a', 0)
  await add('a', 0)
  await add('a', 0, 1)
  announced.over()
  await add('a', 0, 1)
  assert.deepEqual(told, ['a0', 'a0', 'a0'])
})

test('N1: an announcement that failed does not count', async () => {
  const { told, add } = coordinator(NOT_LEADER)
  await announcing('t', PLAN, async () => {
    await assert.rejects(add('a', 0))
    await add('a', 0)
    await add('b', 1)
  })
  assert.deepEqual(told, ['a0 b01', 'a0 b01'])
})

test('N3: what may not be written to is refused by itself', async () => {
  const { told, add } = coordinator(FORBIDDEN, 0, FORBIDDEN, FORBIDDEN)
  await announcing('t', PLAN, async () => {
    await add('a', 0)
    await assert.rejects(add('b', 0))
  })
  assert.deepEqual(told, ['a0 b01', 'a0', 'b01', 'b0'])
})
