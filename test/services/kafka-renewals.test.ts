// Owners that go on after a failure, on brokers of their own whose transactions are of an older version: what they find open they abort under an epoch of nobody.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Appender } from '../../adapters/kafka/appender.ts'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { parseBrokers } from '../../adapters/kafka/connections.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import type { KafkaLog } from '../../adapters/kafka/log.ts'
import { Packer } from '../../adapters/kafka/packing.ts'
import { Topics } from '../../adapters/kafka/topics.ts'
import { Transactions } from '../../adapters/kafka/transaction.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { Names } from '../../system/membership/names.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import { record, values } from '../contract/log-fixture.ts'
import { until } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'

const missing = kafkaMissing()
const options = missing === undefined ? { timeout: 60_000 } : { skip: missing }
const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 3000, requestMsMax: 30_000, slowMsMax: 30_000 }
const READING = { group: 'group', topics: ['deeds'], metadataTopic: 'deeds' }
const MARKERS_MS = 300
/** How long the broker leaves a transaction of some open. */
const STANDING_MS = 2000
/** As all brokers of Kafka 3 have them. */
const VERSION = 'transaction.version=1'

const folder = mkdtempSync(join(tmpdir(), 'statelog-kafka-renewals-'))
let brokers: Awaited<ReturnType<typeof startKafka>> = []
before(async () => {
  if (missing === undefined) brokers = await startKafka({ folder, port: 0, brokers: 1, detached: false, formatArgs: ['--feature', VERSION] })
}, { timeout: 90_000 })
after(async () => {
  await stopKafka(brokers)
  rmSync(folder, { recursive: true, force: true })
})

interface Through {
  readonly log: KafkaLog
  readonly names: Names
  readonly proxy: KafkaProxy
  readonly cluster: Cluster
  /** Through the proxy. */
  transactions(name: string, more?: { readonly use?: string; readonly timeoutMs?: number }): Transactions
}

async function throughProxy(namespace: string, run: (through: Through) => Promise<void>): Promise<void> {
  const address = `127.0.0.1:${brokers[0]?.port}`
  const names = new Names(`${namespace}.`)
  const proxy = await KafkaProxy.start(address)
  const log = await openKafkaLog({ brokers: address, clock: wallClock, namespace: names.of('') })
  const cluster = new Cluster(parseBrokers(proxy.address), TRANSPORT, wallClock)
  // Of no member: the group has none.
  const transactions: Through['transactions'] = (name, more = {}) => new Transactions({ cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: names.of(name), group: names.of(READING.group), partition: 0, use: name, timeoutMs: 30_000, standing: async () => ({ generation: -1, memberId: '', instanceId: null }), ...more })
  try {
    await log.ensureTopics([{ name: 'deeds', partitions: 2, cleanup: 'delete' }])
    await run({ log, names, proxy, cluster, transactions })
  } finally {
    cluster.close()
    await log.close()
    await proxy.stop()
  }
}

/** In both partitions, once the markers have come to each. */
async function assertShown(log: KafkaLog, expected: readonly string[]): Promise<void> {
  for (const partition of [0, 1]) {
    await until(async () => (await values(log, 'deeds', partition)).length >= expected.length)
    assert.deepEqual(await values(log, 'deeds', partition), expected)
  }
}

for (const api of [API.addOffsets, API.txnOffsetCommit] as const) {
  test(`an owner goes on after request ${api} came late, also where it opened a transaction again`, options, () => throughProxy(`late${api}`, async ({ log, names, proxy, transactions }) => {
    const own = transactions('id')
    const upTo = (offset: number) => ({ rounds: [], offsets: [{ topic: names.of('deeds'), offset, metadata: '' }] })
    await own.fence({})
    proxy.requests(api, (nth) => (nth === 1 ? 'late' : 'pass'))
    assert.equal((await own.commit(upTo(1), {})).kind, 'committed')
    // What comes while the markers travel is refused.
    await wallClock.sleep(MARKERS_MS)
    assert.equal(await proxy.letCome(), 1)
    const end = await own.commit(upTo(2), {})
    assert.equal(end.kind, 'committed', JSON.stringify(end))
    assert.deepEqual((await log.committed(READING, 0))?.positions, new Map([['deeds', 2]]))
  }))
}

