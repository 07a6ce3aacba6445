// The log on a Kafka cluster, by kafkajs: for systems that have it already.
//
// Owns: connections, fetches, the producer for appends and the memberships of this process. Topics, groups and transactional ids are those of an app;
// a namespace keeps apps apart that share a cluster.
import { randomUUID } from 'node:crypto'
import type { Admin } from 'kafkajs'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { AppendOutcome, Committed, KeyedReads, LeaseHandler, Log, Member, Membership as Reading, ReadOptions, Timepoint, TopicProblem } from '../../system/ports/log.ts'
import type { Keeping } from '../../system/ports/topic-keeping.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { Names } from '../../system/membership/names.ts'
import { grown } from '../../system/membership/growth.ts'
import { patiently } from '../../system/membership/patience.ts'
import { Seats } from '../../system/membership/seats.ts'
import { partitionsOf } from '../../system/membership/topics.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import { Appender } from './appender.ts'
import { Client } from './client.ts'
import type { Security } from './client.ts'
import { codeOf, isForbidden, isNotYet, messageOf, patient, refusal } from './codes.ts'
import { readCommitted } from './committed.ts'
import { Fetcher } from './fetcher.ts'
import { History } from './history.ts'
import { Leaders } from './leaders.ts'
import { KafkajsLease } from './lease.ts'
import { Membership } from './membership.ts'
import { Packer } from './packing.ts'
import { Topics } from './topics.ts'
import { Transactions } from './transaction.ts'

export interface KafkajsLogOptions {
  /** `host:port`, several with commas between. */
  readonly brokers: string
  readonly clock: Clock
  /** Goes before the names of topics, groups and transactional ids. Default: none. */
  readonly namespace?: string
  /** How this client shows in the brokers' logs. Default `statelog`. */
  readonly clientId?: string
  readonly security?: Security
  /**
   * Appends to several partitions are made in one transaction under this transactional id (after the namespace); another process that takes the id shuts
   * this one out. Default: only the records of one partition are written together (L6).
   */
  readonly appendAs?: string
  /** Names this process across restarts: started again in time it gets back what it had. Default: none, its partitions move at once. */
  readonly instanceId?: string
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
const REBALANCE_MS_MIN = 10_000
const ANSWER_MS_MAX = 30_000
const FETCH = { waitMsMax: 500, busyWaitMsMax: 20, feedBytesMax: 2 << 20, partBytesMax: 1 << 20, answerBytesMax: 16 << 20 }

export class KafkajsLog implements Log {
  readonly keyed: KeyedReads | undefined = undefined
  readonly #options: KafkajsLogOptions
  readonly #client: Client
  readonly #admin: Admin
  readonly #leaders: Leaders
  readonly #names: Names
  readonly #topics: Topics
  readonly #visibility: Visibility
  readonly #history: History
  readonly #fetcher: Fetcher
  readonly #packer: Packer
  readonly #appender: Appender
  readonly #memberships = new Map<Membership, Seats<KafkajsLease>>()
  readonly #closing = new AbortController()
  #isClosed = false

  constructor(options: KafkajsLogOptions) {
    const { brokers, clock, clientId = 'statelog', namespace = '', recordBytesMax = RECORD_BYTES_MAX, replication, appendAs, security } = options
    this.#options = options
    this.#names = new Names(namespace)
    this.#client = new Client(brokers, clientId, security)
    this.#admin = this.#client.admin()
    this.#leaders = new Leaders(this.#client, clock, ANSWER_MS_MAX)
    this.#topics = new Topics(this.#admin, this.#names, clock, { replication, batchBytesMax: BATCH_BYTES_MAX })
    this.#packer = new Packer(this.#topics, this.#names, recordBytesMax)
    this.#visibility = new Visibility(clock)
    this.#history = new History(this.#leaders, this.#topics, this.#names, this.#visibility)
    this.#fetcher = new Fetcher(this.#client, this.#leaders.cluster, clock, FETCH)
    const together = appendAs === undefined ? undefined : new Transactions({
      client: this.#client, clock, visibility: this.#visibility, transactionalId: this.#names.of(appendAs), group: '', partition: 0, timeoutMs: TRANSACTION_MS, fenceMsMax: ANSWER_MS_MAX,
    })
    this.#appender = new Appender({ client: this.#client, clock, packer: this.#packer, together, transactionMs: TRANSACTION_MS, appendMsMax: ANSWER_MS_MAX })
  }

