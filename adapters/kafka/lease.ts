// A lease on one partition index of a group. Its right is the transactional id that it fenced; the group says how long it may use it.
//
// L2, L3, L5 are those of `transaction.ts`.
// R1. After a commit that did not end as `done`, nothing more is committed under this lease.
import { Unreachable } from '../../system/protocol/failures.ts'
import type { CommitBatch, CommitOutcome, Committed, Lease, Membership as Reading, PollRequest } from '../../system/ports/log.ts'
import type { RecordRange } from '../../system/protocol/record.ts'
import { pollInTurn } from '../../system/membership/poll.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { patient } from './cluster.ts'
import type { Cluster, Effort } from './cluster.ts'
import type { Feed } from './feed.ts'
import type { Fetcher } from './fetcher.ts'
import type { Membership } from './membership.ts'
import { readCommitted } from './committed.ts'
import { carried } from '../../system/membership/metadata.ts'
import type { Names } from '../../system/membership/names.ts'
import { commitPacked } from './packed-commit.ts'
import { Packed } from './packing.ts'
import type { Packer } from './packing.ts'
import { Transactions } from './transaction.ts'
import type { OffsetToCommit } from './transaction-plan.ts'
import type { Visibility } from '../../system/membership/visibility.ts'

export interface LeaseEnvironment {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly names: Names
  readonly fetcher: Fetcher
  readonly packer: Packer
  readonly reading: Reading
  readonly membership: Membership
  readonly visibility: Visibility
  readonly transactionMs: number
  readonly owner: string
  lives(owner: string): boolean
  released(): void
}

type State = 'assigned' | 'held' | 'broken'

/** Each has connections of its own: closing them ends nothing of the next lease on the same partition. */
let leases = 0

export class KafkaLease implements Lease {
  readonly group: string
  readonly partition: number
  readonly owner: string
  readonly lost: Promise<string>
  readonly #env: LeaseEnvironment
  readonly #transactions: Transactions
  readonly #feeds = new Map<string, Feed>()
  readonly #ended = new AbortController()
  readonly #use: string
  #state: State = 'assigned'
  #polls = 0
  #provenAtMs = -Infinity
  /** Of the topic that carries the metadata, where it has one. */
  #metadataAt: number | undefined
  #resolveLost: (reason: string) => void = () => {}

