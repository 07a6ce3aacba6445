// What is used beneath the public interface of kafkajs is there, and is what it was: another version has to be looked at before it is taken.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { Client } from '../../../../adapters/kafkajs/client.ts'
import { codeOf, isNotYet, isUnsent } from '../../../../adapters/kafkajs/codes.ts'
import type { Broker } from '../../../../adapters/kafkajs/internals.ts'
import { speakingAs } from '../../../../adapters/kafkajs/static-member.ts'
import { TESTED_VERSION, errorNamed, fetchRequest, mend, watchGroup } from '../../../../adapters/kafkajs/internals.ts'

const internal = createRequire(import.meta.url)
const sourceOf = (path: string): string => (internal('node:fs') as typeof import('node:fs')).readFileSync(internal.resolve(`kafkajs/${path}`), 'utf8')
const prototypeOf = (path: string): Record<string, unknown> => (internal(`kafkajs/${path}`) as { readonly prototype: Record<string, unknown> }).prototype

test('the installed version is the one whose internals were read', () => {
  assert.equal((internal('kafkajs/package.json') as { readonly version: string }).version, TESTED_VERSION)
})

test('a fetch request is version 10 of the protocol, byte for byte', async () => {
  const request = fetchRequest({ replicaId: -1, maxWaitTime: 500, minBytes: 1, maxBytes: 4096, isolationLevel: 1, topics: [{ topic: 't', partitions: [{ partition: 2, fetchOffset: '5', maxBytes: 1024 }] }] }) as {
    readonly apiKey: number; readonly apiVersion: number; encode(): Promise<{ readonly buffer: Buffer }>
  }
  assert.deepEqual([request.apiKey, request.apiVersion], [1, 10])
  const hex = ['ffffffff', '000001f4', '00000001', '00001000', '01', '00000000', 'ffffffff', '00000001', '000174', '00000001', '00000002', 'ffffffff', '0000000000000005', 'ffffffffffffffff', '00000400', '00000000'].join('')
  assert.equal((await request.encode()).buffer.toString('hex'), hex)
})

test('errors have the names that outcomes depend on', () => {
  const names = [1, 3, 6, 10, 22, 25, 27, 47, 49, 51].map((code) => (errorNamed(code) as { readonly type?: string }).type)
  assert.deepEqual(names, [
    'OFFSET_OUT_OF_RANGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_FOR_PARTITION', 'MESSAGE_TOO_LARGE', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS',
    'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'CONCURRENT_TRANSACTIONS',
  ])
  assert.equal(codeOf(errorNamed(90)), 'PRODUCER_FENCED')
})

test('connections and brokers have the methods that are called or mended', () => {
  for (const [path, names] of Object.entries({
    'src/cluster/brokerPool': ['withBroker'], 'src/network/requestQueue': ['scheduleCheckPendingRequests'], 'src/network/connection': ['connect', 'disconnect', 'isConnected', 'failIfNotConnected', 'rejectRequests'], 'src/network/connectionPool': ['send'],
    'src/broker': ['findGroupCoordinator', 'joinGroup', 'syncGroup', 'heartbeat', 'leaveGroup', 'disconnect'],
    'src/cluster': ['connect', 'disconnect', 'findBroker', 'findGroupCoordinator', 'findGroupCoordinatorMetadata', 'findTopicPartitionMetadata', 'findLeaderForPartitions', 'addMultipleTargetTopics', 'refreshMetadata', 'fetchTopicsOffset'],
  })) for (const name of names) assert.equal(typeof prototypeOf(path)[name], 'function', `${path} ${name}`)
})

test('a consumer asks its own cluster for its group, and speaks to the group by what it was given', () => {
  const source = sourceOf('src/consumer/consumerGroup.js')
  for (const call of ['this.cluster.findGroupCoordinator({ groupId })', 'this.coordinator.joinGroup({', 'coordinator.syncGroup({', 'this.coordinator.heartbeat(payload)', 'MemberAssignment.decode(memberAssignment)']) assert.ok(source.includes(call), call)
})

