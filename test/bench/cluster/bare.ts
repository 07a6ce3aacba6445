// Bare: a client of one partition that does nothing but transactions: into each of its topics a record that tells when it was made, an offset for each, commit, a pause,
// again. How long it cannot go on after a kill is the brokers' own time. Raw requests of @platformatic/kafka, so that no fault of the driver is in both; what is refused
// is sent again after 5 ms, for ever. No topic waits for another: each further one has connections of its own, as a broker answers those of one in order.
//
// Owns: its transactional id, its connections.
import { setTimeout as sleep } from 'node:timers/promises'
import * as kafka from '@platformatic/kafka'

export interface BarePlan {
  readonly ports: readonly number[]
  readonly topics: readonly string[]
  readonly partition: number
  readonly transactionalId: string
  readonly group: string
  readonly pauseMs: number
}

const HOST = '127.0.0.1'
const AGAIN_MS = 5
const TRANSACTION_MS = 60_000
const REQUEST_MS_MAX = 30_000
const CONNECT_MS_MAX = 1500
const GROUP = 0
const TRANSACTION = 1
const ALL_COPIES = -1
/** Of the connections for coordinators, and for the first topic. */
const MAIN = 0
/** Of the committed offset: anybody's, as of a group without members. */
const NO_GENERATION = -1
/** These end a transaction: the next begins with a new epoch. All else heals. */
const FINAL: readonly string[] = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'INVALID_TXN_STATE', 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'TRANSACTION_ABORTABLE']

type Ask<T> = (connection: kafka.Connection) => Promise<T>

export class Bare {
  readonly #plan: BarePlan
  readonly #id: string
  /** By lane and port. */
  readonly #connections = new Map<string, Promise<kafka.Connection>>()
  /** Ports of coordinators, by kind, and of leaders, by topic. */
  readonly #coordinators = new Map<number, number>()
  readonly #leaders = new Map<string, number>()
  #at = 0
  #producerId = -1n
  #epoch = -1
  #sequence = 0
  #done = 0n
  #isOver = false
  #running: Promise<void> | undefined

  constructor(plan: BarePlan) {
    this.#plan = plan
    this.#id = plan.transactionalId
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    for (const connection of this.#connections.values()) void connection.then((open) => open.close(), () => undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      try {
        if (this.#epoch === -1) await this.#begin()
        await this.#transact()
        await sleep(this.#plan.pauseMs)
      } catch {
        this.#epoch = -1
      }
    }
  }

  async #begin(): Promise<void> {
    const given = await this.#coordinated(TRANSACTION, (connection) => kafka.initProducerIdV4.api.async(connection, this.#id, TRANSACTION_MS, -1n, -1))
    this.#producerId = given.producerId
    this.#epoch = given.producerEpoch
    this.#sequence = 0
  }

