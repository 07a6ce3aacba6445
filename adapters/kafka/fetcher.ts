// Fetches for all feeds of a log: one request to a broker covers all feeds that it leads and that have room, each partition from one offset.
//
// Owns: the requests in flight, and the line of feeds. A request may wait at the broker; a feed that wants data meanwhile goes out with another one, up to a few.
//
// B1. A feed holds at most `feedBytesMax` and what one answer brings (I9); while it is full it is not asked for.
import { oneRequest, partName } from '../../system/membership/requests.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Cluster } from './cluster.ts'
import { Feed } from './feed.ts'
import { fetchParts } from './fetch.ts'
import type { FetchedPart } from './fetch.ts'
import { RecordSet } from './record-set.ts'
import { rightText } from '../kafka-rights/rights.ts'
import { isForbidden, retryOf } from './codes.ts'
import { errorName } from './wire.ts'
import { OVER } from '../../system/protocol/within.ts'

export interface FetchLimits {
  /** How long a broker may hold a request that it has nothing for, ms. */
  readonly waitMsMax: number
  /** The same for the last request that may be under way at once: who wants something then has to wait for its end. */
  readonly lastWaitMsMax: number
  /** The same while a feed is full: it must get its turn. */
  readonly busyWaitMsMax: number
  readonly feedBytesMax: number
  readonly partBytesMax: number
  readonly answerBytesMax: number
}

/** The owner starts anew and asks again; it gives up when that happens too often. */
class Unread extends TypeError {
  constructor({ topic, partition }: Feed, code: string) {
    super(`partition ${partition} of ${topic} cannot be read: ${code}`)
  }
}

const IN_FLIGHT_MAX = 4
const RETRY_MS = 50

/** What came of waiting for nothing is asked again together with what ends within this, ms. */
const TOGETHER_MS = 20
/** What ends sooner is not waited for: requests would chase each other. */
const WAIT_MS_MIN = 100

/** The connections to one broker on which requests wait. */
class Lane {
  /** When each request under way ends at the latest. */
  readonly #ends = new Map<number, number>()