test('a producer of transactions looks for a coordinator before each request to one, and speaks to what it was given', () => {
  const source = sourceOf('src/producer/eosManager/index.js')
  assert.equal(source.split('cluster.findGroupCoordinator({').length, 4)
  for (const call of ['coordinatorType: COORDINATOR_TYPES.TRANSACTION', 'broker.initProducerId({', 'broker.addPartitionsToTxn({', 'transactionCoordinator.addOffsetsToTxn({', 'groupCoordinator.txnOffsetCommit({', 'broker.endTxn({']) assert.ok(source.includes(call), call)
})

test('the assigner of a consumer is given its cluster, which reads what is committed', () => {
  const cluster = new Client('localhost:1', 'test').cluster() as unknown as { readonly isolationLevel: number; readonly constructor: unknown }
  assert.equal(cluster.constructor, internal('kafkajs/src/cluster'))
  assert.equal(cluster.isolationLevel, 1)
})

test('a watched group hears what is sent and answered; the consumer is told that it has nothing', async () => {
  const heard: string[] = []
  const nothing = kafkajs.AssignerProtocol.MemberAssignment.encode({ version: 0, assignment: {}, userData: Buffer.alloc(0) })
  const broker = {
    joinGroup: async () => ({ generationId: 3, memberId: 'm' }), syncGroup: async () => ({ memberAssignment: Buffer.from('all') }),
    heartbeat: async () => { throw errorNamed(25) }, leaveGroup: async () => undefined, offsetFetch: () => 'offsets',
  }
  let tries = 0
  const find = async (): Promise<typeof broker> => {
    tries += 1
    if (tries === 1) throw new TypeError('not found')
    return broker
  }
  const cluster = { findGroupCoordinator: find }
  watchGroup(cluster as never, nothing, () => 7, {
    instanceId: null, memberId: () => 'm', looking: () => heard.push('looking'), lookAgain: async () => heard.push('again') > 0, joined: ({ memberId, generationId }) => heard.push(`${memberId} ${generationId}`), synced: (assignment, sentMs) => heard.push(`${String(assignment)} ${sentMs}`) > 0,
    beat: () => heard.push('beat'), refused: (thrown) => heard.push((thrown as { readonly type: string }).type),
  })
  const watched = await cluster.findGroupCoordinator()
  await watched.joinGroup()
  assert.equal((await watched.syncGroup()).memberAssignment, nothing)
  await assert.rejects(watched.heartbeat())
  assert.equal(watched.offsetFetch(), 'offsets')
  assert.deepEqual(heard, ['looking', 'again', 'looking', 'looking', 'm 3', 'all 7', 'looking', 'UNKNOWN_MEMBER_ID'])
})

test('an instance is named in what is said to its group, in the versions that brokers of today take', async () => {
  const sent: { readonly apiName: string; readonly apiVersion: number; encode(): Promise<{ readonly buffer: Buffer }> }[] = []
  const { requests, lookup } = internal('kafkajs/src/protocol/requests') as { readonly requests: unknown; lookup(versions: object): unknown }
  assert.ok(requests !== undefined)
  const versions = Object.fromEntries([11, 12, 13, 14].map((api) => [api, { minVersion: 0, maxVersion: 9 }]))
  const RealBroker = internal('kafkajs/src/broker') as new (options: object) => Broker & { lookupRequest: unknown }
  const logger = { debug: () => {} }
  const broker = new RealBroker({
    connectionPool: { send: async ({ request }: { readonly request: (typeof sent)[number] }) => (sent.push(request), {}) }, logger: { namespace: () => logger, ...logger }, nodeId: 1, supportAuthenticationProtocol: true,
  })
  broker.lookupRequest = lookup(versions)
  const member = speakingAs('seat/cards', broker)
  await member.joinGroup({ groupId: 'g', sessionTimeout: 1, rebalanceTimeout: 1, groupProtocols: [] })
  await member.syncGroup({ groupId: 'g', generationId: 1, memberId: 'm', groupAssignment: [] })
  await member.heartbeat({ groupId: 'g', groupGenerationId: 1, memberId: 'm' })
  await member.leaveGroup({ groupId: 'g', memberId: 'm' })
  assert.deepEqual(sent.map(({ apiName, apiVersion }) => `${apiName} ${apiVersion}`), ['JoinGroup 5', 'SyncGroup 3', 'Heartbeat 3', 'LeaveGroup 3'])
  for (const request of sent) assert.ok((await request.encode()).buffer.includes('seat/cards'), request.apiName)
  assert.equal(speakingAs(null, broker), broker)
})