  async #transact(): Promise<void> {
    const { topics, partition } = this.#plan
    const partitions = topics.map((name) => ({ name, partitions: [partition] }))
    await this.#coordinated(TRANSACTION, (connection) => kafka.addPartitionsToTxnV3.api.async(connection, [{ transactionalId: this.#id, producerId: this.#producerId, producerEpoch: this.#epoch, verifyOnly: false, topics: partitions }]))
    const ends = await Promise.allSettled([...topics.map((topic) => this.#write(topic)), this.#commitOffsets()])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    await this.#coordinated(TRANSACTION, (connection) => kafka.endTxnV3.api.async(connection, this.#id, this.#producerId, this.#epoch, true))
    this.#sequence += 1
    this.#done += 1n
  }

  async #write(topic: string): Promise<void> {
    const { partition } = this.#plan
    const message = { topic, partition, key: Buffer.from(this.#id), value: Buffer.from('bare'), headers: new Map(), timestamp: BigInt(Date.now()) }
    const sequences = new kafka.NumericMap([[`${topic}:${partition}`, this.#sequence]])
    await this.#led(topic, (connection) => kafka.produceV11.api.async(connection, ALL_COPIES, REQUEST_MS_MAX, [message], { compression: 'none', producerId: this.#producerId, producerEpoch: this.#epoch, sequences, transactionalId: this.#id }))
  }

  async #commitOffsets(): Promise<void> {
    const { topics, partition, group } = this.#plan
    await this.#coordinated(TRANSACTION, (connection) => kafka.addOffsetsToTxnV3.api.async(connection, this.#id, this.#producerId, this.#epoch, group))
    const at = topics.map((name) => ({ name, partitions: [{ partitionIndex: partition, committedOffset: this.#done, committedLeaderEpoch: -1, committedMetadata: null }] }))
    await this.#coordinated(GROUP, (connection) => kafka.txnOffsetCommitV3.api.async(connection, this.#id, group, this.#producerId, this.#epoch, NO_GENERATION, '', null, at))
  }

  #coordinated<T>(kind: number, ask: Ask<T>): Promise<T> {
    return this.#untilTaken(ask, async () => this.#connection(this.#coordinators.get(kind) ?? (await this.#find(kind))), () => this.#coordinators.delete(kind))
  }

  #led<T>(topic: string, ask: Ask<T>): Promise<T> {
    const lane = this.#plan.topics.indexOf(topic)
    return this.#untilTaken(ask, async () => this.#connection(this.#leaders.get(topic) ?? (await this.#lookUp(topic)), lane), () => this.#leaders.delete(topic))
  }

  async #untilTaken<T>(ask: Ask<T>, connected: () => Promise<kafka.Connection>, forget: () => void): Promise<T> {
    for (;;) {
      try {
        return await ask(await connected())
      } catch (thrown) {
        const names = namesOf(thrown)
        if (this.#isOver || names.some((name) => FINAL.includes(name))) throw thrown
        if (!names.includes('CONCURRENT_TRANSACTIONS')) forget()
        await sleep(AGAIN_MS)
      }
    }
  }

  async #find(kind: number): Promise<number> {
    const key = kind === GROUP ? this.#plan.group : this.#id
    const { coordinators } = await this.#anybody((connection) => kafka.findCoordinatorV6.api.async(connection, kind, [key]))
    const port = coordinators[0]?.port ?? NaN
    this.#coordinators.set(kind, port)
    return port
  }

  async #lookUp(topic: string): Promise<number> {
    const { partition } = this.#plan
    const { topics, brokers } = await this.#anybody((connection) => kafka.metadataV12.api.async(connection, [topic], false, false))
    const leader = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId
    const port = brokers.find(({ nodeId }) => nodeId === leader)?.port
    if (port === undefined) throw new TypeError('no leader yet')
    this.#leaders.set(topic, port)
    return port
  }

  /** One broker after the other: who cannot be reached is not asked the next time. */
  async #anybody<T>(ask: Ask<T>): Promise<T> {
    const { ports } = this.#plan
    this.#at += 1
    return ask(await this.#connection(ports[this.#at % ports.length] ?? NaN))
  }

  async #connection(port: number, lane = MAIN): Promise<kafka.Connection> {
    const name = `${lane} ${port}`
    const known = await this.#connections.get(name)?.catch(() => undefined)
    if (known?.isConnected() === true) return known
    const opening = open(port)
    this.#connections.set(name, opening)
    return opening
  }
}

async function open(port: number): Promise<kafka.Connection> {
  const connection = new kafka.Connection('bare', { connectTimeout: CONNECT_MS_MAX, requestTimeout: REQUEST_MS_MAX })
  connection.on('error', () => undefined)
  await connection.connect(HOST, port)
  return connection
}

/** What brokers call it, of each part that was refused. */
function namesOf(thrown: unknown): readonly string[] {
  const { apiId, errors } = thrown as { readonly apiId?: string; readonly errors?: readonly unknown[] }
  return [...(apiId === undefined ? [] : [apiId]), ...(errors ?? []).flatMap(namesOf)]
}
