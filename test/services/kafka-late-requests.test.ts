// Requests that their owner has given up on and made again, and that come to the broker when the next transaction is open: a commit of offsets, the end of a transaction.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { parseBrokers } from '../../adapters/kafka/connections.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { Transactions } from '../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../adapters/kafka/transaction-plan.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { Names } from '../../system/membership/names.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import { until } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 3000, requestMsMax: 30_000, slowMsMax: 30_000 }
const READING = { group: 'group', topics: ['deeds'], metadataTopic: 'deeds' }

interface Late {
  readonly proxy: KafkaProxy
  readonly transactions: Transactions
  upTo(offset: number): TransactionPlan
  committed(): Promise<unknown>
}

async function withTransactions(kafka: string, run: (late: Late) => Promise<void>): Promise<void> {
  const names = new Names(`${randomUUID().slice(0, 8)}.`)
  const proxy = await KafkaProxy.start(kafka)
  const log = await openKafkaLog({ brokers: kafka, clock: wallClock, namespace: names.of('') })
  const cluster = new Cluster(parseBrokers(proxy.address), TRANSPORT, wallClock)
  const transactions = new Transactions({
    cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: names.of('id'), group: names.of(READING.group), partition: 0, use: 'u', timeoutMs: 8000,
    // Of no member: the group has none.
    standing: async () => ({ generation: -1, memberId: '', instanceId: null }),
  })
  try {
    await log.ensureTopics([{ name: 'deeds', partitions: 1, cleanup: 'delete' }])
    await transactions.fence({})
    await run({
      proxy, transactions, committed: () => log.committed(READING, 0),
      upTo: (offset) => ({ rounds: [], offsets: [{ topic: names.of('deeds'), offset, metadata: `up to ${offset}` }] }),
    })
  } finally {
    cluster.close()
    await log.close()
    await proxy.stop()
  }
}

const standing = (offset: number): object => ({ positions: new Map([['deeds', offset]]), metadata: `up to ${offset}` })

serviceTest('kafka', 'offsets that come late do not take the place of those of the next transaction', { timeout: 60_000 }, (kafka) => withTransactions(kafka, async ({ proxy, transactions, upTo, committed }) => {
  proxy.requests(API.txnOffsetCommit, (nth) => (nth === 1 ? 'late' : 'pass'))
  assert.equal((await transactions.commit(upTo(1), {})).kind, 'committed')
  const before = proxy.count(API.endTxn)
  proxy.requests(API.endTxn, (nth) => (nth === before + 1 ? 'held' : 'pass'))
  const committing = transactions.commit(upTo(2), {})
  await until(async () => proxy.count(API.endTxn) > before)
  assert.equal(await proxy.letCome(), 1)
  proxy.letGo()
  const end = await committing
  assert.equal(end.kind, 'committed', JSON.stringify(end))
  assert.deepEqual(await committed(), standing(2))
}))

serviceTest('kafka', 'an end that comes late does not end the next transaction', { timeout: 60_000 }, (kafka) => withTransactions(kafka, async ({ proxy, transactions, upTo, committed }) => {
  proxy.requests(API.endTxn, (nth) => (nth === 1 ? 'late' : 'pass'))
  assert.equal((await transactions.commit(upTo(1), {})).kind, 'committed')
  const before = proxy.count(API.txnOffsetCommit)
  proxy.requests(API.txnOffsetCommit, (nth) => (nth === before + 1 ? 'held' : 'pass'))
  const committing = transactions.commit(upTo(2), {})
  await until(async () => proxy.count(API.txnOffsetCommit) > before)
  assert.equal(await proxy.letCome(), 1)
  proxy.letGo()
  assert.equal((await committing).kind, 'committed')
  assert.deepEqual(await committed(), standing(2))
}))

for (const answered of ['committed', 'unknown'] as const) {
  const timeout = 3000
  serviceTest('kafka', `an end whose answer is lost is made once: ${answered}`, { timeout: 60_000 }, (kafka) => withTransactions(kafka, async ({ proxy, transactions, upTo, committed }) => {
    const untilMs = Date.now() + (answered === 'unknown' ? Infinity : timeout)
    proxy.answers(API.endTxn, () => (Date.now() > untilMs ? 'pass' : 'lost'))
    assert.equal((await transactions.commit(upTo(1), {})).kind, answered)
    proxy.answers(API.endTxn, () => 'pass')
    assert.deepEqual(await committed(), standing(1))
    if (answered === 'unknown') await transactions.fence({})
    assert.equal((await transactions.commit(upTo(2), {})).kind, 'committed')
    assert.deepEqual(await committed(), standing(2))
  }))
}
