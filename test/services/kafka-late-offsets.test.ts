// A commit of offsets that its owner has given up on and made again, and that comes to the broker when the next transaction is open.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { parseBrokers } from '../../adapters/kafka/connections.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { Transactions } from '../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../adapters/kafka/transaction.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { Names } from '../../system/membership/names.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import { until } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 3000, requestMsMax: 30_000, slowMsMax: 30_000 }
const READING = { group: 'group', topics: ['deeds'], metadataTopic: 'deeds' }

serviceTest('kafka', 'offsets that come late do not take the place of those of the next transaction', { timeout: 60_000 }, async (kafka) => {
  const names = new Names(`${randomUUID().slice(0, 8)}.`)
  const proxy = await KafkaProxy.start(kafka)
  const log = await openKafkaLog({ brokers: kafka, clock: wallClock, namespace: names.of('') })
  const cluster = new Cluster(parseBrokers(proxy.address), TRANSPORT, wallClock)
  const transactions = new Transactions({
    cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: names.of('id'), group: names.of(READING.group), partition: 0, use: 'u', timeoutMs: 30_000,
    // Of no member: the group has none.
    standing: async () => ({ generation: -1, memberId: '', instanceId: null }),
  })
  const upTo = (offset: number): TransactionPlan => ({ rounds: [], offsets: [{ topic: names.of('deeds'), offset, metadata: `up to ${offset}` }] })
  try {
    await log.ensureTopics([{ name: 'deeds', partitions: 1, cleanup: 'delete' }])
    await transactions.fence({})
    proxy.requests(API.txnOffsetCommit, (nth) => (nth === 1 ? 'late' : 'pass'))
    assert.equal((await transactions.commit(upTo(1), {})).kind, 'committed')
    proxy.requests(API.endTxn, (nth) => (nth === 2 ? 'held' : 'pass'))
    const committing = transactions.commit(upTo(2), {})
    await until(async () => proxy.count(API.endTxn) === 2)
    assert.equal(await proxy.letCome(), 1)
    proxy.letGo()
    const end = await committing
    assert.equal(end.kind, 'committed', JSON.stringify(end))
    assert.deepEqual(await log.committed(READING, 0), { positions: new Map([['deeds', 2]]), metadata: 'up to 2' })
  } finally {
    cluster.close()
    await log.close()
    await proxy.stop()
  }
})
