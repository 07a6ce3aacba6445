// A lease on one partition index of a group. Its right is the transactional id that it fenced; the group says how long it may use it.
//
// L2, L3, L5 are those of `transaction.ts`.
// R1. After a commit that did not end as `done` or `rejected`, nothing more is committed under this lease. One that broke while brokers were away is done, or made again, where `trail.ts` tells which.
// R2. `committed` of this lease shows what the lease committed, although markers travel after the end of a transaction.
import type { Admin } from 'kafkajs'
import { Unreachable } from '../../system/protocol/failures.ts'
import type { CommitBatch, CommitOutcome, Committed, Lease, Log, Membership as Reading, PollRequest } from '../../system/ports/log.ts'
import type { RecordRange } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { OVER } from '../../system/protocol/within.ts'
import type { Names } from '../../system/membership/names.ts'
import { pollInTurn } from '../../system/membership/poll.ts'
import type { Visibility } from '../../system/membership/visibility.ts'
import type { Client } from './client.ts'
import { isRefused, patient } from './codes.ts'
import { endsOf, offsetsOf, readCommitted, shows, witnessOf } from './committed.ts'
import type { Feed } from './feed.ts'
import type { Fetcher } from './fetcher.ts'
import type { Membership } from './membership.ts'
import { commitPacked } from './packed-commit.ts'
import type { PackedEnd } from './packed-commit.ts'
import type { Packer, Refusal } from './packing.ts'
import { Trail } from './trail.ts'
import type { Became } from './trail.ts'
import { Transactions } from './transaction.ts'
import type { OffsetToCommit } from './transaction-plan.ts'

export interface LeaseEnvironment {
  readonly client: Client
  readonly admin: Admin
  readonly history: Pick<Log, 'read' | 'offsetsAt'>
  readonly clock: Clock
  readonly names: Names
  readonly fetcher: Fetcher
  readonly packer: Packer
  readonly reading: Reading
  readonly membership: Membership
  readonly visibility: Visibility
  readonly transactionMs: number
  readonly askMsMax: number
  readonly owner: string
  lives(owner: string): boolean
  released(): void
}

type State = 'assigned' | 'held' | 'broken'

const AGAIN_MS = 2
const AGAIN_MS_MAX = 50
const OUTAGE_AGAIN_MS = 100
/** Markers that take longer wait for brokers; whoever asks sees what is there. */
const MARKERS_MS_MAX = 5000
/** Of one commit. */
const TRIES_MAX = 3
/** Who has less time left does not begin to fence: what is given up half way may still come. */
const FENCE_MS_LEAST = 500

type Endings = readonly (readonly OffsetToCommit[] | undefined)[]

export class KafkajsLease implements Lease {
  readonly group: string
  readonly partition: number
  readonly owner: string
  readonly lost: Promise<string>
  readonly #env: LeaseEnvironment
  readonly #transactions: Transactions
  readonly #trail: Trail
  readonly #feeds = new Map<string, Feed>()
  readonly #ended = new AbortController()
  #state: State = 'assigned'
  #isCommitting = false
  #polls = 0
  #provenAtMs = -Infinity
  /** Of the topic that carries the metadata, where it has one. */
  #metadataAt: number | undefined
  /** What the newest transaction says of the group's offsets; of one that may not have ended well, beside what the one before says. Undefined: nothing. */
  #endings: Endings = [undefined]
  #resolveLost: (reason: string) => void = () => {}