test('an appender whose transaction was left open keeps its name', options, () => throughProxy('open', async ({ log, names, proxy, cluster, transactions }) => {
  const packer = new Packer(new Topics(cluster, names, wallClock, { replication: 1, batchBytesMax: 1 << 20 }), names, 1 << 20)
  const appender = new Appender({ cluster, clock: wallClock, packer, together: transactions('feed', { timeoutMs: STANDING_MS }), appendMsMax: 30_000 })
  const both = (value: string) => [record('deeds', 0, value), record('deeds', 1, value)]
  assert.equal((await appender.append(both('a'))).kind, 'done')
  proxy.requests(API.endTxn, () => 'lost')
  assert.equal((await appender.append(both('b'))).kind, 'unknown')
  proxy.requests(API.endTxn, () => 'pass')
  const outcome = await appender.append(both('c'))
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  await assertShown(log, ['a', 'c'])
}))

test('an owner that was shut out meanwhile stays so, and ends nothing of the next one', options, () => throughProxy('taken', async ({ log, names, proxy, transactions }) => {
  const [own, next] = [transactions('id'), transactions('id')]
  const upTo = (offset: number) => ({ rounds: [], offsets: [{ topic: names.of('deeds'), offset, metadata: '' }] })
  await own.fence({})
  proxy.requests(API.endTxn, () => 'lost')
  const ending = own.commit(upTo(1), {})
  await until(async () => proxy.count(API.endTxn) > 0)
  await next.fence({})
  proxy.requests(API.endTxn, () => 'pass')
  assert.equal((await ending).kind, 'unknown')
  const before = proxy.count(API.endTxn)
  proxy.requests(API.endTxn, (nth) => (nth === before + 1 ? 'held' : 'pass'))
  const committing = next.commit(upTo(2), {})
  await until(async () => proxy.count(API.endTxn) > before)
  await assert.rejects(own.renew({ untilMs: wallClock.monotonicMs() + 10_000 }), /PRODUCER_FENCED/)
  proxy.letGo()
  assert.equal((await committing).kind, 'committed')
  assert.deepEqual((await log.committed(READING, 0))?.positions, new Map([['deeds', 2]]))
}))

test('an owner that stood still for so long that the broker may have given its transaction up ends nothing of the next one', options, () => throughProxy('stood', async ({ log, names, proxy, transactions }) => {
  const [own, next] = [transactions('id', { timeoutMs: STANDING_MS }), transactions('id', { use: 'next' })]
  const upTo = (offset: number) => ({ rounds: [], offsets: [{ topic: names.of('deeds'), offset, metadata: '' }] })
  await own.fence({})
  proxy.requests(API.endTxn, () => 'lost')
  assert.equal((await own.commit(upTo(1), {})).kind, 'unknown')
  await next.fence({})
  const before = proxy.count(API.endTxn)
  proxy.requests(API.endTxn, (nth) => (nth === before + 1 ? 'held' : 'pass'))
  const committing = next.commit(upTo(2), {})
  await until(async () => proxy.count(API.endTxn) > before)
  await assert.rejects(own.renew({ untilMs: wallClock.monotonicMs() + 10_000 }), /PRODUCER_FENCED/)
  proxy.letGo()
  const end = await committing
  assert.equal(end.kind, 'committed', JSON.stringify(end))
  assert.deepEqual((await log.committed(READING, 0))?.positions, new Map([['deeds', 2]]))
}))

test('of two appenders of a name the one that took it last keeps it, though a batch of the other one had no answer', options, () => throughProxy('batch', async ({ log, names, proxy, cluster, transactions }) => {
  const packer = new Packer(new Topics(cluster, names, wallClock, { replication: 1, batchBytesMax: 1 << 20 }), names, 1 << 20)
  const appender = (use: string): Appender => new Appender({ cluster, clock: wallClock, packer, together: transactions('feed', { use, timeoutMs: STANDING_MS }), appendMsMax: 10_000 })
  const [own, next] = [appender('own'), appender('next')]
  const both = (value: string) => [record('deeds', 0, value), record('deeds', 1, value)]
  assert.equal((await own.append(both('a'))).kind, 'done')
  proxy.requests(API.produce, () => 'lost')
  assert.equal((await own.append(both('b'))).kind, 'unknown')
  proxy.requests(API.produce, () => 'pass')
  assert.equal((await next.append(both('c'))).kind, 'done')
  const ends = proxy.count(API.endTxn)
  proxy.requests(API.endTxn, () => 'held')
  const committing = next.append(both('d'))
  while (proxy.count(API.endTxn) === ends) await wallClock.sleep(5)
  assert.equal((await own.append(both('e'))).kind, 'failed')
  proxy.requests(API.endTxn, () => 'pass')
  proxy.letGo()
  const outcome = await committing
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  assert.equal((await next.append(both('f'))).kind, 'done')
  await assertShown(log, ['a', 'c', 'd', 'f'])
}))
