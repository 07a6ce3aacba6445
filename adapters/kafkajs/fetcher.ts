// Fetches for all feeds of a log: one request to a broker covers all feeds that it leads and that have room, each partition from one offset.
//
// Owns: the requests in flight, and the line of feeds. A request may wait at the broker; a feed that wants data meanwhile goes out with another one, up to a few.
//
// B1. A feed holds at most `feedBytesMax` and what one answer brings (I9); while it is full it is not asked for.
// B2. No feed waits for a fetch that comes no further for longer than STEP_MS_MAX: kafkajs bounds its requests, not what it does between them. The connections of
//     such a fetch are given up, and whatever still comes of it is nobody's.
import { oneRequest, partName } from '../../system/membership/requests.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Client } from './client.ts'
import { codeOf, isForbidden, refusal } from './codes.ts'
import { errorOf } from './errors.ts'
import { Feed } from './feed.ts'
import { fetchParts } from './fetch.ts'
import type { FetchedPart } from './fetch.ts'
import type { Cluster } from './internals.ts'
import { leaderOf, mayHeal } from './leaders.ts'
import { committedRecords } from './records.ts'
import { OVER, within } from '../../system/protocol/within.ts'

export interface FetchLimits {
  /** How long a broker may hold a request that it has nothing for, ms. */
  readonly waitMsMax: number
  /** The same while a feed is full: it must get its turn. */
  readonly busyWaitMsMax: number
  readonly feedBytesMax: number
  readonly partBytesMax: number
  readonly answerBytesMax: number
}

const LANES_MAX = 4
const RETRY_MS = 50
/** To find who leads a partition, or to connect and to be answered, each as long as it may take. */
const STEP_MS_MAX = 30_000

/** Connections on which a request may wait. */
interface Lane {
  readonly cluster: Cluster
  isBusy: boolean
}

/** A fetch under way, and when it came further last. */
interface Progress {
  atMs: number
  isGivenUp: boolean
}

export class Fetcher {
  readonly #client: Client
  readonly #clock: Clock
  readonly #limits: FetchLimits
  /** For requests that do not wait. */
  readonly #now: Cluster
  /** In line: the first of a request goes to the end. */
  readonly #feeds = new Set<Feed>()
  readonly #lanes = new Set<Lane>()
  readonly #waiting = new Map<Feed, Set<() => void>>()
  #isClosed = false

  constructor(client: Client, now: Cluster, clock: Clock, limits: FetchLimits) {
    this.#client = client
    this.#now = now
    this.#clock = clock
    this.#limits = limits
  }

  open(topic: string, partition: number): Feed {
    const feed = new Feed(topic, partition)
    this.#feeds.add(feed)
    return feed
  }

  close(feed: Feed): void {
    this.#feeds.delete(feed)
    this.#wake(feed)
    this.#waiting.delete(feed)
  }