  constructor(partition: number, env: LeaseEnvironment) {
    const { client, clock, history, names, reading, visibility, transactionMs, askMsMax } = env
    this.group = reading.group
    this.partition = partition
    this.owner = env.owner
    this.#env = env
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve
    })
    this.#trail = new Trail({ history, clock, partition })
    this.#transactions = new Transactions({ client, clock, visibility, partition, transactionalId: names.transactionalId(reading.group, partition), group: names.of(reading.group), timeoutMs: transactionMs, fenceMsMax: askMsMax, witness: async () => witnessOf(await this.#read()) })
  }

  async fence(): Promise<'held' | 'lost'> {
    if (this.#ended.signal.aborted) return 'lost'
    try {
      await this.#transactions.fence(this.#ended.signal)
    } catch (thrown) {
      if (this.#isOver()) return 'lost'
      throw thrown
    }
    if (this.#isOver()) {
      this.#transactions.close()
      return 'lost'
    }
    this.#trail.forget()
    this.#state = 'held'
    return 'held'
  }

  /** R2. */
  async committed(): Promise<Committed | null> {
    const { clock, names, reading } = this.#env
    const endings = this.#endings
    const untilMs = clock.monotonicMs() + MARKERS_MS_MAX
    for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
      // One transaction is whole before the next one of its id begins.
      const isLast = endings.includes(undefined) || this.#endings !== endings || clock.monotonicMs() > untilMs
      const committed = await this.#read()
      const shown = endings.filter((ending) => ending === undefined || shows(committed, ending, names, reading))
      if (shown.length > 0 && this.#endings === endings) this.#endings = shown
      if (isLast || shown.length > 0) {
        this.#metadataAt = committed?.positions.get(reading.metadataTopic)
        return committed
      }
      await clock.sleep(againMs)
    }
  }

  async poll(request: PollRequest): Promise<readonly RecordRange[]> {
    const { clock, fetcher, names } = this.#env
    const deadlineMs = clock.monotonicMs() + request.waitMsMax
    const turn = this.#polls
    this.#polls += 1
    if (this.#ended.signal.aborted) return []
    const feeds = [...request.from].map(([topic, offset]) => {
      const feed = this.#feeds.get(topic) ?? fetcher.open(names.of(topic), this.partition)
      this.#feeds.set(topic, feed)
      feed.seek(offset)
      return feed
    })
    fetcher.pump()
    let hasAsked = false
    for (;;) {
      if (this.#isOver()) return []
      const failed = feeds.find((feed) => feed.failure !== undefined)
      if (failed !== undefined) {
        const { failure } = failed
        // Told once: who polls again asks again.
        failed.failure = undefined
        throw failure
      }
      const ranges = pollInTurn(request, turn, (topic, from, recordsMax, bytesMax) => ({ ...(this.#feeds.get(topic) as Feed).read(recordsMax, bytesMax, from), topic }))
      fetcher.pump()
      const leftMs = deadlineMs - clock.monotonicMs()
      if (ranges.length > 0 || (leftMs <= 0 && (hasAsked || request.waitMsMax > 0))) return ranges
      if (leftMs <= 0) {
        // Somebody wants to know what is there now.
        hasAsked = true
        await fetcher.ask(feeds)
      } else {
        await fetcher.wait(feeds, leftMs, this.#ended.signal)
      }
    }
  }

  async commit(batch: CommitBatch): Promise<CommitOutcome> {
    if (this.#state !== 'held' || this.#isOver()) return { kind: 'fenced' }
    const refused = await this.#refused(batch)
    if (refused instanceof Unreachable) {
      this.#state = 'broken'
      return { kind: 'unknown', reason: refused.message }
    }
    if (refused !== undefined) return { kind: 'rejected', ...refused }
    if (this.#isOver()) return { kind: 'fenced' }
    // R1.
    this.#state = 'broken'
    this.#isCommitting = true
    try {
      return await this.#commit(batch)
    } finally {
      this.#isCommitting = false
      if (this.#isOver()) this.#transactions.close()
    }
  }

  async release(): Promise<void> {
    if (!this.#finish()) return
    this.#env.released()
  }

  lives(owner: string): boolean {
    return this.#env.lives(owner)
  }

  provenAtMs(): number {
    // The member's heartbeats go on after the partition went elsewhere.
    return this.#isOver() ? -Infinity : Math.max(this.#provenAtMs, this.#env.membership.provenAtMs)
  }

  /** The partition went elsewhere. A commit under way may still succeed, until the next owner fences. */
  lose(reason: string): void {
    if (this.#finish()) this.#resolveLost(reason)
  }

  /** What a topic takes is learned at its first record. Nothing was sent when that is not to be learned now: the owner comes again. */
  async #refused({ records }: CommitBatch): Promise<Refusal | Unreachable | undefined> {
    try {
      return await this.#env.packer.refused(records)
    } catch (thrown) {
      const away = patient(thrown)
      if (away instanceof Unreachable) return away
      throw thrown
    }
  }

  async #commit(batch: CommitBatch): Promise<CommitOutcome> {
    const { clock, names, packer, reading, transactionMs } = this.#env
    const offsets = offsetsOf(batch, names, reading, this.#metadataAt)
    const before = this.#endings
    const sentMs = clock.monotonicMs()
    const said: Endings = [offsets.length === 0 ? undefined : offsets]
    /** Where it does not end well: of an attempt whose end was asked for, too. */
    let broken = before
    const ending = (): void => {
      // kafkajs ends nothing where nothing was written.
      if (offsets.length > 0 || batch.records.length > 0) [this.#endings, broken] = [said, [...before, ...said]]
    }
    const plan = { offsets, ending, ended: this.#ended.signal, mayEnd: (at: readonly number[]) => this.#trail.assertNothingSince(batch, at), fencing: () => this.#trail.doubt() }
    for (let triesLeft = TRIES_MAX - 1; ; triesLeft -= 1) {
      const end = await commitPacked(this.#transactions, packer, batch.records, plan)
      if (end.kind !== 'unknown' || end.isAway !== true || triesLeft === 0) return this.#outcome(batch, end, sentMs, broken)
      const became = await this.#became(batch, end.offsets, sentMs + transactionMs)
      if (became === 'committed') return this.#outcome(batch, { kind: 'committed', offsets: end.offsets ?? [] }, sentMs, broken)
      if (became !== 'nothing') return this.#outcome(batch, became === 'overtaken' ? { kind: 'fenced', reason: end.reason } : end, sentMs, broken)
    }
  }

  /** R1. */
  async #became(batch: CommitBatch, offsets: readonly number[] | undefined, untilMs: number): Promise<Became> {
    const leftMs = untilMs - this.#env.clock.monotonicMs()
    if (!this.#trail.tells(batch) || leftMs < FENCE_MS_LEAST || this.#isOver()) return 'unknown'
    const over = new AbortController()
    const signal = AbortSignal.any([this.#ended.signal, over.signal])
    const isLate = this.#env.clock.sleep(leftMs, signal).then((): Became => (over.abort(OVER), 'unknown'))
    try {
      this.#trail.doubt()
      await this.#transactions.fence(signal)
      return signal.aborted ? 'unknown' : await Promise.race([this.#trail.became(batch, offsets, signal), isLate])
    } catch {
      return 'unknown'
    } finally {
      over.abort(OVER)
    }
  }

  /** `broken`: what the group may say where it did not end as `done`. */
  #outcome(batch: CommitBatch, end: PackedEnd, sentMs: number, broken: Endings): CommitOutcome {
    if (end.kind !== 'committed') this.#endings = broken
    switch (end.kind) {
      case 'committed':
        this.#trail.committed(batch, end.offsets)
        this.#provenAtMs = sentMs
        this.#metadataAt = batch.positions.get(this.#env.reading.metadataTopic) ?? this.#metadataAt
        this.#state = 'held'
        return { kind: 'done', end: endsOf(batch, this.partition, end.offsets) }
      case 'refused':
        this.#state = 'held'
        return { kind: 'rejected', records: end.records, reason: end.reason }
      case 'fenced': return { kind: 'fenced' }
      case 'unknown': return { kind: 'unknown', reason: end.reason }
    }
  }

  /** What the group has now; again while no broker answers. */
  async #read(): Promise<Committed | null> {
    const { admin, clock, names, reading, askMsMax } = this.#env
    const untilMs = clock.monotonicMs() + askMsMax
    for (;;) {
      try {
        return await readCommitted(admin, names, reading, this.partition)
      } catch (thrown) {
        if (isRefused(thrown) || this.#isOver() || clock.monotonicMs() > untilMs) throw patient(thrown)
        await clock.sleep(OUTAGE_AGAIN_MS, this.#ended.signal)
      }
    }
  }

  #finish(): boolean {
    if (this.#ended.signal.aborted) return false
    this.#ended.abort()
    for (const feed of this.#feeds.values()) this.#env.fetcher.close(feed)
    if (!this.#isCommitting) this.#transactions.close()
    return true
  }

  #isOver(): boolean {
    return this.#ended.signal.aborted
  }
}
