// W1 as a loop written by hand with kafkajs: consumer group, a transaction for outputs and offsets, states in a map.
//
// Owns: the partitions of this process. Each has a producer of its own, because kafkajs commits offsets in a transaction without saying which generation
// of the group they are of: only the transactional id of the partition shuts out an owner that does not know that it is none.
//
// L1. The producer is fenced before the committed offset is read: until then an earlier owner may still commit.
// L2. An output and the offset behind its input are written in one transaction.
// L3. What is done to a partition is done one after the other.
import kafkajs from 'kafkajs'
import type { EachBatchPayload, KafkaMessage, Message, Producer, Transaction } from 'kafkajs'
import { PARTITIONS } from '../w1/system.ts'
import { Scorer } from './scorer.ts'
import { fail, settings, transactionalId } from './settings.ts'

/** In one send kafkajs copies the list of a partition's messages for every message: large sends cost their square. */
const SEND_RECORDS = 250
/** The brokers refuse a transaction while they end the one before; the client's own 300 ms would be most of a commit interval. */
const AT_ONCE = { initialRetryTime: 5, maxRetryTime: 100, retries: 100 }

const { brokers, input, output, group, commitMs, clientId, sessionMs } = settings
const kafka = new kafkajs.Kafka({ brokers, clientId, logLevel: kafkajs.logLevel.NOTHING })
const admin = kafka.admin()
const consumer = kafka.consumer({ groupId: group, sessionTimeout: sessionMs, heartbeatInterval: sessionMs / 10, maxWaitTimeInMs: 100, allowAutoTopicCreation: false })

class Partition {
  readonly #partition: number
  readonly #producer: Producer
  #scorer = new Scorer(0)
  #transaction: Transaction | undefined
  #beganMs = 0
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(partition: number) {
    this.#partition = partition
    this.#producer = kafka.producer({ transactionalId: transactionalId(partition), idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: AT_ONCE, createPartitioner: () => ({ message }) => message.partition ?? 0 })
  }

  async open(): Promise<void> {
    await this.#producer.connect()
    // L1. The first transaction is what asks for the id.
    await (await this.#producer.transaction()).abort()
    const [topic] = await admin.fetchOffsets({ groupId: group, topics: [input] })
    this.#scorer = new Scorer(Math.max(0, Number(topic?.partitions.find(({ partition }) => partition === this.#partition)?.offset ?? 0)))
  }

  take(records: readonly KafkaMessage[]): Promise<void> {
    return this.#afterwards(() => this.#step(records))
  }

  async close(): Promise<void> {
    await this.#afterwards(async () => {
      clearTimeout(this.#timer)
      await this.#transaction?.abort()
    })
    await this.#producer.disconnect()
  }

  #afterwards(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work)
    return this.#last
  }

  async #step(records: readonly KafkaMessage[]): Promise<void> {
    const messages: Message[] = []
    for (const { offset, key, value } of records) {
      if (key === null || value === null) throw new TypeError(`offset ${offset} of partition ${this.#partition} has no key or no value`)
      const scored = this.#scorer.take(Number(offset), key, value)
      if (scored !== undefined) messages.push({ key, value: Buffer.from(scored.buffer, scored.byteOffset, scored.length), partition: this.#partition })
    }
    if (messages.length === 0) return
    this.#transaction ??= await this.#begin()
    await this.#transaction.send({ topic: output, messages, acks: -1 })
    if (performance.now() - this.#beganMs >= commitMs) await this.#commit()
  }

  async #begin(): Promise<Transaction> {
    this.#beganMs = performance.now()
    // Where no further record comes.
    this.#timer = setTimeout(() => void this.#afterwards(() => this.#commit()).catch(fail), commitMs)
    return this.#producer.transaction()
  }

  async #commit(): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined) return
    clearTimeout(this.#timer)
    this.#transaction = undefined
    await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: input, partitions: [{ partition: this.#partition, offset: String(this.#scorer.next) }] }] })
    await transaction.commit()
  }
}

const partitions = new Map<number, Partition>()

async function batch({ batch: { partition, messages }, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
  let own = partitions.get(partition)
  if (own === undefined) {
    own = new Partition(partition)
    partitions.set(partition, own)
    await own.open().catch(fail)
    // Its states are made of all that came before.
    if (messages[0]?.offset !== '0') return consumer.seek({ topic: input, partition, offset: '0' })
  }
  for (let at = 0; at < messages.length && isRunning() && !isStale(); at += SEND_RECORDS) {
    const part = messages.slice(at, at + SEND_RECORDS)
    await own.take(part).catch(fail)
    resolveOffset(part.at(-1)?.offset ?? '0')
    // Where it fails, the client joins the group again.
    await heartbeat()
  }
}

consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) fail(payload.error)
})
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  const assigned = payload.memberAssignment[input] ?? []
  for (const [partition, own] of partitions) {
    if (assigned.includes(partition)) continue
    partitions.delete(partition)
    void own.close().catch(fail)
  }
})
process.on('SIGTERM', () => process.exit(0))
await Promise.all([admin.connect(), consumer.connect()])
await consumer.subscribe({ topic: input, fromBeginning: true })
await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: PARTITIONS, eachBatch: batch })
