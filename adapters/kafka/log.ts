// The log on a Kafka cluster: the default driver, on the low-level layer of its client.
//
// Owns: connections, fetches, the producer for appends and the memberships of this process. Topics, groups and transactional ids are those of an app;
// a namespace keeps apps apart that share a cluster.
import { randomUUID } from 'node:crypto'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { AppendOutcome, Committed, KeyedReads, LeaseHandler, Log, Member, Membership as Reading, ReadOptions, Timepoint, TopicProblem } from '../../system/ports/log.ts'
import type { Keeping } from '../../system/ports/topic-keeping.ts'
import { grown } from '../../system/membership/growth.ts'
import { partitionsOf } from '../../system/membership/topics.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { Appender } from './appender.ts'
import { Cluster, patient } from './cluster.ts'
import { readCommitted } from './committed.ts'
import type { Security } from './connection.ts'
import { parseBrokers } from './connections.ts'
import { Fetcher } from './fetcher.ts'
import { History } from './history.ts'
import { KafkaLease } from './lease.ts'
import { Membership } from './membership.ts'
import { Names } from '../../system/membership/names.ts'
import { Packer } from './packing.ts'
import { patiently } from '../../system/membership/patience.ts'
import { Seats } from '../../system/membership/seats.ts'
import { Topics } from './topics.ts'
import { Transactions } from './transaction.ts'
import { Visibility } from '../../system/membership/visibility.ts'

export interface KafkaLogOptions {
  /** `host:port`, several with commas between. */
  readonly brokers: string
  readonly clock: Clock
  /** Goes before the names of topics, groups and transactional ids. Default: none. */
  readonly namespace?: string
  /** How this client shows in the brokers' logs. Default `statelog`. */
  readonly clientId?: string
  /** TLS and SASL. */
  readonly security?: Security
  /** Static membership: a process that is restarted within the session gets back what it had. Default: none. */
  readonly instanceId?: string
  /**
   * Appends to several partitions are made in one transaction under this transactional id (after the namespace); another process that takes the id shuts
   * this one out. Default: only the records of one partition are written together (L6).
   */
  readonly appendAs?: string
  /** A member that is silent for longer loses its partitions, ms. Default 10 s. */
  readonly sessionMs?: number
  /** Default: a twentieth of the session. */
  readonly heartbeatMs?: number
  /** Key, value and headers of one record. Default 1 MiB less what a batch takes; topics made here take larger batches. */
  readonly recordBytesMax?: number
  /** Copies of each partition of topics that are made here. Default: three, or as many as there are brokers. */
  readonly replication?: number
  /** Reasons why partitions are missing, for people. */
  readonly notice?: (message: string) => void
}

const SESSION_MS = 10_000
/** Between two looks at the topics of a group. */
const HEARTBEATS_PER_LOOK = 10
const RECORD_BYTES_MAX = 16 << 20
const BATCH_BYTES_MAX = 20 << 20
const TRANSACTION_MS = 15_000
const REQUEST_MS_MAX = 10_000
const CONNECT_MS_MAX = 3000
const ANSWER_MS_MAX = 30_000
const FETCH = { waitMsMax: 3000, lastWaitMsMax: 500, busyWaitMsMax: 20, feedBytesMax: 2 << 20, partBytesMax: 1 << 20, answerBytesMax: 16 << 20 }

export class KafkaLog implements Log {
  readonly keyed: KeyedReads | undefined = undefined
  readonly #options: KafkaLogOptions
  readonly #cluster: Cluster
  readonly #names: Names
  readonly #topics: Topics
  readonly #visibility: Visibility
  readonly #history: History
  readonly #fetcher: Fetcher
  readonly #packer: Packer
  readonly #appender: Appender
  readonly #memberships = new Set<Membership>()
  readonly #closing = new AbortController()
  #isClosed = false

  constructor(options: KafkaLogOptions) {
    const { clock, clientId = 'statelog', security = {}, sessionMs = SESSION_MS, replication, recordBytesMax = RECORD_BYTES_MAX } = options
    this.#options = options
    this.#names = new Names(options.namespace ?? '')
    this.#cluster = new Cluster(parseBrokers(options.brokers), { clientId, security, connectMsMax: CONNECT_MS_MAX, requestMsMax: REQUEST_MS_MAX, slowMsMax: Math.max(sessionMs, REQUEST_MS_MAX) * 3 }, clock)
    this.#topics = new Topics(this.#cluster, this.#names, clock, { replication, batchBytesMax: BATCH_BYTES_MAX })
    this.#packer = new Packer(this.#topics, this.#names, recordBytesMax)
    this.#visibility = new Visibility(clock)
    this.#history = new History(this.#cluster, clock, this.#topics, this.#names, this.#visibility, ANSWER_MS_MAX)
    this.#fetcher = new Fetcher(this.#cluster, clock, FETCH)
    const { appendAs } = options
    const together = appendAs === undefined ? undefined : new Transactions({
      cluster: this.#cluster, clock, visibility: this.#visibility, transactionalId: this.#names.of(appendAs), group: '', partition: 0, use: 'append together', timeoutMs: TRANSACTION_MS, standing: async () => undefined,
    })
    this.#appender = new Appender({ cluster: this.#cluster, clock, packer: this.#packer, together, appendMsMax: ANSWER_MS_MAX })
  }