  constructor(partition: number, env: LeaseEnvironment) {
    const { cluster, clock, names, reading, membership, visibility, transactionMs } = env
    this.group = reading.group
    this.partition = partition
    this.owner = env.owner
    this.#env = env
    leases += 1
    this.#use = `lease ${leases} ${reading.group}/${partition} ${env.owner}`
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve
    })
    this.#transactions = new Transactions({
      cluster, clock, visibility, partition, use: this.#use, transactionalId: names.transactionalId(reading.group, partition), group: names.of(reading.group), timeoutMs: transactionMs,
      // Not cut short by the lease's end: a commit under way ends by itself, or by the next owner's fence.
      standing: (stale) => membership.standing(stale),
    })
  }

  async fence(): Promise<'held' | 'lost'> {
    if (this.#ended.signal.aborted) return 'lost'
    try {
      await this.#transactions.fence(this.#patience())
    } catch (thrown) {
      if (this.#isOver()) return 'lost'
      throw patient(thrown)
    }
    if (this.#isOver()) return 'lost'
    this.#state = 'held'
    return 'held'
  }

  async committed(): Promise<Committed | null> {
    const { cluster, names, reading } = this.#env
    const committed = await readCommitted(cluster, names, reading, this.partition, this.#use, this.#patience()).catch((thrown: unknown) => {
      throw patient(thrown)
    }).finally(() => {
      if (this.#isOver()) this.#transactions.close()
    })
    this.#metadataAt = committed?.positions.get(reading.metadataTopic)
    return committed
  }

  async poll(request: PollRequest): Promise<readonly RecordRange[]> {
    const { clock, fetcher } = this.#env
    const deadlineMs = clock.monotonicMs() + request.waitMsMax
    const turn = this.#polls
    this.#polls += 1
    if (this.#isOver()) return []
    const feeds = await this.#seek(request)
    let hasAsked = false
    for (;;) {
      if (this.#ended.signal.aborted) return []
      const failed = feeds.find((feed) => feed.failure !== undefined)
      if (failed !== undefined) {
        const { failure } = failed
        // Told once: who polls again asks again.
        failed.failure = undefined
        throw failure
      }
      const ranges = pollInTurn(request, turn, (topic, from, recordsMax, bytesMax) => this.#shown(topic, this.#feed(topic).read(recordsMax, bytesMax, from)))
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
    const packed = await this.#packed(batch)
    if ('kind' in packed) return packed
    // It may have been given back meanwhile.
    if (this.#isOver()) return { kind: 'fenced' }
    // Not awaited here: this call would keep the records.
    return this.#send(packed, this.#offsets(batch), batch.positions.get(this.#env.reading.metadataTopic))
  }

  /** Knows no records any more: kept while they are written, they would outlive the young generation. */
  async #send(packed: Packed, offsets: readonly OffsetToCommit[], metadataAt: number | undefined): Promise<CommitOutcome> {
    const { clock, packer } = this.#env
    const sentMs = clock.monotonicMs()
    // R1.
    this.#state = 'broken'
    const end = await commitPacked(this.#transactions, packer, packed, offsets, this.#patience())
    switch (end.kind) {
      case 'committed': {
        this.#provenAtMs = sentMs
        this.#metadataAt = metadataAt ?? this.#metadataAt
        const ends = end.packed.ends(end.offsets, this.partition)
        if (ends === undefined) return { kind: 'unknown', reason: 'a broker had a batch already and does not say where it stands' }
        this.#state = 'held'
        return { kind: 'done', end: ends }
      }
      case 'rejected':
        this.#state = 'held'
        return end
      case 'fenced':
        return { kind: 'fenced' }
      case 'unknown':
        return { kind: 'unknown', reason: end.reason }
    }
  }

  /** What a topic takes is learned at its first record. Nothing was sent when that is not to be learned now: the owner comes again. */
  async #packed({ records }: CommitBatch): Promise<Packed | Exclude<CommitOutcome, { readonly kind: 'done' }>> {
    const { packer } = this.#env
    try {
      const packed = await packer.pack(records)
      return packed instanceof Packed ? packed : { kind: 'rejected', ...packed }
    } catch (thrown) {
      const away = patient(thrown)
      if (!(away instanceof Unreachable)) throw thrown
      this.#state = 'broken'
      return { kind: 'unknown', reason: away.message }
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

  #finish(): boolean {
    if (this.#ended.signal.aborted) return false
    this.#ended.abort()
    for (const feed of this.#feeds.values()) this.#env.fetcher.close(feed)
    this.#transactions.close()
    return true
  }

  /** After that the owner says that it waits, and comes again. */
  #patience(): Effort {
    const { clock, transactionMs } = this.#env
    return { signal: this.#ended.signal, untilMs: clock.monotonicMs() + transactionMs }
  }

  #isOver(): boolean {
    return this.#ended.signal.aborted
  }

  #feed(topic: string): Feed {
    return this.#feeds.get(topic) as Feed
  }

  async #seek({ from }: PollRequest): Promise<readonly Feed[]> {
    const { fetcher, names } = this.#env
    const feeds: Feed[] = []
    for (const [topic, offset] of from) {
      let feed = this.#feeds.get(topic)
      if (feed === undefined) {
        feed = await fetcher.open(names.of(topic), this.partition)
        this.#feeds.set(topic, feed)
        // The lease ended meanwhile, and closed what it had.
        if (this.#isOver()) fetcher.close(feed)
      }
      feed.seek(offset)
      feeds.push(feed)
    }
    fetcher.pump()
    return feeds
  }

  #shown(topic: string, range: RecordRange): RecordRange {
    return { ...range, topic }
  }

  #offsets({ positions, metadata }: CommitBatch): readonly OffsetToCommit[] {
    const { names, reading } = this.#env
    const offsets: OffsetToCommit[] = []
    for (const [topic, offset] of positions) offsets.push({ topic: names.of(topic), offset, metadata: topic === reading.metadataTopic ? metadata : '' })
    if (positions.has(reading.metadataTopic)) return offsets
    if (metadata !== '') offsets.push({ topic: names.of(reading.metadataTopic), offset: this.#metadataAt ?? 0, metadata: this.#metadataAt === undefined ? carried(metadata) : metadata })
    return offsets
  }
}

