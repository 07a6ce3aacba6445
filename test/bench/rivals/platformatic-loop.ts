// W1 as a loop written by hand on @platformatic/kafka: its Consumer for the group and for bare fetches, its Producer for transactions, states in a map.
//
// Owns: the partitions of this process, each with a producer of its own, and the loop that fetches for all of them.
//
// L1. The producer is fenced before the committed offset is read: until then an earlier owner may still commit.
// L2. An output and the offset behind its input are written in one transaction.
// L3. What is done to a partition is done one after the other. Meanwhile the next records are fetched, one answer ahead.
import { Consumer, Producer } from '@platformatic/kafka'
import type { Message, MessageToProduce } from '@platformatic/kafka'
import { Scorer } from './scorer.ts'
import { fail, settings, transactionalId } from './settings.ts'

const SEND_RECORDS = 1000
const FETCH_WAIT_MS = 50
const FETCH_PARTITION_BYTES = 1 << 20
const IDLE_MS = 10
const READ_COMMITTED = 1
const CONTROL_BATCH = 0x20

const { brokers, input, output, group, commitMs, clientId, sessionMs } = settings
/** The brokers refuse a transaction while they end the one before: tried again soon. */
const base = { clientId, bootstrapBrokers: brokers, retries: 100, retryDelay: 5 }
const consumer = new Consumer({ ...base, groupId: group, sessionTimeout: sessionMs, heartbeatInterval: sessionMs / 10, autocommit: false, isolationLevel: READ_COMMITTED })

/** Types that the package does not export. */
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>
type Transaction = Awaited<ReturnType<Producer['beginTransaction']>>

interface Fetched {
  readonly offset: number
  readonly key: Buffer
  readonly value: Buffer
}

class Partition {
  readonly partition: number
  readonly #producer: Producer
  #scorer = new Scorer(0)
  #fetchFrom = 0
  #waiting: readonly Fetched[] = []
  #transaction: Transaction | undefined
  #beganMs = 0
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(partition: number) {
    this.partition = partition
    // Without an id of none the client asks to go on with producer 0, which fences every second start.
    this.#producer = new Producer({ ...base, transactionalId: transactionalId(partition), idempotent: true, producerId: -1n, producerEpoch: -1 })
  }

  async open(): Promise<void> {
    // L1
    await (await this.#producer.beginTransaction()).cancel()
    const committed = await consumer.listCommittedOffsets({ topics: [{ topic: input, partitions: [this.partition] }] })
    this.#scorer = new Scorer(Math.max(0, Number(committed.get(input)?.[this.partition] ?? 0)))
  }

  /** Where the next fetch begins; undefined: fetched records wait already. */
  get fetchFrom(): number | undefined {
    return this.#waiting.length === 0 ? this.#fetchFrom : undefined
  }

  offer(records: readonly Fetched[], next: number): void {
    this.#fetchFrom = next
    this.#waiting = records
    void this.#afterwards(async () => {
      this.#waiting = []
      for (let at = 0; at < records.length; at += SEND_RECORDS) await this.#step(records.slice(at, at + SEND_RECORDS))
    }).catch(fail)
  }

  async close(): Promise<void> {
    await this.#afterwards(async () => {
      clearTimeout(this.#timer)
      await this.#transaction?.abort()
    })
    await this.#producer.close()
  }

  #afterwards(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work)
    return this.#last
  }

  async #step(records: readonly Fetched[]): Promise<void> {
    const messages: MessageToProduce[] = []
    for (const { offset, key, value } of records) {
      const scored = this.#scorer.take(offset, key, value)
      if (scored !== undefined) messages.push({ topic: output, partition: this.partition, key, value: Buffer.from(scored.buffer, scored.byteOffset, scored.length) })
    }
    if (messages.length === 0) return
    this.#transaction ??= await this.#begin()
    await this.#transaction.send({ messages, acks: -1 })
    if (performance.now() - this.#beganMs >= commitMs) await this.#commit()
  }

  async #begin(): Promise<Transaction> {
    this.#beganMs = performance.now()
    // Where no further record comes.
    this.#timer = setTimeout(() => void this.#afterwards(() => this.#commit()).catch(fail), commitMs)
    return this.#producer.beginTransaction()
  }

  async #commit(): Promise<void> {
    const transaction = this.#transaction
    if (transaction === undefined) return
    clearTimeout(this.#timer)
    this.#transaction = undefined
    await transaction.addConsumer(consumer)
    const { generationId, memberId, coordinatorId } = consumer
    // The client takes the message that was consumed last, of which it reads no more than this.
    const last = { topic: input, partition: this.partition, offset: BigInt(this.#scorer.next - 1), metadata: { consumer: { groupId: group, generationId, memberId, coordinatorId } } }
    await transaction.addOffset(last as unknown as Message)
    await transaction.commit()
  }
}

const partitions = new Map<number, Partition>()

async function assign(): Promise<void> {
  const assigned = (consumer.assignments ?? []).filter(({ topic }) => topic === input).flatMap((one) => one.partitions)
  for (const [partition, own] of partitions) {
    if (assigned.includes(partition)) continue
    partitions.delete(partition)
    await own.close()
  }
  for (const partition of assigned) {
    if (partitions.has(partition)) continue
    const own = new Partition(partition)
    await own.open()
    partitions.set(partition, own)
  }
}

function take({ responses }: FetchResponse, asked: ReadonlyMap<number, number>): void {
  for (const { partitionIndex, records: batches } of responses.flatMap((topic) => topic.partitions)) {
    const from = asked.get(partitionIndex) ?? 0
    const found: Fetched[] = []
    let next = from
    for (const { firstOffset, lastOffsetDelta, attributes, records } of batches ?? []) {
      const first = Number(firstOffset)
      next = first + lastOffsetDelta + 1
      if ((attributes & CONTROL_BATCH) !== 0) continue
      for (const { offsetDelta, key, value } of records) {
        // The first batch may begin before what was asked for.
        if (first + offsetDelta >= from && key !== null && value !== null) found.push({ offset: first + offsetDelta, key, value })
      }
    }
    if (next > from) partitions.get(partitionIndex)?.offer(found, next)
  }
}

async function fetchAll(node: number, topicId: string): Promise<never> {
  for (;;) {
    const asked = new Map([...partitions.values()].flatMap(({ partition, fetchFrom }) => (fetchFrom === undefined ? [] : [[partition, fetchFrom] as const])))
    if (asked.size === 0) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
      continue
    }
    const wanted = [...asked].map(([partition, from]) => ({ partition, currentLeaderEpoch: -1, fetchOffset: BigInt(from), lastFetchedEpoch: -1, partitionMaxBytes: FETCH_PARTITION_BYTES }))
    take(await consumer.fetch({ node, maxWaitTime: FETCH_WAIT_MS, minBytes: 1, maxBytes: FETCH_PARTITION_BYTES * wanted.length, isolationLevel: READ_COMMITTED, topics: [{ topicId, partitions: wanted }] }), asked)
  }
}

consumer.on('error', fail)
process.on('SIGTERM', () => process.exit(0))
let assigning = Promise.resolve()
consumer.on('consumer:group:join', () => {
  assigning = assigning.then(assign)
  void assigning.catch(fail)
})
consumer.topics.trackAll(input)
await consumer.joinGroup()
const topic = (await consumer.metadata({ topics: [input] })).topics.get(input)
// One broker leads all of the measured topic.
if (topic?.partitions[0] === undefined) fail(`there is no topic ${input}`)
await fetchAll(topic.partitions[0].leader, topic.id).catch(fail)