  /** Throws when no broker can be used. */
  reach(): Promise<void> {
    return this.#cluster.reach()
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]> {
    this.#assertOpen()
    return this.#patiently(() => this.#topics.ensure(specs))
  }

  topics(): Promise<readonly TopicSpec[]> {
    this.#assertOpen()
    return this.#patiently(() => this.#topics.all())
  }

  async keeping(topics: readonly string[]): Promise<Keeping> {
    this.#assertOpen()
    return this.#patiently(() => this.#topics.keeping(topics))
  }

  unverifying(): Promise<readonly number[]> {
    this.#assertOpen()
    return this.#patiently(() => this.#topics.unverifying())
  }

  async join(reading: Reading, handler: LeaseHandler): Promise<Member> {
    this.#assertOpen()
    const { clock, sessionMs = SESSION_MS, heartbeatMs = sessionMs / 20, instanceId } = this.#options
    const partitions = await this.#patiently(() => this.#partitionsOf(reading))
    const owner = randomUUID()
    const seats: Seats<KafkaLease> = new Seats({
      lease: (partition, lives, released) => new KafkaLease(partition, {
        cluster: this.#cluster, clock, names: this.#names, fetcher: this.#fetcher, packer: this.#packer, visibility: this.#visibility, reading, membership, transactionMs: TRANSACTION_MS, owner, lives, released,
      }),
      assigned: (lease) => handler.assigned(lease),
      notice: (message) => this.#options.notice?.(`${reading.group}: ${message}`),
    })
    const membership: Membership = new Membership({
      cluster: this.#cluster, clock, group: this.#names.of(reading.group), topics: reading.topics.map((topic) => this.#names.of(topic)), owner,
      instanceId: instanceId === undefined ? null : `${instanceId}/${reading.group}`, sessionMs, heartbeatMs, rebalanceMs: Math.max(sessionMs, REQUEST_MS_MAX), manifest: () => this.#manifest(reading),
    }, seats)
    seats.serve(membership)
    this.#memberships.add(membership)
    membership.start()
    const left = new AbortController()
    const stopped = AbortSignal.any([left.signal, this.#closing.signal])
    void grown({ group: reading.group, clock, everyMs: heartbeatMs * HEARTBEATS_PER_LOOK, stopped, look: () => this.#manifest(reading) }, partitions).then((reason) => {
      if (reason === undefined) return
      // Stopped first, so that the group assigns nothing any more.
      void membership.stop()
      seats.ended(reason)
    })
    return {
      leave: () => {
        left.abort()
        return this.#leave(membership, seats)
      },
    }
  }

  /** Positions and metadata of a group, without a lease: for those who only look. */
  committed(reading: Reading, partition: number): Promise<Committed | null> {
    this.#assertOpen()
    return waiting(readCommitted(this.#cluster, this.#names, reading, partition, 'look', { untilMs: this.#options.clock.monotonicMs() + ANSWER_MS_MAX }))
  }

  read(topic: string, partition: number, from: number, to: number, options: ReadOptions): Promise<RecordRange> {
    this.#assertOpen()
    return this.#patiently(() => this.#history.read(topic, partition, from, to, options))
  }

  append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    this.#assertOpen()
    return this.#appender.append(records)
  }

  offsetsAt(topic: string, partition: number, at: Timepoint): Promise<number> {
    this.#assertOpen()
    return this.#patiently(() => this.#history.offsetAt(topic, partition, at))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closing.abort()
    await Promise.all([...this.#memberships].map((membership) => membership.stop()))
    this.#fetcher.closeAll()
    this.#cluster.close()
  }

  async #leave(membership: Membership, seats: Seats<KafkaLease>): Promise<void> {
    if (!this.#memberships.delete(membership)) return
    seats.lost('the member left')
    await membership.stop()
  }

  async #partitionsOf(reading: Reading): Promise<number> {
    const specs = new Map<string, TopicSpec>()
    for (const topic of reading.topics) {
      const spec = await this.#topics.spec(topic)
      if (spec !== undefined) specs.set(topic, spec)
    }
    return partitionsOf(reading, (topic) => specs.get(topic))
  }

  #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const heals = (thrown: unknown): boolean => patient(thrown) instanceof Unreachable
    return waiting(patiently({ clock: this.#options.clock, closing: this.#closing.signal, msMax: ANSWER_MS_MAX, heals }, ask))
  }

  /** What the brokers say now: a topic that grew is noticed at the next join. */
  async #manifest({ topics }: Reading): Promise<Readonly<Record<string, number>>> {
    const names = topics.map((topic) => this.#names.of(topic))
    await this.#cluster.refresh(names)
    return Object.fromEntries(topics.map((topic) => [topic, this.#cluster.known(this.#names.of(topic))?.leaders.length ?? 0]))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new OperationError('kafka/closed', 'the log is closed')
  }
}

const waiting = <T>(asked: Promise<T>): Promise<T> => asked.catch((thrown: unknown) => {
  throw patient(thrown)
})

/** Throws an `OperationError` with a code `kafka/...` that says what to do when no broker can be used. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const log = new KafkaLog(options)
  try {
    await log.reach()
    return log
  } catch (thrown) {
    await log.close()
    throw thrown
  }
}
