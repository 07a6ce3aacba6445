// A record of a commit is written once, although kafkajs repeats requests that have not ended yet (L7).
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { TopicMessages } from 'kafkajs'
import { Announced } from '../../../../adapters/kafkajs/announcements.ts'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { Send } from '../../../../adapters/kafkajs/packing.ts'
import { Transactions } from '../../../../adapters/kafkajs/transaction.ts'
import type { TransactionEnd } from '../../../../adapters/kafkajs/transaction-plan.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { record } from '../../../contract/log-fixture.ts'

const [MESSAGE_TOO_LARGE, NOT_LEADER, CONCURRENT_TRANSACTIONS] = [10, 6, 51]

const internal = createRequire(import.meta.url)
const createSendMessages = internal('kafkajs/src/producer/sendMessages') as (parts: object) => (batch: object) => Promise<unknown>
const createRetry = internal('kafkajs/src/retry') as (options: object) => unknown

interface Asked {
  readonly nodeId: string
  readonly topicData: readonly { readonly topic: string }[]
}

/** Two brokers: the first refuses once and at once, the second takes its time. Answers whose records were written how often. */
async function written(names: readonly (readonly string[])[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let refusals = 1
  const produce = async ({ nodeId, topicData }: Asked): Promise<unknown> => {
    if (nodeId === '1' && refusals-- > 0) throw errorNamed(CONCURRENT_TRANSACTIONS)
    await wallClock.sleep(nodeId === '2' ? 20 : 0)
    for (const { topic } of topicData) counts[topic] = (counts[topic] ?? 0) + 1
    return { topics: [] }
  }
  const leaderOf = (topic: string): string => (topic === 'a' ? '1' : '2')
  const brokers = new Map(['1', '2'].map((nodeId) => [nodeId, { nodeId, produce: (request: Omit<Asked, 'nodeId'>) => produce({ ...request, nodeId }) }]))
  const cluster = {
    refreshMetadataIfNecessary: async () => {}, refreshMetadata: async () => {}, addMultipleTargetTopics: async () => {}, isConnected: () => true,
    findTopicPartitionMetadata: () => [{ partitionId: 0 }], findLeaderForPartitions: (topic: string) => ({ [leaderOf(topic)]: [0] }), findBroker: async ({ nodeId }: { readonly nodeId: string }) => brokers.get(nodeId),
  }
  const locks = new Map<string, Promise<void>>()
  const release = new Map<string, () => void>()
  const eosManager = {
    acquireBrokerLock: async ({ nodeId }: { readonly nodeId: string }) => {
      await locks.get(nodeId)
      const { promise, resolve } = Promise.withResolvers<void>()
      locks.set(nodeId, promise)
      release.set(nodeId, resolve)
    },
    releaseBrokerLock: async ({ nodeId }: { readonly nodeId: string }) => release.get(nodeId)?.(),
    isTransactional: () => true, addPartitionsToTransaction: async () => {}, getSequence: () => 0, updateSequence: () => {}, getTransactionalId: () => 't', getProducerId: () => 1, getProducerEpoch: () => 0,
  }
  const sendMessages = createSendMessages({ logger: { debug: () => {}, error: () => {} }, cluster, partitioner: () => 0, eosManager, retrier: createRetry({ retries: 5, initialRetryTime: 1 }) })
  await Promise.all(names.map((topics) => sendMessages({ acks: -1, timeout: 1000, compression: 0, topicMessages: topics.map((topic) => ({ topic, messages: [{ value: 'x' }] })) })))
  return counts
}

test('kafkajs writes records twice that are under way to one leader when another one refuses; not those of a request of their own', async () => {
  assert.deepEqual(await written([['a', 'b']]), { a: 1, b: 2 })
  assert.deepEqual(await written([['a'], ['b']]), { a: 1, b: 1 })
})

interface Commit {
  readonly end: TransactionEnd
  /** Topic partitions of each request. */
  readonly requests: readonly string[]
  /** What was under way when each was made, itself included. */
  readonly together: readonly number[]
  /** What the first announcement names. */
  readonly announced: string
  /** Whether the transaction was ended with a request under way. */
  readonly isEarly: boolean
  /** Requests under way as its producer was closed last. */
  readonly left: number
}

/** Once what may go on behind an end has ended. */
async function settled(look: () => number): Promise<number> {
  await wallClock.sleep(20)
  return look()
}

const SEND = new Send([0, 1, 2].map((partition) => ({ index: partition, record: record('t', partition, 'x'), onCluster: 't' })))

/** Commits a record on each of three partitions. `codes`: how partitions answer that do not take theirs. */
async function commit(codes: readonly (number | undefined)[] = [], sends = [SEND]): Promise<Commit> {
  const requests: string[] = []
  const together: number[] = []
  let announced = ''
  const coordinator = new Announced(async ({ topics }) => void (announced ||= JSON.stringify(topics)))
  let underWay = 0
  let isEarly = false
  const sendBatch = async ({ topicMessages }: { readonly topicMessages: TopicMessages[] }): Promise<unknown> => {
    const partitions = topicMessages.flatMap(({ topic, messages }) => messages.map(({ partition = 0 }) => ({ topicName: topic, partition, baseOffset: '0' })))
    requests.push(partitions.map(({ partition }) => partition).join())
    together.push((underWay += 1))
    await coordinator.add({ transactionalId: 't', producerId: 7, producerEpoch: 0, topics: [{ topic: 't', partitions: [0] }] })
    await wallClock.sleep(partitions.at(-1)?.partition === 2 ? 10 : 0)
    underWay -= 1
    const code = codes[partitions[0]?.partition ?? 0]
    if (code !== undefined) throw errorNamed(code)
    return partitions
  }
  const ended = async (): Promise<void> => void (isEarly ||= underWay > 0)
  const transaction = { sendBatch, commit: ended, abort: ended }
  let left = 0
  const producer = { connect: async () => {}, disconnect: async () => void (left = underWay), transaction: async () => transaction }
  const transactions = new Transactions({ client: { transactional: () => producer } as unknown as Client, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 't', group: 'g', partition: 0, timeoutMs: 1000, fenceMsMax: 100 })
  await transactions.fence()
  return { end: await transactions.commit({ sends, offsets: [] }), requests, together, announced, isEarly, left: await settled(() => left) }
}

test('each partition has a request of its own, which has ended before the transaction ends', async () => {
  assert.deepEqual(await commit(), { end: { kind: 'committed', offsets: [0, 0, 0] }, requests: ['0', '1', '2'], together: [1, 2, 3], announced: '[{"topic":"t","partitions":[0,1,2]}]', isEarly: false, left: 0 })
  const failed = await commit([NOT_LEADER])
  assert.deepEqual([failed.end.kind, failed.isEarly, failed.left], ['unknown', false, 0])
})

test('all of a send have ended before the next one begins', async () => {
  const next = new Send(SEND.placed.map((placed) => ({ ...placed, index: placed.index + 3 })))
  const { end, together } = await commit([], [SEND, next])
  assert.deepEqual([end.kind, together], ['committed', [1, 2, 3, 1, 2, 3]])
})

test('where one partition refuses and another one fails, nobody knows', async () => {
  assert.equal((await commit([undefined, MESSAGE_TOO_LARGE, NOT_LEADER])).end.kind, 'unknown')
})

test('what one partition refuses is taken back, with what others have taken', async () => {
  const refused = await commit([undefined, MESSAGE_TOO_LARGE])
  assert.deepEqual([refused.end.kind, 'records' in refused.end && refused.end.records, refused.isEarly], ['refused', [1], false])
})
