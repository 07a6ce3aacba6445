// A lease at its edges: a commit before which nothing could be learned of a topic, and what is left open behind one that ended.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { KafkaLease } from '../../../../adapters/kafka/lease.ts'
import type { LeaseEnvironment } from '../../../../adapters/kafka/lease.ts'
import { Packed, Packer } from '../../../../adapters/kafka/packing.ts'
import { Topics } from '../../../../adapters/kafka/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { batch, record } from '../../../contract/log-fixture.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'

test('the first record of a topic while no broker answers', async () => {
  const names = new Names('')
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock)
  const packer = new Packer(new Topics(cluster, names, wallClock, { replication: 1, batchBytesMax: 1 << 20 }), names, 1 << 20)
  cluster.atCoordinator = (async () => ({ producerId: 1n, producerEpoch: 0 })) as unknown as Cluster['atCoordinator']
  const lease = new KafkaLease(0, { cluster, clock: wallClock, names, packer, reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment)
  assert.equal(await lease.fence(), 'held')
  assert.equal((await lease.commit(batch([record('a.b.dlq', 0, 'x')], { in: 1 }))).kind, 'unknown')
  assert.deepEqual(await lease.commit(batch([], { in: 1 })), { kind: 'fenced' })
  cluster.close()
})

test('a lease that ended closes its connections, after what is under way; the next one of the partition has its own', async () => {
  const ending = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: 1 }
    if (key !== KEYS.endTxn) return {}
    asked.resolve()
    return ending.promise
  })
  const closed: string[] = []
  cluster.connections.close = (use) => void closed.push(use)
  const packer = new Packer({} as Topics, new Names(''), 1 << 20)
  const membership = { standing: async () => ({ generation: 1, memberId: 'm', instanceId: null }), provenAtMs: 0 }
  const env = { cluster, clock: wallClock, names: new Names(''), packer, fetcher: { close: () => {} }, membership, visibility: new Visibility(wallClock), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment
  const [lost, released] = [new KafkaLease(0, env), new KafkaLease(0, env)]
  await lost.fence()
  const commit = lost.commit(batch([], { in: 1 }))
  await asked.promise
  lost.lose('the partition went elsewhere')
  assert.deepEqual(closed, [])
  ending.resolve()
  assert.equal((await commit).kind, 'done')
  assert.equal(closed.length, 1)
  await released.fence()
  await released.release()
  assert.deepEqual([closed.length, new Set(closed).size], [2, 2])
})

test('an acquisition that the brokers do not answer says so after a while, and may be tried again', { timeout: 3000 }, async () => {
  let isAway = true
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (isAway) throw new Code(key === KEYS.initProducerId ? 'NOT_COORDINATOR' : 'UNSTABLE_OFFSET_COMMIT')
    return key === KEYS.initProducerId ? { producerId: 7n, producerEpoch: 1 } : { groups: [] }
  })
  const lease = new KafkaLease(0, { cluster, clock: wallClock, names: new Names(''), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 60, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment)
  await assert.rejects(lease.fence(), (thrown) => thrown instanceof Unreachable && /NOT_COORDINATOR/.test(thrown.message))
  await assert.rejects(lease.committed(), (thrown) => thrown instanceof Unreachable && /UNSTABLE_OFFSET_COMMIT/.test(thrown.message))
  isAway = false
  assert.equal(await lease.fence(), 'held')
  assert.equal(await lease.committed(), null)
})

test('a commit whose first request the brokers do not take is given up after a while: its owner says why it waits', { timeout: 3000 }, async () => {
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: 1 }
    throw new Code('COORDINATOR_NOT_AVAILABLE')
  })
  const topics = { settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20 }) } as unknown as Topics
  const lease = new KafkaLease(0, { cluster, clock: wallClock, names: new Names(''), packer: new Packer(topics, new Names(''), 1 << 20), visibility: new Visibility(wallClock), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 60, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment)
  await lease.fence()
  const outcome = await lease.commit(batch([record('out', 0, 'x')], { in: 1 }))
  assert.ok(outcome.kind === 'unknown', outcome.kind)
  assert.match(outcome.reason, /COORDINATOR_NOT_AVAILABLE/)
})

test('a commit that still waits for what a topic takes when its lease is given back does not begin any more', async () => {
  const packing = Promise.withResolvers<Packed>()
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: 1 }
    return {}
  })
  const membership = { standing: async () => ({ generation: 1, memberId: 'm', instanceId: null }), provenAtMs: 0 }
  const env = { cluster, clock: wallClock, names: new Names(''), packer: { pack: () => packing.promise }, fetcher: { close: () => {} }, membership, visibility: new Visibility(wallClock), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment
  const lease = new KafkaLease(0, env)
  await lease.fence()
  const commit = lease.commit(batch([], { in: 1 }))
  await lease.release()
  packing.resolve(new Packed([]))
  assert.deepEqual(await commit, { kind: 'fenced' })
})

test('of a commit that stands, and a broker does not say where, nobody tells a false end: its owner looks', async () => {
  const DUPLICATE_SEQUENCE_NUMBER = 46
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: 1 }
    if (key !== KEYS.produce) return {}
    return { responses: [{ name: 'out', partitionResponses: [0, 1].map((index) => ({ index, errorCode: index === known ? 0 : DUPLICATE_SEQUENCE_NUMBER, baseOffset: index === known ? 5n : -1n, errorMessage: null, recordErrors: [] })) }] }
  })
  cluster.leaderOf = () => 1
  let known = 0
  const topics = { settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20 }) } as unknown as Topics
  const membership = { standing: async () => ({ generation: 1, memberId: 'm', instanceId: null }), provenAtMs: 0 }
  const lease = new KafkaLease(0, { cluster, clock: wallClock, names: new Names(''), packer: new Packer(topics, new Names(''), 1 << 20), membership, visibility: new Visibility(wallClock), reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment)
  const records = [record('out', 0, 'x'), record('out', 1, 'y')]
  assert.equal(await lease.fence(), 'held')
  assert.deepEqual(await lease.commit(batch(records)), { kind: 'done', end: new Map([['out', 6]]) })
  known = 1
  assert.equal((await lease.commit(batch(records))).kind, 'unknown')
  assert.deepEqual(await lease.commit(batch(records)), { kind: 'fenced' })
})