  closeAll(): void {
    this.#isClosed = true
    for (const feed of this.#feeds) this.#wake(feed)
    this.#feeds.clear()
    for (const lane of this.#lanes) this.#giveUp(lane)
  }

  /** Sends what has room. Called after every seek. */
  pump(): void {
    if (this.#isClosed) return
    let left: readonly Feed[] = [...this.#feeds].filter((feed) => !feed.isAsked && feed.next >= 0 && feed.failure === undefined && feed.bytes < this.#limits.feedBytesMax)
    while (left.length > 0) {
      const lane = this.#freeLane()
      if (lane === undefined) return
      const request = oneRequest(left)
      this.#send(lane, request.asked)
      left = request.left
    }
  }

  #send(lane: Lane, wanted: readonly Feed[]): void {
    const isHeldBack = [...this.#feeds].some((feed) => feed.bytes >= this.#limits.feedBytesMax)
    lane.isBusy = true
    for (const feed of wanted) feed.isAsked = true
    const held = new Set(wanted)
    const letGo = (feeds: readonly Feed[]): void => {
      for (const feed of feeds) if (held.delete(feed)) feed.isAsked = false
      this.pump()
    }
    const progress = this.#begun()
    const fetching = this.#fetch(lane.cluster, wanted, isHeldBack ? this.#limits.busyWaitMsMax : this.#limits.waitMsMax, progress, letGo)
    void this.#inTime(fetching, progress, () => this.#giveUp(lane)).finally(() => {
      lane.isBusy = false
      letGo([...held])
    })
    // It may have connected again meanwhile.
    void fetching.finally(() => (this.#lanes.has(lane) ? undefined : this.#giveUp(lane)))
  }

  #giveUp(lane: Lane): void {
    this.#lanes.delete(lane)
    void lane.cluster.disconnect().catch(() => undefined)
  }

  /** Answers of these offsets at this moment: one request that does not wait. */
  ask(feeds: readonly Feed[]): Promise<void> {
    const progress = this.#begun()
    return this.#inTime(this.#fetch(this.#now, [...this.#feeds].filter((feed) => feeds.includes(feed)), 0, progress, () => {}), progress, () => {})
  }

  #begun(): Progress {
    return { atMs: this.#clock.monotonicMs(), isGivenUp: false }
  }

  /** B2. */
  async #inTime(fetching: Promise<void>, progress: Progress, late: () => void): Promise<void> {
    const ended = fetching.then(() => true)
    for (;;) {
      const leftMs = progress.atMs + STEP_MS_MAX - this.#clock.monotonicMs()
      if (await within(this.#clock, ended, leftMs, () => false)) return
      if (progress.atMs + STEP_MS_MAX > this.#clock.monotonicMs()) continue
      progress.isGivenUp = true
      return late()
    }
  }

  /** Until one of the feeds got something, the time is over or the signal aborts. */
  async wait(feeds: readonly Feed[], ms: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController()
    const wake = (): void => done.abort(OVER)
    for (const feed of feeds) {
      const waiting = this.#waiting.get(feed) ?? new Set()
      this.#waiting.set(feed, waiting.add(wake))
    }
    signal.addEventListener('abort', wake, { once: true })
    try {
      if (!signal.aborted) await this.#clock.sleep(ms, done.signal)
    } finally {
      signal.removeEventListener('abort', wake)
      for (const feed of feeds) this.#waiting.get(feed)?.delete(wake)
    }
  }

  #freeLane(): Lane | undefined {
    const free = [...this.#lanes].find((lane) => !lane.isBusy)
    if (free !== undefined || this.#lanes.size === LANES_MAX) return free
    const made: Lane = { cluster: this.#client.cluster(), isBusy: false }
    this.#lanes.add(made)
    return made
  }

  /** `over` tells which feeds may be asked for again: brokers answer one after the other. */
  async #fetch(cluster: Cluster, feeds: readonly Feed[], waitMsMax: number, progress: Progress, over: (feeds: readonly Feed[]) => void): Promise<void> {
    const byLeader = new Map<string, Feed[]>()
    const unled: Feed[] = []
    for (const feed of feeds) {
      if (this.#isOver(progress)) return
      const leader = await leaderOf(cluster, feed.topic, feed.partition).catch((thrown: unknown) => this.#failed(cluster, [feed], progress, thrown))
      progress.atMs = this.#clock.monotonicMs()
      if (leader === undefined) unled.push(feed)
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), feed])
    }
    if (unled.length > 0) over(unled)
    await Promise.all([...byLeader].map(async ([leader, asked]) => {
      await this.#fetchFrom(cluster, leader, asked, waitMsMax, progress)
      progress.atMs = this.#clock.monotonicMs()
      over(asked)
    }))
  }

  #isOver({ isGivenUp }: Progress): boolean {
    return this.#isClosed || isGivenUp
  }

  async #fetchFrom(cluster: Cluster, leader: string, feeds: readonly Feed[], waitMsMax: number, progress: Progress): Promise<void> {
    if (this.#isOver(progress)) return
    // The first of a request gets a batch however large: everyone has a turn.
    const [first] = feeds
    if (first !== undefined && this.#feeds.delete(first)) this.#feeds.add(first)
    const asked = [...Map.groupBy(feeds, partName).values()].map((sharing) => {
      const [{ topic, partition, next: offset }] = sharing as [Feed]
      return { topic, partition, offset, sharing: sharing.map((feed) => ({ feed, round: feed.round })) }
    })
    try {
      const broker = await cluster.findBroker({ nodeId: leader })
      const parts = asked.map(({ topic, partition, offset }) => ({ topic, partition, offset, bytesMax: this.#limits.partBytesMax }))
      const fetched = await fetchParts(broker, { parts, waitMsMax, bytesMax: this.#limits.answerBytesMax })
      if (this.#isOver(progress)) return
      let moved: unknown
      for (const part of fetched) {
        const found = asked.find(({ topic, partition }) => topic === part.topic && partition === part.partition)
        for (const { feed, round } of found?.sharing ?? []) if (found !== undefined) moved = (await this.#fill(feed, part, found.offset, round)) ?? moved
      }
      if (moved !== undefined) await this.#failed(cluster, feeds, progress, moved)
    } catch (thrown) {
      await this.#failed(cluster, feeds, progress, thrown)
    }
  }

  /** Answers what another leader may heal. Whatever else is wrong with a part is its feed's alone. */
  async #fill(feed: Feed, part: FetchedPart, offset: number, round: number): Promise<unknown> {
    if (part.errorCode !== 0) {
      const thrown = errorOf(part.errorCode, part.topic, part.partition)
      if (mayHeal(thrown)) return thrown
      if (codeOf(thrown) === 'OFFSET_OUT_OF_RANGE') this.#outOfRange(feed, part, offset)
      else this.#fail(feed, isForbidden(codeOf(thrown)) ? refusal(thrown, { topics: [feed.topic], operation: 'READ' }) : thrown)
      return undefined
    }
    if (part.bytes.length === 0) return undefined
    const piece = await committedRecords(part.bytes, part.aborted, offset).catch((thrown: unknown) => this.#fail(feed, thrown))
    if (piece === undefined || !this.#feeds.has(feed) || feed.round !== round || feed.next !== offset) return undefined
    feed.fill(piece)
    this.#wake(feed)
    return undefined
  }

  /** Behind the log's start: what was there is gone, and going on would hide it (I1). Beyond its end: the log went back. Brokers may not say which. */
  #outOfRange(feed: Feed, part: FetchedPart, offset: number): void {
    if (feed.next !== offset) return
    const where = `partition ${feed.partition} of ${feed.topic}`
    const reason = part.start > offset
      ? `records from offset ${offset} up to ${part.start} of ${where} were removed before they were consumed: its retention is too short for the time that the app stood still`
      : `${where} has no offset ${offset} any more: its retention removed what was not consumed yet, or the topic was made anew`
    this.#fail(feed, new OperationError('topic/history-gone', reason))
  }

  /** What a look at the metadata may heal is tried again; the rest is thrown at who polls. */
  async #failed(cluster: Cluster, feeds: readonly Feed[], progress: Progress, thrown: unknown): Promise<undefined> {
    if (this.#isOver(progress)) return
    if (isForbidden(codeOf(thrown))) for (const feed of feeds) this.#fail(feed, refusal(thrown, { topics: [feed.topic], operation: 'READ' }))
    else if (!mayHeal(thrown)) for (const feed of feeds) this.#fail(feed, thrown)
    await this.#clock.sleep(RETRY_MS)
    if (!this.#isOver(progress)) await cluster.refreshMetadata().catch(() => undefined)
  }

  #fail(feed: Feed, failure: unknown): undefined {
    feed.failure = failure
    this.#wake(feed)
  }

  #wake(feed: Feed): void {
    for (const wake of this.#waiting.get(feed) ?? []) wake()
  }
}