  /** Undefined when all are taken. */
  free(): number | undefined {
    for (let slot = 0; slot < IN_FLIGHT_MAX; slot += 1) if (!this.#ends.has(slot)) return slot
    return undefined
  }

  /** How long a request may wait: it ends with the others, so that all of them go on as one. The last one that can be under way is short. */
  waitMs(nowMs: number, { waitMsMax, lastWaitMsMax }: FetchLimits): number {
    const most = this.#ends.size === IN_FLIGHT_MAX - 1 ? lastWaitMsMax : waitMsMax
    const others = Math.max(...this.#ends.values()) - nowMs
    return others < WAIT_MS_MIN ? most : Math.min(most, Math.round(others))
  }

  begins(slot: number, endMs: number): void {
    this.#ends.set(slot, endMs)
  }

  ended(slot: number): void {
    this.#ends.delete(slot)
  }
}

export class Fetcher {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #limits: FetchLimits
  /** In line: the first of a request goes to the end. */
  readonly #feeds = new Set<Feed>()
  readonly #lanes = new Map<number, Lane>()
  readonly #waiting = new Map<Feed, Set<() => void>>()
  #isClosed = false
  #isPumping = false

  constructor(cluster: Cluster, clock: Clock, limits: FetchLimits) {
    this.#cluster = cluster
    this.#clock = clock
    this.#limits = limits
  }

  async open(topic: string, partition: number): Promise<Feed> {
    const view = await this.#cluster.topic(topic)
    if (view === undefined) throw new OperationError('topic/unknown', `there is no topic ${topic}`)
    const feed = new Feed(topic, view.id, partition)
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
  }

  /** Sends what has room. Called after every seek. */
  pump(): void {
    if (this.#isClosed) return
    const wanted = new Map<number, Feed[]>()
    for (const feed of this.#feeds) {
      if (feed.isAsked || feed.failure !== undefined || feed.next < 0 || feed.bytes >= this.#limits.feedBytesMax) continue
      const leader = this.#cluster.leaderOf(feed.topic, feed.partition)
      const list = wanted.get(leader)
      if (list === undefined) wanted.set(leader, [feed])
      else list.push(feed)
    }
    for (const [leader, feeds] of wanted) {
      for (let left: readonly Feed[] = feeds; left.length > 0;) {
        const request = oneRequest(left)
        if (!this.#send(leader, request.asked)) break
        left = request.left
      }
    }
  }

  /** Answers of these offsets at this moment: one request that does not wait. */
  async ask(feeds: readonly Feed[]): Promise<void> {
    const byLeader = Map.groupBy([...this.#feeds].filter((feed) => feeds.includes(feed)), (feed) => this.#cluster.leaderOf(feed.topic, feed.partition))
    await Promise.all([...byLeader].map(([leader, asked]) => this.#fetch(leader, asked, 'fetch now', 0)))
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

  /** False when all connections are taken. */
  #send(leader: number, feeds: readonly Feed[]): boolean {
    const lane = this.#lanes.get(leader) ?? new Lane()
    this.#lanes.set(leader, lane)
    const slot = lane.free()
    if (slot === undefined) return false
    const { busyWaitMsMax, feedBytesMax } = this.#limits
    const isHeldBack = [...this.#feeds].some((feed) => feed.bytes >= feedBytesMax)
    const nowMs = this.#clock.monotonicMs()
    const waitMs = isHeldBack ? busyWaitMsMax : lane.waitMs(nowMs, this.#limits)
    lane.begins(slot, nowMs + waitMs)
    for (const feed of feeds) feed.isAsked = true
    const before = feeds.map((feed) => feed.next)
    void this.#fetch(leader, feeds, `fetch ${slot}`, waitMs).finally(() => {
      lane.ended(slot)
      for (const feed of feeds) feed.isAsked = false
      if (waitMs < WAIT_MS_MIN || feeds.some((feed, index) => feed.next !== before[index])) this.pump()
      else void this.#pumpSoon()
    })
    return true
  }

  /** Once for all that end within a moment. */
  async #pumpSoon(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    await this.#clock.sleep(TOGETHER_MS)
    this.#isPumping = false
    this.pump()
  }

  /** Feeds of one partition stand at one offset (R1). */
  async #fetch(leader: number, feeds: readonly Feed[], use: string, waitMsMax: number): Promise<void> {
    const [first] = feeds
    if (first !== undefined) this.#toEnd(first)
    const asked = [...Map.groupBy(feeds, partName).values()].map((sharing) => {
      const [{ topic, topicId, partition, next: offset }] = sharing as [Feed]
      return { topicId, partition, offset, leaderEpoch: this.#cluster.epochOf(topic, partition), sharing: sharing.map((feed) => ({ feed, round: feed.round })) }
    })
    try {
      const connection = await this.#cluster.connectionTo(use, leader)
      const parts = asked.map(({ topicId, partition, offset, leaderEpoch }) => ({ topicId, partition, offset, leaderEpoch, bytesMax: this.#limits.partBytesMax }))
      const fetched = await fetchParts(connection, { parts, waitMsMax, bytesMax: this.#limits.answerBytesMax })
      let isStale = fetched.errorCode !== 0
      for (const part of fetched.parts) {
        const found = asked.find(({ topicId, partition }) => topicId === part.topicId && partition === part.partition)
        for (const { feed, round } of found?.sharing ?? []) {
          if (found === undefined || !this.#feeds.has(feed) || feed.round !== round || feed.next !== found.offset) continue
          isStale = !this.#fill(feed, part, found.offset) || isStale
        }
      }
      if (isStale) await this.#recover()
    } catch (thrown) {
      if (thrown instanceof OperationError) for (const feed of feeds) this.#fail(feed, thrown)
      else await this.#recover()
    }
  }

  /** Another one is first each time: brokers send a batch whole, however large, of the first that has something, and fill answers in this order. */
  #toEnd(feed: Feed): void {
    if (this.#feeds.delete(feed)) this.#feeds.add(feed)
  }

  /** False when another broker has to be asked. */
  #fill(feed: Feed, part: FetchedPart, offset: number): boolean {
    if (part.errorCode !== 0) {
      const code = errorName(part.errorCode)
      if (code === 'OFFSET_OUT_OF_RANGE') return this.#outOfRange(feed, part, offset)
      if (retryOf(code) === 'no') this.#fail(feed, isForbidden(code) ? new OperationError('kafka/forbidden', rightText(code, { topics: [feed.topic], operation: 'READ' })) : new Unread(feed, code))
      return false
    }
    if (part.bytes.length === 0) return true
    const set = new RecordSet(part.bytes, part.aborted, offset)
    // A piece of a batch: it comes whole when this feed is the first of a request.
    if (set.end === offset) return true
    feed.fill(set)
    this.#wake(feed)
    return true
  }

  /** Behind the log's start what was there is gone, and going on would hide it (I1); beyond its end the log went back. Brokers may not say which. */
  #outOfRange(feed: Feed, part: FetchedPart, offset: number): boolean {
    const where = `partition ${feed.partition} of ${feed.topic}`
    const reason = part.start > offset
      ? `records from offset ${offset} up to ${part.start} of ${where} were removed before they were consumed: its retention is too short for the time that the app stood still`
      : `${where} has no offset ${offset} any more: its retention removed what was not consumed yet, or the topic was made anew`
    this.#fail(feed, new OperationError('topic/history-gone', reason))
    return true
  }

  #fail(feed: Feed, failure: unknown): void {
    feed.failure = failure
    this.#wake(feed)
  }

  async #recover(): Promise<void> {
    await this.#clock.sleep(RETRY_MS)
    if (this.#isClosed) return
    try {
      // By name: one that an answer did not know is forgotten, and would not be asked about again.
      await this.#cluster.refresh([...new Set([...this.#feeds].map(({ topic }) => topic))])
    } catch (thrown) {
      // While nobody answers it is tried again; without a right it would be in vain.
      if (thrown instanceof OperationError && thrown.code !== 'kafka/unreachable') for (const feed of this.#feeds) this.#fail(feed, thrown)
    }
    for (const feed of this.#feeds) {
      const view = this.#cluster.known(feed.topic)
      if (view !== undefined && view.id !== feed.topicId) this.#fail(feed, new OperationError('topic/history-gone', `topic ${feed.topic} was deleted and made anew: what was consumed of it is not in it`))
    }
  }

  #wake(feed: Feed): void {
    for (const wake of this.#waiting.get(feed) ?? []) wake()
  }
}
