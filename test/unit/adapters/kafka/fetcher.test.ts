// Who is asked for, in which order, and when not: the fetcher against a broker that answers as Kafka's does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../../../../adapters/kafka/cluster.ts'
import type { Feed } from '../../../../adapters/kafka/feed.ts'
import { Fetcher } from '../../../../adapters/kafka/fetcher.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { SimulatedClock, wallClock } from '../../../../adapters/memory/clock.ts'
import type { FetchedPart } from '../../../../adapters/kafka/fetch.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { keptOf } from '../../../support/garbage.ts'

const LIMITS = { waitMsMax: 500, lastWaitMsMax: 500, busyWaitMsMax: 20, feedBytesMax: 2 << 20, partBytesMax: 1 << 20, answerBytesMax: 16 << 20 }
const EMPTY = Buffer.alloc(0)
const LEADER_EPOCH = 7

type Answer = (asked: readonly { readonly topicId: string; readonly offset: number }[]) => readonly Partial<FetchedPart>[]

class Broker {
  requests = 0
  refreshed: string[][] = []
  readonly #answer: Answer
  isKnown = true

  constructor(answer: Answer) {
    this.#answer = answer
  }

  /** What the fetcher uses of a cluster. */
  get cluster(): Cluster {
    const connection = { send: (_key: number, _version: number, createPayload: () => { readonly buffer: Buffer }, _parse: unknown, _request: boolean, _response: boolean, callback: (error: null, answer: unknown) => void) => {
      this.requests += 1
      const parts = this.#answer(askedOf(createPayload().buffer)).map((part) => ({ partition: 0, errorCode: 0, stableEnd: 9, start: 0, aborted: [], bytes: EMPTY, ...part }))
      setTimeout(() => callback(null, { errorCode: 0, parts }), 1)
    } }
    const view = (id: string): object => ({ id, leaders: [1], replicas: 1 })
    return {
      topic: async (name: string) => view(idOf(name)), known: (name: string) => view(idOf(name)), leaderOf: () => (this.isKnown ? 1 : -1), epochOf: () => LEADER_EPOCH, connectionTo: async () => connection,
      refresh: async (names: string[] = []) => void this.refreshed.push(names),
    } as unknown as Cluster
  }
}

const idOf = (name: string): string => `00000000-0000-0000-0000-0000000000${name === 'a' ? '0a' : '0b'}`

/** Topic ids and offsets of a request, in its order. One partition each. */
function askedOf(request: Buffer): { topicId: string; offset: number }[] {
  const reader = Reader.from(request)
  reader.skip(4 + 4 + 4 + 1 + 4 + 4)
  return reader.readArray((topic) => {
    const topicId = topic.readUuid()
    const [offset = 0] = topic.readArray((part) => {
      part.skip(4)
      // Else those answer that follow.
      assert.equal(part.readInt32(), LEADER_EPOCH)
      const at = Number(part.readInt64())
      part.skip(4 + 8 + 4)
      return at
    })
    return { topicId, offset }
  })
}

function batch(base: number, size: number): Buffer {
  const made = new RecordBatch()
  made.add({ topic: 't', partition: 0, key: null, value: new Uint8Array(size), headers: [], timestampMs: 1000 })
  const bytes = Buffer.from(made.finish({ producerId: 7n, epoch: 0, sequence: 0, isTransactional: false }))
  bytes.writeBigInt64BE(BigInt(base), 0)
  return bytes
}

const take = (feed: Feed, at: { next: number }): number => {
  const range = feed.read(1000, 8 << 20, at.next)
  at.next = range.to
  feed.seek(at.next)
  return range.records.length
}

