// What a journal tells of a commit that broke, and that nothing rests on what a leader shows that was replaced (D2, D3 of `trail.ts`).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { Broker, CLOSED, outcomes } from '../../../support/broken-commits.ts'
import type { Course, Entry } from '../../../support/broken-commits.ts'

const TOO_LARGE = 10

for (const step of ['send', 'offsets', 'end'] as const) {
  test(`R1: where another owner has committed meanwhile (${step}) nothing is made again, nor taken for done`, async () => {
    const broker = new Broker(step, CLOSED)
    broker.fenced = () => {
      if (broker.fences === 2) broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
    }
    assert.deepEqual(await outcomes(broker), ['fenced'])
    assert.deepEqual(broker.values, ['a', 'lease'])
  })

  test(`D3: a leader that has not heard of what another owner committed (${step}) lets nothing be made twice: what its successor shows is looked at before the end`, async () => {
    const broker = new Broker(step, CLOSED)
    broker.fenced = () => {
      if (broker.fences !== 2) return
      if (step === 'end') broker.readMax = broker.end
      broker.commitOfAnother({ offset: '1', metadata: 'first' }, 'lease')
      if (step !== 'end') broker.readMax = 2
    }
    broker.taken = () => (broker.readMax = Infinity)
    assert.deepEqual(await outcomes(broker), ['fenced'])
    assert.deepEqual(broker.values, ['a', 'lease'])
  })
}

test('D3: what was committed after all, and was not shown, is not made again', async () => {
  const broker = new Broker('ended', CLOSED)
  const { offsetsAt, read } = broker.history
  let isOld = false
  broker.fenced = () => (isOld = broker.fences === 2)
  broker.taken = () => (isOld = false)
  // Past the record, and yet without it: no leader is like that. What is made again does not rest on it.
  Object.assign(broker.history, { offsetsAt, read: async (topic: string, partition: number, from: number, to: number) => (isOld ? { records: [], to } : read(topic, partition, from, to)) })
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, ['a', 'b'])
})

test('D3: a leader that never shows what stands before the record lets nothing be made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.readMax = 2
  assert.deepEqual(await outcomes(broker, { transactionMs: 10_000 }), ['unknown'])
  assert.deepEqual(broker.values, ['a'])
})

test('D2: a leader that does not get as far as the record whose end was asked for says nothing', async () => {
  for (const step of ['end', 'ended'] as const) {
    const broker = new Broker(step, CLOSED)
    broker.readMax = 2
    assert.deepEqual(await outcomes(broker, { transactionMs: 10_000 }), ['unknown'])
    assert.deepEqual(broker.values, step === 'end' ? ['a'] : ['a', 'b'])
  }
})

test('D2: one that gets there a little later is waited for', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.readMax = 2
  setTimeout(() => (broker.readMax = Infinity), 20)
  assert.deepEqual(await outcomes(broker), ['done', 'done'])
})

test('D3: a partition that has lost what was committed lets nothing be made again', async () => {
  const broker = new Broker('offsets', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) [broker.journal, broker.end] = [[], 0]
  }
  assert.deepEqual(await outcomes(broker), ['unknown'])
  assert.deepEqual(broker.values, [])
})

test('D3: what was shown to a transaction that was given up does not count after a later fence', async () => {
  const broker = new Broker('offsets', CLOSED)
  const { promise: held, resolve: show } = Promise.withResolvers<unknown>()
  const { read } = broker.history
  Object.assign(broker.history, { read: () => held })
  const again: Course['again'] = async (lease, commit) => {
    Object.assign(broker.history, { read })
    assert.equal(await lease.fence(), 'held')
    assert.equal((await commit('e')).kind, 'done')
    broker.failures.set('offsets', [CLOSED])
    broker.fenced = () => {
      broker.commitOfAnother({ offset: '1', metadata: 'of another' }, 'lease')
      show({ records: [], to: Infinity })
    }
    assert.equal((await commit('f')).kind, 'fenced')
  }
  assert.deepEqual(await outcomes(broker, { again }), ['unknown'])
  assert.deepEqual(broker.values, ['a', 'e', 'lease'])
})

test('D2: only what is the commit to the byte, where it was written, is taken for it', async () => {
  const others: Readonly<Record<string, (broker: Broker, mine: Entry) => void>> = {
    value: (broker, mine) => void broker.journal.splice(1, 1, { ...mine, value: Buffer.from('lease') }),
    place: (broker, mine) => void broker.journal.splice(1, 1, { ...mine, offset: mine.offset + 1 }),
  }
  for (const [what, change] of Object.entries(others)) {
    const broker = new Broker('ended', CLOSED)
    broker.fenced = () => {
      if (broker.fences === 2) change(broker, broker.journal[1] as Entry)
    }
    assert.deepEqual(await outcomes(broker), ['fenced'], what)
  }
})

test('D2: a commit that was done, and another one behind it, are looked at by an acquisition', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother({ offset: '2', metadata: 'second' }, 'lease')
  }
  assert.deepEqual(await outcomes(broker), ['unknown'])
})

test('D3: a commit that was done, and another one behind it that is not shown yet: the next one is not ended', async () => {
  const broker = new Broker('ended', CLOSED)
  broker.fenced = () => {
    if (broker.fences !== 2) return
    broker.readMax = broker.end
    broker.commitOfAnother({ offset: '2', metadata: 'of another' }, 'lease')
  }
  broker.taken = () => (broker.readMax = Infinity)
  assert.deepEqual(await outcomes(broker), ['done', 'fenced'])
  assert.deepEqual(broker.values, ['a', 'b', 'lease'])
})

test('D3: where another owner committed as refused records were taken back, and the group does not say so, the next commit is not ended', async () => {
  const broker = new Broker('send', errorNamed(TOO_LARGE))
  broker.fenced = () => {
    if (broker.fences === 2) broker.commitOfAnother(broker.group, 'lease')
  }
  const again: Course['again'] = async (_lease, commit) => assert.equal((await commit('c')).kind, 'fenced')
  assert.deepEqual(await outcomes(broker, { again }), ['rejected'])
  assert.deepEqual(broker.values, ['a', 'lease'])
})