  /** Throws when no broker can be used. */
  async reach(): Promise<void> {
    try {
      await this.#admin.connect()
    } catch (thrown) {
      if (isForbidden(codeOf(thrown))) throw refusal(thrown, {})
      throw new (isNotYet(codeOf(thrown)) ? Unreachable : OperationError)('kafka/unreachable', `no broker of ${this.#options.brokers} can be reached: ${messageOf(thrown)}. Is it running, and is the address right?`, thrown)
    }
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
    const seats: Seats<KafkajsLease> = new Seats({
      lease: (partition, lives, released) => new KafkajsLease(partition, {
        client: this.#client, admin: this.#admin, history: this, clock, names: this.#names, fetcher: this.#fetcher, packer: this.#packer, visibility: this.#visibility, reading, membership,
        transactionMs: TRANSACTION_MS, askMsMax: ANSWER_MS_MAX, owner, lives, released,
      }),
      assigned: (lease) => handler.assigned(lease),
      notice: (message) => this.#options.notice?.(`${reading.group}: ${message}`),
    })
    const membership: Membership = new Membership({
      client: this.#client, beside: this.#leaders.cluster, clock, group: this.#names.of(reading.group), topics: new Map(reading.topics.map((topic) => [topic, this.#names.of(topic)])), owner,
      instanceId: instanceId === undefined ? null : `${instanceId}/${reading.group}`, sessionMs, heartbeatMs, rebalanceMs: Math.max(sessionMs, REBALANCE_MS_MIN),
    }, seats)
    seats.serve(membership)
    this.#memberships.set(membership, seats)
    membership.start()
    const left = new AbortController()
    const stopped = AbortSignal.any([left.signal, this.#closing.signal])
    void grown({ group: reading.group, clock, everyMs: heartbeatMs * HEARTBEATS_PER_LOOK, stopped, look: () => this.#topics.counts(reading.topics) }, partitions).then((reason) => {
      if (reason === undefined) return
      // Stopped first, so that the group assigns nothing any more.
      void membership.stop()
      seats.ended(reason)
    })
    return {
      leave: () => {
        left.abort()
        return this.#leave(membership)
      },
    }
  }

  /** Positions and metadata of a group, without a lease: for those who only look. */
  committed(reading: Reading, partition: number): Promise<Committed | null> {
    this.#assertOpen()
    return this.#patiently(() => readCommitted(this.#admin, this.#names, reading, partition))
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
    await Promise.all([...this.#memberships.keys()].map((membership) => this.#leave(membership)))
    this.#fetcher.closeAll()
    this.#appender.close()
    this.#leaders.close()
    await this.#admin.disconnect().catch(() => undefined)
  }

  async #leave(membership: Membership): Promise<void> {
    const seats = this.#memberships.get(membership)
    if (seats === undefined) return
    this.#memberships.delete(membership)
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
    const heals = (thrown: unknown): boolean => isNotYet(codeOf(thrown))
    return waiting(patiently({ clock: this.#options.clock, closing: this.#closing.signal, msMax: ANSWER_MS_MAX, heals }, ask))
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new OperationError('kafka/closed', 'the log is closed')
  }
}

const waiting = <T>(asked: Promise<T>): Promise<T> => asked.catch((thrown: unknown) => {
  throw patient(thrown)
})

/** Throws `kafka/unreachable` when no broker answers. */
export async function openKafkajsLog(options: KafkajsLogOptions): Promise<KafkajsLog> {
  const log = new KafkajsLog(options)
  try {
    await log.reach()
    return log
  } catch (thrown) {
    await log.close()
    throw thrown
  }
}