/** Kafka sends the first batch of the first partition that has data whole, however large; of the others nothing, or a piece, where it does not fit. */
for (const [what, cutTo] of [['nothing', 0], ['a piece', 1 << 20]] as const) {
  test(`a large batch comes beside a partition that always has something, where the broker sends ${what} of it`, async () => {
    const broker = new Broker((asked) => {
      let isFirst = true
      return asked.map(({ topicId, offset }) => {
        const data = topicId === idOf('a') ? batch(offset, 100) : batch(offset, 3 << 20)
        const bytes = isFirst || data.length <= LIMITS.partBytesMax ? data : data.subarray(0, cutTo)
        isFirst = false
        return { topicId, bytes }
      })
    })
    const fetcher = new Fetcher(broker.cluster, wallClock, LIMITS)
    const [small, large] = [await fetcher.open('a', 0), await fetcher.open('b', 0)]
    const at = [{ next: 0 }, { next: 0 }] as const
    small.seek(0)
    large.seek(0)
    let found = 0
    for (let turns = 0; turns < 50 && found === 0; turns += 1) {
      fetcher.pump()
      take(small, at[0])
      found += take(large, at[1])
      await fetcher.wait([small, large], 50, new AbortController().signal)
    }
    fetcher.closeAll()
    assert.ok(found > 0, `${broker.requests} requests`)
  })
}

test('a feed that cannot be read is not asked for again', async () => {
  const broker = new Broker((asked) => asked.map(({ topicId }) => ({ topicId, errorCode: 1, start: -1 })))
  const fetcher = new Fetcher(broker.cluster, wallClock, LIMITS)
  const feed = await fetcher.open('a', 0)
  feed.seek(10)
  fetcher.pump()
  await wallClock.sleep(100)
  fetcher.closeAll()
  assert.match(String(feed.failure), /offset 10/)
  assert.equal(broker.requests, 1)
})

test('what has no leader is looked for by name', async () => {
  const broker = new Broker(() => [])
  broker.isKnown = false
  const cluster = { ...broker.cluster, connectionTo: async () => { throw new TypeError('no such broker') } } as unknown as Cluster
  const fetcher = new Fetcher(cluster, wallClock, LIMITS)
  const feed = await fetcher.open('a', 0)
  feed.seek(0)
  fetcher.pump()
  await wallClock.sleep(120)
  fetcher.closeAll()
  assert.deepEqual(broker.refreshed[0], ['a'])
})

test('requests that wait for nothing end together and go on as one', async () => {
  /** Waits that were asked for, and how many topics each request named. */
  const asked: { readonly waitMs: number; readonly topics: number }[] = []
  const clock = new SimulatedClock()
  const connection = { send: (_key: number, _version: number, createPayload: () => { readonly buffer: Buffer }, _parse: unknown, _request: boolean, _response: boolean, callback: (error: null, answer: unknown) => void) => {
    const { buffer } = createPayload()
    const waitMs = Reader.from(buffer).readInt32()
    asked.push({ waitMs, topics: askedOf(buffer).length })
    void clock.sleep(waitMs).then(() => callback(null, { errorCode: 0, parts: [] }))
  } }
  const broker = new Broker(() => [])
  const fetcher = new Fetcher({ ...broker.cluster, connectionTo: async () => connection } as unknown as Cluster, clock, { ...LIMITS, waitMsMax: 400, lastWaitMsMax: 150 })
  const [a, b] = [await fetcher.open('a', 0), await fetcher.open('b', 0)]
  const passing = async (ms: number): Promise<void> => {
    clock.advance(ms)
    // All that needs no time.
    await new Promise((resolve) => setImmediate(resolve))
  }
  a.seek(0)
  fetcher.pump()
  for (const ms of [0, 120]) await passing(ms)
  b.seek(0)
  fetcher.pump()
  for (const ms of [0, ...Array.from({ length: 20 }, () => 20)]) await passing(ms)
  fetcher.closeAll()
  assert.deepEqual(asked, [{ waitMs: 400, topics: 1 }, { waitMs: 280, topics: 1 }, { waitMs: 400, topics: 2 }])
})

test('a closed feed is forgotten, with what it holds', async () => {
  const fetcher = new Fetcher(new Broker(() => []).cluster, wallClock, LIMITS)
  const feeds: WeakRef<Feed>[] = []
  // As leases come and go: each polls once.
  for (let lease = 0; lease < 20; lease += 1) {
    const feed = await fetcher.open('a', lease)
    await fetcher.wait([feed], 1, new AbortController().signal)
    fetcher.close(feed)
    feeds.push(new WeakRef(feed))
  }
  const kept = await keptOf(feeds)
  fetcher.closeAll()
  assert.ok(kept < 3, `${kept} of ${feeds.length} are kept`)
})
