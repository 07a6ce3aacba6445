// What the broker refuses although the driver let it pass, and what changes on the cluster under a running kafkajs.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import type { KafkajsLog } from '../../adapters/kafkajs/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import type { Lease } from '../../system/ports/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { MEMBERSHIP, Owner, append, batch, record, values } from '../contract/log-fixture.ts'
import { serviceTest } from '../support/services.ts'

const LARGE = 'x'.repeat(5000)
const TIMEOUT = { timeout: 60_000 }

async function withBroker(brokers: string, run: (under: { readonly log: KafkajsLog; readonly admin: Admin; readonly namespace: string }) => Promise<void>): Promise<void> {
  const namespace = `${randomUUID().slice(0, 8)}.`
  const log = await openKafkajsLog({ brokers, clock: wallClock, namespace, heartbeatMs: 50 })
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    await log.ensureTopics([...MEMBERSHIP.topics.map((name) => ({ name, partitions: 2, cleanup: 'delete' as const })), { name: 'decisions', partitions: 2, cleanup: 'delete' }])
    await run({ log, admin, namespace })
  } finally {
    await admin.disconnect()
    await log.close()
  }
}

serviceTest('kafka', 'kafkajs: records that only the broker refuses are named, nothing is written, and the lease goes on', TIMEOUT, (kafka) => withBroker(kafka, async ({ log, admin, namespace }) => {
  const lease = await (await Owner.join(log)).held(0)
  assert.equal((await lease.commit(batch([record('decisions', 0, 'a'), record('decisions', 1, 'a')], { payments: 1 }, 'first'))).kind, 'done')
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${namespace}decisions`, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }] })
  // The broker hears of it a little later.
  while ((await log.append([record('decisions', 1, LARGE)])).kind === 'done') await new Promise((resolve) => setTimeout(resolve, 20))
  const outcome = await lease.commit(batch([record('decisions', 0, 'b'), record('decisions', 1, LARGE), record('payments', 1, 'p'), record('decisions', 0, 'c')], { payments: 2 }, 'second'))
  assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome))
  assert.deepEqual(outcome.records, [1])
  assert.deepEqual(await lease.committed(), { positions: new Map([['payments', 1]]), metadata: 'first' })
  assert.equal((await lease.commit(batch([record('decisions', 0, 'b'), record('decisions', 1, 'b')], { payments: 2 }, 'third'))).kind, 'done')
  assert.deepEqual([await values(log, 'decisions', 0), (await values(log, 'decisions', 1)).filter((value) => value !== LARGE), await values(log, 'payments', 1)], [['a', 'b'], ['a', 'b'], []])
  assert.equal((await log.append([record('decisions', 0, LARGE)])).kind, 'failed')
  await append(log, [record('decisions', 0, 'd')])
  assert.deepEqual(await values(log, 'decisions', 0), ['a', 'b', 'd'])
}))

serviceTest('kafka', 'kafkajs: a record that the broker refuses for another reason than its size is found by trying, and the lease goes on', TIMEOUT, (kafka) => withBroker(kafka, async ({ log, admin, namespace }) => {
  const lease = await (await Owner.join(log)).held(0)
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${namespace}decisions`, configEntries: [{ name: 'message.timestamp.after.max.ms', value: '3600000' }] }] })
  const future = record('decisions', 1, 'future', { timestampMs: Date.now() + 1e9 })
  // The broker hears of it a little later.
  while ((await log.append([future])).kind === 'done') await new Promise((resolve) => setTimeout(resolve, 20))
  const some = (partition: number): OutRecord[] => Array.from({ length: 6 }, (_, nth) => record('decisions', partition, String(nth)))
  const outcome = await lease.commit(batch([...some(0), ...some(1), future, ...some(1)], { payments: 1 }, 'first'))
  assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome))
  assert.deepEqual(outcome.records, [12])
  assert.equal((await lease.commit(batch([...some(0), ...some(1)], { payments: 1 }, 'second'))).kind, 'done')
  assert.deepEqual([await values(log, 'decisions', 0), (await values(log, 'decisions', 1)).filter((value) => value !== 'future')], [['0', '1', '2', '3', '4', '5'], ['0', '1', '2', '3', '4', '5']])
}))

serviceTest('kafka', 'kafkajs: a partition that came later is written to, or the commit says that it was not', TIMEOUT, (kafka) => withBroker(kafka, async ({ log, admin, namespace }) => {
  const leases: Lease[] = []
  await log.join(MEMBERSHIP, { assigned: (lease) => { if (lease.partition === 0) leases.push(lease) } })
  const held = async (nth: number): Promise<Lease> => {
    while (leases[nth] === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(await leases[nth].fence(), 'held')
    return leases[nth]
  }
  const lease = await held(0)
  assert.equal((await lease.commit(batch([record('decisions', 0, 'a')]))).kind, 'done')
  await append(log, [record('decisions', 0, 'b')])
  const topic = `${namespace}decisions`
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
  // Brokers hear of it a little later.
  while ((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length !== 3) await new Promise((resolve) => setTimeout(resolve, 5))
  const grown = batch([record('decisions', 2, 'c'), record('decisions', 0, 'c')])
  if ((await lease.commit(grown)).kind !== 'done') {
    // The producer of this lease does not know the partition yet; that of the next one does.
    await lease.release()
    const next = await held(1)
    assert.deepEqual(await values(log, 'decisions', 0), ['a', 'b'])
    assert.equal((await next.commit(grown)).kind, 'done')
  }
  assert.deepEqual([await values(log, 'decisions', 2), await values(log, 'decisions', 0)], [['c'], ['a', 'b', 'c']])
  const appended = await log.append([record('decisions', 2, 'd')])
  assert.equal((await values(log, 'decisions', 2)).includes('d'), appended.kind === 'done')
}))
