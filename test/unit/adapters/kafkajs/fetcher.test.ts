// What cannot be read is said to who polls, and holds up nothing beside it; nor does what hangs, for long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turns } from 'node:timers/promises'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import type { FetchedPart } from '../../../../adapters/kafkajs/fetch.ts'
import { Fetcher } from '../../../../adapters/kafkajs/fetcher.ts'
import type { Cluster } from '../../../../adapters/kafkajs/internals.ts'
import { SimulatedClock, wallClock } from '../../../../adapters/memory/clock.ts'

const LIMITS = { waitMsMax: 50, busyWaitMsMax: 20, feedBytesMax: 2 << 20, partBytesMax: 1 << 20, answerBytesMax: 16 << 20 }
const ZSTD = 4
const CORRUPT_MESSAGE = 2

function batch(compression: number): Buffer {
  const made = new RecordBatch()
  made.add({ topic: 't', partition: 0, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  const bytes = Buffer.from(made.finish({ producerId: 7n, epoch: 0, sequence: 0, isTransactional: false }))
  bytes.writeInt16BE(compression, 21)
  return bytes
}

/** Fetches partition 0, which is answered so, and partition 1, which holds a record: both at one broker. */
async function fetched(first: Partial<FetchedPart>): Promise<{ readonly failure: unknown; readonly beside: number }> {
  let requests = 0
  const found = Promise.withResolvers<void>()
  const part = { topic: 't', errorCode: 0, start: 0, aborted: [] }
  const cluster = {
    connect: async () => {}, disconnect: async () => {}, addMultipleTargetTopics: async () => {}, refreshMetadata: async () => {}, findLeaderForPartitions: () => ({ 1: [0, 1] }),
    findBroker: async () => ({ connectionPool: { send: async () => {
      requests += 1
      if (requests > 1) await found.promise
      return requests > 1 ? [] : [{ ...part, partition: 0, bytes: Buffer.alloc(0), ...first }, { ...part, partition: 1, bytes: batch(0) }]
    } } }),
  } as unknown as Cluster
  const fetcher = new Fetcher({ cluster: () => cluster } as unknown as Client, cluster, wallClock, LIMITS)
  const feeds = [fetcher.open('t', 0), fetcher.open('t', 1)] as const
  for (const feed of feeds) feed.seek(0)
  fetcher.pump()
  const over = AbortSignal.timeout(1000)
  for (const feed of feeds) if (feed.next === 0 && feed.failure === undefined) await fetcher.wait([feed], 1000, over)
  found.resolve()
  fetcher.closeAll()
  return { failure: feeds[0].failure, beside: feeds[1].read(10, 1 << 20, 0).records.length }
}

test('a batch in a compression that kafkajs does not know fails its feed, with the reason and what to do', async () => {
  const { failure, beside } = await fetched({ bytes: batch(ZSTD) })
  assert.match(String(failure), /compressed in a way kafkajs does not know.*Register a codec/)
  assert.equal(beside, 1)
})

test('what a broker cannot read of a partition fails its feed', async () => {
  const { failure, beside } = await fetched({ errorCode: CORRUPT_MESSAGE })
  assert.equal((failure as { readonly type?: string } | undefined)?.type, 'CORRUPT_MESSAGE')
  assert.equal(beside, 1)
})

test('B2: a fetch that hangs keeps its feeds for no longer than it may take; its connections are given up, and others are made', async () => {
  const clock = new SimulatedClock()
  let made = 0
  const closed: number[] = []
  const hung = Promise.withResolvers<void>()
  const clusterOf = (name: number): Cluster => ({
    connect: async () => {}, addMultipleTargetTopics: async () => {}, findLeaderForPartitions: () => ({ 1: [0] }),
    disconnect: async () => void closed.push(name),
    // Between two requests, where kafkajs has no bound.
    findBroker: async () => {
      if (name === 1) await hung.promise
      return { connectionPool: { send: async () => [{ topic: 't', partition: 0, errorCode: 0, start: 0, aborted: [], bytes: batch(0) }] } }
    },
  }) as unknown as Cluster
  const fetcher = new Fetcher({ cluster: () => clusterOf((made += 1)) } as unknown as Client, clusterOf(0), clock, { ...LIMITS, feedBytesMax: 1 })
  const feed = fetcher.open('t', 0)
  feed.seek(0)
  fetcher.pump()
  for (let seconds = 0; seconds < 29; seconds += 1) {
    await turns()
    clock.advance(1000)
  }
  await turns()
  assert.deepEqual([made, closed, feed.isAsked], [1, [], true])
  clock.advance(1000)
  await turns()
  assert.deepEqual([made, closed, feed.isAsked], [2, [1], false])
  assert.equal(feed.read(10, 1 << 20, 0).records.length, 1)
  hung.resolve()
  await turns()
  assert.deepEqual(closed, [1, 1], 'also what it connected again')
  assert.equal(feed.read(10, 1 << 20, 0).records.length, 1, 'and what it brings is nobody\'s')
  fetcher.closeAll()
})

test('B2: a fetch that comes further may take as long as it has to', async () => {
  const clock = new SimulatedClock()
  let made = 0
  const closed: number[] = []
  const cluster = {
    connect: async () => {}, findLeaderForPartitions: () => ({ 1: [0] }), disconnect: async () => void closed.push(made),
    // Each topic is looked up by itself.
    addMultipleTargetTopics: () => clock.sleep(20_000),
    findBroker: async () => ({ connectionPool: { send: async () => [] } }),
  } as unknown as Cluster
  const fetcher = new Fetcher({ cluster: () => {
    made += 1
    return cluster
  } } as unknown as Client, cluster, clock, LIMITS)
  const feeds = ['a', 'b', 'c', 'd'].map((topic) => fetcher.open(topic, 0))
  for (const feed of feeds) feed.seek(0)
  fetcher.pump()
  const [first] = feeds
  for (let seconds = 0; seconds < 75; seconds += 1) {
    await turns()
    clock.advance(1000)
  }
  await turns()
  assert.deepEqual([made, closed, first?.isAsked], [1, [], true])
  fetcher.closeAll()
})
