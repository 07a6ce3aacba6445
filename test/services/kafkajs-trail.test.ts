// Commits of kafkajs of which requests or answers are lost on the way to a real broker: what the journal tells of them, and who else may have committed meanwhile.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { Names } from '../../system/membership/names.ts'
import type { CommitOutcome, Lease } from '../../system/ports/log.ts'
import { MEMBERSHIP, Owner, batch, record, values } from '../contract/log-fixture.ts'
import { until } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const TIMEOUT = { timeout: 60_000 }
/** kafkajs asks for a producer id as it connects, and for that of the transactional id with its first transaction. */
const GIVEN_PER_FENCE = 2

interface Owned {
  readonly proxy: KafkaProxy
  readonly lease: Lease
  /** Of one record for others, and one for the journal. */
  commit(value: string, position: number): Promise<CommitOutcome>
  /** What became of all that was committed, for others and in the journal. */
  committed(): Promise<readonly (readonly (string | null)[])[]>
  /** As an owner does that took the id. */
  commitOfAnother(value: string): Promise<void>
}

/** A lease that has committed 'a' through a proxy. */
async function withLease(kafka: string, run: (owned: Owned) => Promise<void>): Promise<void> {
  const namespace = `${randomUUID().slice(0, 8)}.`
  const names = new Names(namespace)
  const proxy = await KafkaProxy.start(kafka)
  const log = await openKafkajsLog({ brokers: kafka, clock: wallClock, namespace })
  const through = await openKafkajsLog({ brokers: proxy.address, clock: wallClock, namespace, heartbeatMs: 100 })
  const other = new kafkajs.Kafka({ brokers: [kafka], logLevel: kafkajs.logLevel.NOTHING }).producer({ transactionalId: names.transactionalId(MEMBERSHIP.group, 0), idempotent: true, maxInFlightRequests: 1 })
  try {
    await log.ensureTopics([...MEMBERSHIP.topics, 'decisions', 'journal'].map((name) => ({ name, partitions: 1, cleanup: 'delete' as const })))
    const lease = await (await Owner.join(through)).held(0)
    const commit = (value: string, position: number): Promise<CommitOutcome> => lease.commit(batch([record('decisions', 0, value), record('journal', 0, value)], { payments: position }, value))
    assert.equal((await commit('a', 1)).kind, 'done')
    await run({
      proxy, lease, commit,
      // By the client that committed: it waits for what is on its way.
      committed: async () => [await values(through, 'decisions', 0), await values(through, 'journal', 0)],
      commitOfAnother: async (value) => {
        await other.connect()
        const transaction = await other.transaction()
        await transaction.send({ topic: names.of('journal'), messages: [{ partition: 0, value }] })
        await transaction.commit()
      },
    })
  } finally {
    await other.disconnect()
    await through.close()
    await log.close()
    await proxy.stop()
  }
}

/** `refences`: at least. kafkajs sends records again by itself, where nothing else was under way on that connection. */
for (const [what, api, on, refences] of [
  ['records', API.produce, 'requests', 0], ['an answer to records', API.produce, 'answers', 0], ['offsets', API.txnOffsetCommit, 'requests', 1], ['an answer to offsets', API.txnOffsetCommit, 'answers', 1],
  ['the end', API.endTxn, 'requests', 1], ['an answer to the end', API.endTxn, 'answers', 1],
] as const) {
  serviceTest('kafka', `kafkajs: ${what} of a commit lost on the way: it is done, once, without another acquisition, and so are the next ones`, TIMEOUT, (kafka) => withLease(kafka, async ({ proxy, lease, commit, committed }) => {
    let isLost = false
    proxy[on](api, () => {
      if (isLost) return 'pass'
      isLost = true
      return 'lost'
    })
    const fences = proxy.fences
    assert.deepEqual({ ...await commit('b', 2), end: 0 }, { kind: 'done', end: 0 })
    assert.ok(isLost)
    const given = proxy.fences
    assert.ok(given - fences <= GIVEN_PER_FENCE && given - fences >= refences * GIVEN_PER_FENCE, `${given - fences}`)
    assert.deepEqual(await lease.committed(), { positions: new Map([['payments', 2]]), metadata: 'b' })
    for (const [nth, value] of ['c', 'd'].entries()) assert.equal((await commit(value, nth + 3)).kind, 'done')
    assert.equal(proxy.fences, given)
    assert.deepEqual(await committed(), [['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd']])
  }))
}

for (const [what, api] of [['offsets', API.txnOffsetCommit], ['the end', API.endTxn]] as const) {
  serviceTest('kafka', `kafkajs: ${what} of a commit that come late, when it was made again, count for nothing`, TIMEOUT, (kafka) => withLease(kafka, async ({ proxy, lease, commit, committed }) => {
    let isLate = false
    proxy.requests(api, () => {
      if (isLate) return 'pass'
      isLate = true
      return 'late'
    })
    assert.deepEqual({ ...await commit('b', 2), end: 0 }, { kind: 'done', end: 0 })
    assert.equal(await proxy.letCome(), 1)
    assert.deepEqual({ ...await commit('c', 3), end: 0 }, { kind: 'done', end: 0 })
    assert.deepEqual(await lease.committed(), { positions: new Map([['payments', 3]]), metadata: 'c' })
    assert.deepEqual(await committed(), [['a', 'b', 'c'], ['a', 'b', 'c']])
  }))
}

for (const [what, on] of [['the end', 'requests'], ['an answer to the end', 'answers']] as const) {
  serviceTest('kafka', `kafkajs: ${what} of a commit lost, and another owner that commits before the id is fenced anew: nothing of it is overwritten`, TIMEOUT, (kafka) => withLease(kafka, async ({ proxy, commit, committed, commitOfAnother }) => {
    let isLost = false
    proxy[on](API.endTxn, () => {
      if (isLost) return 'pass'
      isLost = true
      return 'lost'
    })
    const before = proxy.count(API.initProducerId)
    proxy.requests(API.initProducerId, () => 'held')
    const committing = commit('b', 2)
    await until(() => proxy.count(API.initProducerId) > before)
    await commitOfAnother('lease')
    proxy.requests(API.initProducerId, () => 'pass')
    proxy.letGo()
    // The end was taken, or the other one's fence has come first.
    assert.equal((await committing).kind, on === 'answers' ? 'unknown' : 'fenced')
    assert.deepEqual(await committed(), on === 'answers' ? [['a', 'b'], ['a', 'b', 'lease']] : [['a'], ['a', 'lease']])
    assert.equal((await commit('c', 3)).kind, 'fenced')
  }))
}
