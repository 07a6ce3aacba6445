// Appends to several partitions whose transaction has no end in time, or one that the broker never hears of: the name stays with who has it, and what is said of
// the append is so.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Appender } from '../../adapters/kafka/appender.ts'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { parseBrokers } from '../../adapters/kafka/connections.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import type { KafkaLog } from '../../adapters/kafka/log.ts'
import { Packer } from '../../adapters/kafka/packing.ts'
import { Topics } from '../../adapters/kafka/topics.ts'
import { Transactions } from '../../adapters/kafka/transaction.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { Names } from '../../system/membership/names.ts'
import { Visibility } from '../../system/membership/visibility.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { record, values } from '../contract/log-fixture.ts'
import { until } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const TIMEOUT = { timeout: 60_000 }
/** Of a transaction; the broker looks for those that are over it every ten seconds. */
const OPEN_MS_MAX = 500

interface Appends {
  readonly log: KafkaLog
  readonly proxy: KafkaProxy
  /** Appends through the proxy, under a name. */
  readonly appender: Appender
}

const both = (value: string): OutRecord[] => [record('feeds', 0, value), record('feeds', 1, value)]

async function withAppends(brokers: string, run: (appends: Appends) => Promise<void>): Promise<void> {
  const names = new Names(`${randomUUID().slice(0, 8)}.`)
  const proxy = await KafkaProxy.start(brokers)
  const log = await openKafkaLog({ brokers, clock: wallClock, namespace: names.of('') })
  const cluster = new Cluster(parseBrokers(proxy.address), { clientId: 'x', security: {}, connectMsMax: 3000, requestMsMax: 30_000, slowMsMax: 30_000 }, wallClock)
  const packer = new Packer(new Topics(cluster, names, wallClock, { replication: 1, batchBytesMax: 1 << 20 }), names, 1 << 20)
  const together = new Transactions({ cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: names.of('feed'), group: '', partition: 0, use: 'together', timeoutMs: OPEN_MS_MAX, standing: async () => undefined })
  const appender = new Appender({ cluster, clock: wallClock, packer, together, appendMsMax: 30_000 })
  try {
    await log.ensureTopics([{ name: 'feeds', partitions: 2, cleanup: 'delete' }])
    await run({ log, proxy, appender })
  } finally {
    cluster.close()
    await log.close()
    await proxy.stop()
  }
}

/** In both partitions, what was taken back between, and a marker behind each. Markers travel after the end. */
async function assertHolds(log: KafkaLog, kept: readonly string[], ...takenBack: readonly string[]): Promise<void> {
  for (const partition of [0, 1]) {
    await until(async () => (await log.offsetsAt('feeds', partition, 'latest')) === 2 * (kept.length + takenBack.length))
    assert.deepEqual(await values(log, 'feeds', partition), kept)
  }
}

serviceTest('kafka', 'after an end that the broker never heard of the next append goes on under the same name', TIMEOUT, (kafka) => withAppends(kafka, async ({ log, proxy, appender }) => {
  assert.equal((await appender.append(both('a'))).kind, 'done')
  proxy.requests(API.endTxn, () => 'lost')
  assert.equal((await appender.append(both('b'))).kind, 'unknown')
  proxy.requests(API.endTxn, () => 'pass')
  const outcome = await appender.append(both('c'))
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  await assertHolds(log, ['a', 'c'], 'b')
}))

serviceTest('kafka', 'an append whose transaction the broker gave up is not said to be that of a process that lost its name', TIMEOUT, (kafka) => withAppends(kafka, async ({ log, proxy, appender }) => {
  assert.equal((await appender.append(both('a'))).kind, 'done')
  await assertHolds(log, ['a'])
  proxy.requests(API.endTxn, (nth) => (nth === 2 ? 'held' : 'pass'))
  const appended = appender.append(both('b'))
  // What is open hides what comes after it.
  await until(async () => (await log.offsetsAt('feeds', 0, 'latest')) > 2)
  assert.equal(proxy.letGo(), 1)
  const outcome = await appended
  assert.equal(outcome.kind, 'busy', JSON.stringify(outcome))
  assert.equal((await appender.append(both('c'))).kind, 'done')
  await assertHolds(log, ['a', 'c'], 'b')
}))
