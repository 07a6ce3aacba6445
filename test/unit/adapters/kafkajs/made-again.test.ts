// A commit that broke while brokers were away is done, or made again by who still has what it goes on from, and by nobody else (R1 of `lease.ts`).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { Broker, CLOSED, outcomes } from '../../../support/broken-commits.ts'
import type { Course } from '../../../support/broken-commits.ts'

const [FORBIDDEN, NOT_LEADER, NOT_COORDINATOR, INVALID_PRODUCER_EPOCH] = [29, 6, 16, 47]

for (const step of ['send', 'offsets', 'end'] as const) {
  test(`R1: a commit whose ${step} came to nothing is made again, whole, under an id that was fenced anew`, async () => {
    const broker = new Broker(step, CLOSED)
    assert.deepEqual(await outcomes(broker), ['done', 'done'])
    assert.deepEqual([broker.values, broker.group, broker.fences], [['a', 'b', 'c', 'd'], { offset: '4', metadata: 'fourth', partition: 0 }, 2])
  })
}

test('R1: a commit whose end was taken is done, and is not made again', async () => {
  const broker = new Broker('ended', CLOSED)
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
  assert.deepEqual([broker.values, broker.fences], [['a', 'b', 'c', 'd'], 2])
})

test('R1: an end that was refused by who does not coordinate any more came to nothing', async () => {
  const broker = new Broker('end', errorNamed(NOT_COORDINATOR))
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
  assert.deepEqual(broker.values, ['a', 'b', 'c', 'd'])
})

test('R1: a look that is not answered is waited for no longer than a transaction may stand open', async () => {
  const broker = new Broker('ended', CLOSED)
  Object.assign(broker.history, { offsetsAt: () => new Promise(() => {}) })
  assert.deepEqual(await outcomes(broker), ['unknown'])
})

test('R1: whoever took the right anew, and has looked at everything, goes on behind what others committed, and has nothing made again before its first commit', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
  }
  const again: Course['again'] = async (lease, commit) => {
    assert.equal(await lease.fence(), 'held')
    broker.failures.set('offsets', [CLOSED])
    assert.equal((await commit('e')).kind, 'unknown')
    assert.equal(broker.fences, 3)
    assert.equal(await lease.fence(), 'held')
    assert.equal((await commit('f')).kind, 'done')
  }
  assert.deepEqual(await outcomes(broker, { again }), ['fenced'])
  assert.deepEqual(broker.values, ['a', 'lease', 'f'])
})

test('R1: an owner whose partition went elsewhere makes nothing again', async () => {
  const broker = new Broker('offsets', CLOSED)
  let lose = (): void => {}
  broker.fenced = () => {
    if (broker.fences === 2) lose()
  }
  assert.deepEqual(await outcomes(broker, { holding: (lease) => (lose = () => lease.lose('it moved')) }), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('R1: one that looks as its partition goes elsewhere is told at once', async () => {
  const broker = new Broker('ended', CLOSED)
  Object.assign(broker.history, { offsetsAt: () => new Promise(() => {}) })
  const sinceMs = performance.now()
  assert.deepEqual(await outcomes(broker, { transactionMs: 60_000, holding: (lease) => void setTimeout(() => lease.lose('it moved'), 50) }), ['unknown'])
  assert.ok(performance.now() - sinceMs < 5000)
})

test('R1: commits that leave nothing behind them that would tell are not made again, nor is the id asked for', async () => {
  const broker = new Broker('offsets', CLOSED)
  assert.deepEqual(await outcomes(broker, { metadata: '' }), ['unknown'])
  assert.deepEqual([broker.values, broker.fences], [['a'], 1])
})

test('R1: what is refused for a missing right is not made again, nor what another one shut out, nor what goes on breaking for ever', async () => {
  for (const [code, kind] of [[FORBIDDEN, 'unknown'], [INVALID_PRODUCER_EPOCH, 'fenced']] as const) {
    const refused = new Broker('offsets', errorNamed(code))
    assert.deepEqual(await outcomes(refused), [kind])
    assert.equal(refused.fences, 1)
  }
  const broken = new Broker('offsets', ...Array.from({ length: 50 }, () => CLOSED))
  assert.deepEqual(await outcomes(broken), ['unknown'])
  assert.equal(broken.fences, 3)
  const moved = new Broker('send', errorNamed(NOT_LEADER))
  assert.deepEqual(await outcomes(moved), ['done', 'done'])
})

test('R1: an id that is not granted again leaves the outcome to the next acquisition', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.failures.set('fence', Array.from({ length: 50 }, () => CLOSED))
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('R1: the first commit of a lease, which nothing of its own stands before, is not made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.isFailing = true
  await assert.rejects(outcomes(broker), /unknown/)
  assert.deepEqual([broker.values, broker.fences], [[], 1])
})
