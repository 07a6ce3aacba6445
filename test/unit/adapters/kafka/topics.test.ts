// Topics as brokers describe them: how often they are asked, and what is made of the answers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { PartRefused, Refusals } from '../../../../adapters/kafka/request.ts'
import { Topics } from '../../../../adapters/kafka/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const NAMES = ['a', 'b', 'c', 'd']
const SPECS = NAMES.map((name) => ({ name, partitions: 2, cleanup: 'delete' as const }))

const describedIn = (request: Buffer): string[] => Reader.from(request).readArray((resource) => {
  resource.readInt8()
  const name = resource.readString()
  resource.readItems((key) => key.readString())
  return name
})

/** A cluster that has the topics, `compacted` ones among them; `asked` are the keys of its requests. */
function topicsOf(compacted: readonly string[], asked: number[]): Topics {
  const cluster = clusterOf(new Cluster([{ host: 'h', port: 1 }], TRANSPORT, wallClock), (key, request) => {
    asked.push(key)
    const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1, leaderEpoch: 0, replicaNodes: [1] }))
    if (key === KEYS.metadata) return { brokers: [{ nodeId: 1, host: 'h', port: 1 }], topics: NAMES.map((name) => ({ name, topicId: name, isInternal: false, errorCode: 0, partitions })) }
    assert.equal(key, KEYS.describeConfigs)
    return { results: describedIn(request).map((name) => ({ errorCode: 0, resourceName: name, configs: [{ name: 'cleanup.policy', value: compacted.includes(name) ? 'compact' : 'delete' }, { name: 'max.message.bytes', value: '100' }] })) }
  })
  return new Topics(cluster, new Names(''), wallClock, { replication: 1, batchBytesMax: 1000 })
}

test('all topics that are ensured are described in one request', async () => {
  const asked: number[] = []
  const topics = topicsOf(['c'], asked)
  assert.deepEqual((await topics.ensure(SPECS)).map(({ topic }) => topic), ['c'])
  assert.deepEqual(asked, [KEYS.metadata, KEYS.describeConfigs])
  assert.equal((await topics.settings('a')).batchBytesMax, 100)
  assert.equal(asked.length, 2)
})

test('of several topics that were not made, one for another reason than that it is there already, that reason is said', async () => {
  const refusals = [['TOPIC_ALREADY_EXISTS', null], ['INVALID_REPLICATION_FACTOR', 'only one broker']] as const
  const cluster = clusterOf(new Cluster([{ host: 'h', port: 1 }], TRANSPORT, wallClock), (key) => {
    if (key === KEYS.metadata) return { brokers: [{ nodeId: 1, host: 'h', port: 1 }], topics: [] }
    throw new Refusals('CreateTopics', refusals.map(([code, reason]) => new PartRefused(code, reason)), {})
  })
  const topics = new Topics(cluster, new Names(''), wallClock, { replication: 3, batchBytesMax: 1000 })
  await assert.rejects(topics.ensure(SPECS.slice(0, 2)), { code: 'topics/create', message: /INVALID_REPLICATION_FACTOR: only one broker/ })
})

test('each broker is asked itself whether it verifies what transactions write; one that does not tell is not blamed', async () => {
  const answers: readonly (() => object)[] = [() => described('true'), () => described('false'), () => {
    throw new Code('CLUSTER_AUTHORIZATION_FAILED')
  }, () => ({ results: [{ errorCode: 0, resourceName: '4', configs: [] }] })]
  const described = (value: string): object => ({ results: [{ errorCode: 0, resourceName: '', configs: [{ name: 'transaction.partition.verification.enable', value }] }] })
  const cluster = clusterOf(new Cluster([{ host: 'h', port: 1 }], TRANSPORT, wallClock), (key, request) => {
    if (key === KEYS.metadata) return { brokers: answers.map((_, index) => ({ nodeId: index + 1, host: 'h', port: index + 1 })), topics: [] }
    const [node] = describedIn(request)
    return answers[Number(node) - 1]?.()
  })
  assert.deepEqual(await new Topics(cluster, new Names(''), wallClock, { replication: 1, batchBytesMax: 1000 }).unverifying(), [2])
})
