// Which records a refusal costs (I8): those that are refused even alone. None for its neighbours, none for a limit of yesterday. And how long it takes to know (I9).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { Feed } from '../../../../adapters/kafkajs/feed.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { KafkajsLease } from '../../../../adapters/kafkajs/lease.ts'
import type { LeaseEnvironment } from '../../../../adapters/kafkajs/lease.ts'
import type { PartitionMessages, TopicList } from '../../../../adapters/kafkajs/messages.ts'
import { Packer } from '../../../../adapters/kafkajs/packing.ts'
import { committedRecords } from '../../../../adapters/kafkajs/records.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import type { CommitOutcome } from '../../../../system/ports/log.ts'
import { OperationError, Unreachable } from '../../../../system/protocol/failures.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { batch, pollOf, record } from '../../../contract/log-fixture.ts'

const [MESSAGE_TOO_LARGE, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, INVALID_TRANSACTION_TIMEOUT, CONCURRENT_TRANSACTIONS] = [10, 15, 16, 50, 51]

interface Sent {
  readonly topicMessages: readonly { readonly topic: string; readonly messages: TopicList }[]
}

const encodeBatch = (createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/v0') as { readonly RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }> }).RecordBatch

/** What stands in a batch of these. */
async function valuesOf(messages: PartitionMessages): Promise<readonly string[]> {
  const { buffer } = await encodeBatch({ records: messages.map(() => ({})), lastOffsetDelta: messages.length - 1 })
  const { records } = await committedRecords(buffer, [], 0)
  return records.map(({ value }) => Buffer.from(value ?? []).toString())
}

/** A broker that takes batches of a topic partition of so many records and bytes of values, and none that holds 'bad'. `committed`: the values of partition 0. */
class Broker {
  recordsMax = 2000
  bytesMax = 1 << 20
  /** Told of each transaction, by its number. */
  began = (_nth: number): void => {}
  committed: readonly string[] = []
  transactions = 0
  /** How often the id was asked for. */
  fences = 0

  readonly client = { transactional: () => ({ connect: async () => void (this.fences += 1), disconnect: async () => {}, transaction: async () => this.#transaction() }) } as unknown as Client

  #transaction(): object {
    this.transactions += 1
    this.began(this.transactions)
    const written: string[] = []
    return {
      abort: async () => {},
      sendOffsets: async () => {},
      commit: async () => {
        this.committed = written
      },
      sendBatch: async ({ topicMessages }: Sent) => {
        const parts = topicMessages.flatMap(({ topic, messages }) => Object.entries(messages.reduce<Readonly<Record<string, PartitionMessages>>>()).map(([partition, mine]) => ({ topic, partition: Number(partition), mine })))
        return Promise.all(parts.map(async ({ topic, partition, mine }) => {
          const values = await valuesOf(mine)
          if (values.length > this.recordsMax || values.join('').length > this.bytesMax || values.includes('bad')) throw errorNamed(MESSAGE_TOO_LARGE)
          if (partition === 0) written.push(...values)
          return { topicName: topic, partition, baseOffset: '0' }
        }))
      },
    }
  }
}

/** `known`: the bytes of a batch that its topic takes, as they were said first; the broker's own are said next. */
async function committed(broker: Broker, records: readonly OutRecord[], known = broker.bytesMax, held = (_lease: KafkajsLease): void => {}): Promise<CommitOutcome> {
  const names = new Names('')
  const topics = { assertPartition: async () => {}, settings: async (_name: string, isAnew: boolean) => ({ cleanup: 'delete', batchBytesMax: isAnew ? broker.bytesMax : known, partitions: 2 }) } as unknown as Topics
  const env = {
    client: broker.client, clock: wallClock, names, packer: new Packer(topics, names, 1 << 20), fetcher: { close: () => {} }, membership: { provenAtMs: 0 }, visibility: new Visibility(wallClock),
    reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1000, owner: 'o', admin: { fetchOffsets: async () => [] }, lives: () => true, released: () => {},
  } as unknown as LeaseEnvironment
  const lease = new KafkajsLease(0, env)
  await lease.fence()
  held(lease)
  const outcome = await lease.commit(batch(records, { in: 1 }))
  await lease.release()
  return outcome
}

const some = (count: number, partition = 0): OutRecord[] => Array.from({ length: count }, (_, nth) => record('out', partition, String(nth)))

test('records that are refused only together are written in smaller sends, in their order', async () => {
  const broker = new Broker()
  broker.recordsMax = 10
  assert.equal((await committed(broker, [...some(40), ...some(5, 1)])).kind, 'done')
  assert.deepEqual(broker.committed, some(40).map((_, nth) => String(nth)))
})

test('a record that is refused alone is the only one to blame', async () => {
  const broker = new Broker()
  const outcome = await committed(broker, [...some(20, 1), ...some(20), record('out', 0, 'bad'), ...some(20)])
  assert.deepEqual(outcome.kind === 'rejected' ? outcome.records : [], [40])
  assert.ok(broker.transactions < 30, `${broker.transactions}`)
})

test('records that are all refused cost no more trials than it takes to find one of them; what is left shows at the next try', async () => {
  const broker = new Broker()
  const outcome = await committed(broker, Array.from({ length: 1000 }, () => record('out', 0, 'bad')))
  assert.ok(outcome.kind === 'rejected' && outcome.records.length > 0, outcome.kind)
  assert.ok(broker.transactions < 100, `${broker.transactions}`)
})

test('records that are refused whichever two of them meet are written one by one, after a bounded search', async () => {
  const broker = new Broker()
  broker.recordsMax = 1
  assert.equal((await committed(broker, some(64))).kind, 'done')
  assert.deepEqual(broker.committed, some(64).map((_, nth) => String(nth)))
  assert.ok(broker.transactions < 400, `${broker.transactions}`)
})

test('records that are larger than their topic takes by now are named without a trial', async () => {
  const broker = new Broker()
  broker.bytesMax = 2000
  const outcome = await committed(broker, [...some(500), record('out', 0, 'x'.repeat(3000)), record('out', 1, 'x'.repeat(3000))], 1 << 20)
  assert.deepEqual(outcome.kind === 'rejected' ? outcome.records : outcome.kind, [500, 501])
  // The fence, the commit, and the fence that follows its refusal.
  assert.deepEqual([broker.transactions, broker.fences], [3, 2])
})

test('records that are together more than their topic takes by now are cut anew without a trial', async () => {
  const broker = new Broker()
  broker.bytesMax = 2000
  const records = Array.from({ length: 40 }, (_, nth) => record('out', 0, String(nth).padStart(500, ' ')))
  assert.equal((await committed(broker, records, 1 << 20)).kind, 'done')
  assert.deepEqual(broker.committed.map(Number), records.map((_, nth) => nth))
  assert.equal(broker.transactions, 4)
})

test('the search for those to blame ends with the lease: the id is not taken from the next owner', async () => {
  const broker = new Broker()
  let fences = 0
  const outcome = await committed(broker, [...some(20), record('out', 0, 'bad')], undefined, (lease) => {
    broker.began = (nth) => {
      if (nth !== 5) return
      fences = broker.fences
      lease.lose('it moved')
    }
  })
  assert.deepEqual([outcome.kind, broker.fences], ['fenced', fences])
})

test('a lease that no broker grants for now is waited for; one whose settings a broker refuses is not', async () => {
  const fenced = async (thrown: Error): Promise<void> => {
    const client = { transactional: () => ({ connect: async () => { throw thrown }, disconnect: async () => {} }) } as unknown as Client
    const names = new Names('')
    const lease = new KafkajsLease(0, { client, clock: wallClock, names, fetcher: { close: () => {} }, reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1, owner: 'o' } as unknown as LeaseEnvironment)
    await lease.fence()
  }
  for (const code of [COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT_TRANSACTIONS]) await assert.rejects(fenced(errorNamed(code)), (thrown: unknown) => thrown instanceof Unreachable)
  await assert.rejects(fenced(new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')), (thrown: unknown) => thrown instanceof Unreachable)
  await assert.rejects(fenced(errorNamed(INVALID_TRANSACTION_TIMEOUT)), (thrown: unknown) => thrown instanceof OperationError && !(thrown instanceof Unreachable))
})

const AWAY = new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')

test('while no broker answers, an owner that has to learn of a topic or of its position comes again', async () => {
  const topics = { assertPartition: async () => {}, settings: async () => { throw AWAY } } as unknown as Topics
  const names = new Names('')
  const lease = new KafkajsLease(0, {
    client: new Broker().client, clock: wallClock, names, packer: new Packer(topics, names, 1 << 20), fetcher: { close: () => {} }, visibility: new Visibility(wallClock),
    reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1, owner: 'o', admin: { fetchOffsets: async () => { throw AWAY } }, released: () => {},
  } as unknown as LeaseEnvironment)
  await lease.fence()
  await assert.rejects(lease.committed(), (thrown: unknown) => thrown instanceof Unreachable)
  assert.equal((await lease.commit(batch([record('out', 0, 'x')], { in: 1 }))).kind, 'unknown')
  assert.deepEqual(await lease.commit(batch([], { in: 1 })), { kind: 'fenced' })
  await lease.release()
})

test('a topic that could not be read is told of once: who polls again asks again', async () => {
  const feed = new Feed('in', 0)
  feed.failure = new TypeError('cannot be read')
  const fetcher = { open: () => feed, pump: () => {}, ask: async () => {}, close: () => {} }
  const lease = new KafkajsLease(0, { client: new Broker().client, clock: wallClock, names: new Names(''), fetcher, visibility: new Visibility(wallClock), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1, owner: 'o', released: () => {} } as unknown as LeaseEnvironment)
  await lease.fence()
  await assert.rejects(lease.poll(pollOf({ in: 0 })), /cannot be read/)
  assert.deepEqual(await lease.poll(pollOf({ in: 0 })), [])
  await lease.release()
})

for (const [what, shown] of [['was committed', 2], ['was not', 1]] as const) {
  test(`R2: after a commit of which nobody knows, and which ${what}, what the group has is told at once, and no older than that`, async () => {
    // The first look comes before the markers.
    const answers = [[0, 'none'], [shown, shown === 2 ? 'second' : 'first']] as const
    let looks = 0
    const group = (): object[] => {
      const [offset, metadata] = answers[Math.min(looks, 1)] ?? answers[0]
      looks += 1
      return [{ topic: 'in', partitions: [{ partition: 0, offset: String(offset), metadata }] }]
    }
    let ends = 0
    const transaction = { abort: async () => {}, sendOffsets: async () => {}, commit: async () => { if ((ends += 1) === 2) throw errorNamed(NOT_COORDINATOR) } }
    const client = { transactional: () => ({ connect: async () => {}, disconnect: async () => {}, transaction: async () => transaction }) } as unknown as Client
    const waits: number[] = []
    // A bound ends with what it bounds, a pause at once.
    const clock = { nowMs: () => 0, monotonicMs: () => waits.reduce((sum, ms) => sum + ms, 0), sleep: async (ms: number, signal?: AbortSignal) => void (signal === undefined ? waits.push(ms) : await once(signal, 'abort')) }
    const lease = new KafkajsLease(0, {
      client, clock, names: new Names(''), packer: new Packer({} as Topics, new Names(''), 1), fetcher: { close: () => {} }, membership: { provenAtMs: 0 }, visibility: new Visibility(wallClock),
      reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1000, owner: 'o', admin: { fetchOffsets: async () => group() }, lives: () => true, released: () => {},
    } as unknown as LeaseEnvironment)
    await lease.fence()
    assert.equal((await lease.commit(batch([], { in: 1 }, 'first'))).kind, 'done')
    assert.equal((await lease.commit(batch([], { in: 2 }, 'second'))).kind, 'unknown')
    await lease.fence()
    assert.equal((await lease.committed())?.positions.get('in'), shown)
    assert.equal(waits.length, 1)
    await lease.release()
  })
}

/** A group that shows what was committed at its look `shownAt`, and a lease that commits to it; `sent` are the offsets that were asked to be committed. */
function grouped(shownAt: number): { readonly lease: KafkajsLease; readonly sent: readonly string[] } {
  const sent: string[] = []
  let looks = 0
  const group = (): object[] => [{ topic: 'in', partitions: [{ partition: 0, offset: looks++ < shownAt ? '0' : '1', metadata: '' }] }]
  const transaction = {
    abort: async () => {}, commit: async () => {}, sendBatch: async () => { throw errorNamed(MESSAGE_TOO_LARGE) },
    sendOffsets: async ({ topics }: { readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly offset: string }[] }[] }) => {
      for (const { topic, partitions } of topics) sent.push(`${topic} ${partitions[0]?.offset}`)
    },
  }
  const client = { transactional: () => ({ connect: async () => {}, disconnect: async () => {}, transaction: async () => transaction }) } as unknown as Client
  const topics = { assertPartition: async () => {}, settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20, partitions: 2 }) } as unknown as Topics
  const names = new Names('')
  const lease = new KafkajsLease(0, {
    client, clock: wallClock, names, packer: new Packer(topics, names, 1 << 20), fetcher: { close: () => {} }, membership: { provenAtMs: 0 }, visibility: new Visibility(wallClock),
    reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1000, owner: 'o', admin: { fetchOffsets: async () => group() }, lives: () => true, released: () => {},
  } as unknown as LeaseEnvironment)
  return { lease, sent }
}

test('R2: a commit of nothing, which ends no transaction, does not hide that the one before is still to show', async () => {
  const { lease } = grouped(1)
  await lease.fence()
  assert.equal((await lease.commit(batch([], { in: 1 }))).kind, 'done')
  assert.equal((await lease.commit({ records: [], positions: new Map(), metadata: '' })).kind, 'done')
  assert.equal((await lease.committed())?.positions.get('in'), 1)
  await lease.release()
})

test('metadata is carried on the offset that was committed, not on one that was refused', async () => {
  const { lease, sent } = grouped(0)
  await lease.fence()
  assert.equal((await lease.commit(batch([], { in: 1 }))).kind, 'done')
  assert.equal((await lease.commit(batch([record('out', 0, 'x')], { in: 9 }))).kind, 'rejected')
  assert.equal((await lease.commit({ records: [], positions: new Map(), metadata: 'm' })).kind, 'done')
  assert.deepEqual(sent, ['in 1', 'in 1'])
  await lease.release()
})