test('metadata that no broker gave is an answer that was lost, not nothing', async () => {
  mend()
  const look = prototypeOf('src/cluster')['metadata'] as (wanted: object) => Promise<unknown>
  const asked = (answers: readonly (() => Promise<unknown>)[]): Promise<unknown> => {
    const left = [...answers]
    const pool = { refreshMetadataIfNecessary: async () => {}, withBroker: (ask: (found: object) => Promise<unknown>) => ask({ broker: { metadata: () => (left.shift() as () => Promise<unknown>)() } }).catch(() => null) }
    return look.call({ brokerPool: pool, retrier: (ask: (bail: (thrown: unknown) => void) => Promise<unknown>) => new Promise((resolve, reject) => void ask(reject).then(resolve, reject)) }, { topics: ['t'] })
  }
  const lost = async (): Promise<never> => { throw errorNamed(7) }
  assert.equal(await asked([async () => 'found']), 'found')
  assert.equal(await asked([lost, async () => 'found']), 'found')
  await assert.rejects(asked([lost, lost]), (thrown) => codeOf(thrown) === 'REQUEST_TIMED_OUT')
})

test('a right that is missing on a group is said, not taken for a coordinator that is away', async () => {
  mend()
  const find = prototypeOf('src/cluster')['findGroupCoordinatorMetadata'] as (wanted: object) => Promise<unknown>
  const toldWhere = async (code: number): Promise<string> => {
    const broker = { findGroupCoordinator: async () => { throw errorNamed(code) } }
    const pool = {
      brokerPool: { withBroker: (ask: (found: object) => Promise<unknown>) => ask({ nodeId: '1', broker }).catch(() => null) }, logger: { debug: () => {} },
      retrier: (ask: (bail: (thrown: unknown) => void) => Promise<unknown>) => new Promise((resolve, reject) => void ask(reject).then(resolve, reject)),
    }
    return find.call(pool, { groupId: 'g', coordinatorType: 0 }).then(() => 'found', codeOf)
  }
  assert.equal(await toldWhere(30), 'GROUP_AUTHORIZATION_FAILED')
  assert.equal(await toldWhere(53), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  assert.equal(await toldWhere(15), 'KafkaJSGroupCoordinatorNotFound')
})

test('a partition that a transaction may not write is named, not one that was not attempted for its sake', async () => {
  mend()
  for (const version of [0, 1]) {
    const { parse } = internal(`kafkajs/src/protocol/requests/addPartitionsToTxn/v${version}/response`) as { parse(answer: object): Promise<object> }
    const told = (...codes: readonly number[]): Promise<string> => parse({ errors: codes.map((errorCode) => ({ topic: 't', partitionErrors: [{ partition: 0, errorCode }] })) }).then(() => 'added', codeOf)
    assert.deepEqual([await told(0, 0), await told(55, 29), await told(55, 0, 3), await told(55, 55)], ['added', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION', 'OPERATION_NOT_ATTEMPTED'])
  }
})

test('a broker that kafkajs has not connected to yet sends nothing, and may be there a while later', async () => {
  const Broker = internal('kafkajs/src/broker') as new (options: object) => { produce(request: object): Promise<unknown> }
  const broker = new Broker({ connectionPool: {}, logger: { namespace: () => ({}) } })
  const thrown: unknown = await broker.produce({ topicData: [] }).then(() => undefined, (error: unknown) => error)
  assert.deepEqual([isUnsent(thrown), isNotYet(codeOf(thrown))], [true, true], String(thrown))
})

test('an error is named by the first of its causes that the protocol names', () => {
  const errors = internal('kafkajs/src/errors') as Record<'KafkaJSNonRetriableError' | 'KafkaJSNumberOfRetriesExceeded' | 'KafkaJSConnectionError', new (cause: unknown, more?: object) => Error>
  assert.equal(codeOf(new errors.KafkaJSNonRetriableError(errorNamed(47), { cause: errorNamed(47) })), 'INVALID_PRODUCER_EPOCH')
  assert.equal(codeOf(new errors.KafkaJSNumberOfRetriesExceeded(new errors.KafkaJSConnectionError('refused'), { retryCount: 1, retryTime: 1 })), 'KafkaJSConnectionError')
  assert.equal(codeOf(new RangeError('x')), 'RangeError')
  assert.equal(codeOf('text'), 'text')
})
