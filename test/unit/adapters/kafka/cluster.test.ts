// Who leads, by brokers of which one has not heard of the newest: a broker that is cut off from the controller goes on answering what it knew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { OffsetQueries } from '../../../../adapters/kafka/offset-queries.ts'
import { FINDING } from '../../../../adapters/kafka/connections.ts'
import { SimulatedClock, wallClock } from '../../../../adapters/memory/clock.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import { Code, KEYS, connectionTo } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 1 }))

interface View {
  readonly leader: number
  readonly epoch: number
  readonly id?: string
  /** Of the topic, all led by the same; default 1. */
  readonly partitions?: number
}

/** A cluster of three, each of which says so of the only partition and the only group. */
function clusterWhere(says: (host: string) => View, asked: string[] = [], clock: Clock = wallClock): Cluster {
  const cluster = new Cluster(brokers, TRANSPORT, clock)
  cluster.connections.get = async (_use, { host }) => connectionTo((key) => {
    const { leader, epoch, id = 'id', partitions = 1 } = says(host)
    if (key === KEYS.findCoordinator) return { coordinators: [brokers[leader - 1]] }
    assert.equal(key, KEYS.metadata)
    asked.push(host)
    return { brokers, topics: [{ name: 't', topicId: id, isInternal: false, partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, leaderId: leader, leaderEpoch: epoch, replicaNodes: [1, 2, 3] })) }] }
  })
  return cluster
}

test('a topic that may not be seen is not taken for unknown', async () => {
  let isHidden = true
  const cluster = new Cluster(brokers, TRANSPORT, wallClock)
  const partitions = [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1] }]
  cluster.connections.get = async () => connectionTo(() => ({
    brokers, topics: [{ name: 't', topicId: 'id', isInternal: false, errorCode: isHidden ? 29 : 0, partitions: isHidden ? [] : partitions }, { name: 'none', topicId: 'no', isInternal: false, errorCode: 3, partitions: [] }],
  }))
  await assert.rejects(cluster.topic('t'), /topic 't' \(TOPIC_AUTHORIZATION_FAILED\).*kafka-acls/)
  assert.equal(await cluster.topic('none'), undefined)
  isHidden = false
  assert.equal((await cluster.topic('t'))?.leaders.length, 1)
})

class Away extends TypeError {
  readonly code = 'ECONNREFUSED'
}

const untilMs = (): number => wallClock.monotonicMs() + 2000

test('a partition that the known leader does not lead is looked up at another broker each time', async () => {
  // Nobody has heard of the newest when we ask first, and one never does.
  const asked: string[] = []
  const cluster = clusterWhere((host) => (asked.length === 0 || host === 'b1' ? { leader: 1, epoch: 5 } : { leader: 3, epoch: 6 }), asked)
  await cluster.refresh(['t'])
  assert.equal(cluster.leaderOf('t', 0), 1)
  const found = await cluster.atLeader('u', 't', 0, async () => {
    if (cluster.leaderOf('t', 0) !== 3) throw new Code('NOT_LEADER_OR_FOLLOWER')
    return 'led'
  }, { untilMs: untilMs() })
  assert.equal(found, 'led')
})

test('a coordinator that does not coordinate is looked up at another broker', async () => {
  let isNews = false
  const cluster = clusterWhere((host) => ({ leader: host === 'b1' || !isNews ? 1 : 3, epoch: 0 }))
  const asked: number[] = []
  cluster.connectionTo = async (_use, node) => {
    asked.push(node)
    isNews = true
    return connectionTo(() => ({}))
  }
  await cluster.atCoordinator('group', 'g', 'u', async () => {
    if (asked.at(-1) !== 3) throw new Code('NOT_COORDINATOR')
  }, { untilMs: untilMs() })
  assert.deepEqual(asked, [1, 3])
  cluster.forgetCoordinator('group', 'g', 'NOT_COORDINATOR')
  await cluster.coordinatorConnection('group', 'g', 'u')
  assert.equal(asked.length, 3)
})

test('what nobody waits for any more is not asked again', async () => {
  const ended = new AbortController()
  const cluster = clusterWhere(() => ({ leader: 1, epoch: 0 }), [], { ...wallClock, sleep: async () => ended.abort() })
  cluster.connectionTo = async () => connectionTo(() => ({}))
  let asked = 0
  await assert.rejects(cluster.atCoordinator('group', 'g', 'u', async () => {
    asked += 1
    throw new Code('NOT_COORDINATOR')
  }, { signal: ended.signal }), /NOT_COORDINATOR/)
  assert.equal(asked, 1)
})

test('a coordinator of a group that puts off for long is looked for at another broker, and not before', { timeout: 5000 }, async () => {
  let nowMs = 0
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) }
  let isReplaced = false
  const cluster = clusterWhere((host) => ({ leader: host === 'b1' || !isReplaced ? 1 : 3, epoch: 0 }), [], clock)
  cluster.connectionTo = async () => connectionTo(() => ({}))
  await cluster.atCoordinator('group', 'g', 'u', async (_connection, node) => {
    isReplaced = true
    if (node === 1) throw new Code('UNSTABLE_OFFSET_COMMIT')
  }, { untilMs: 15_000 })
  assert.ok(nowMs > 4000 && nowMs < 6000, `after ${nowMs} ms`)
})

test('a coordinator that does not answer is asked last who coordinates', async () => {
  const cluster = clusterWhere(() => ({ leader: 2, epoch: 0 }))
  const dial = cluster.connections.get.bind(cluster.connections)
  const asked: string[] = []
  cluster.connections.get = async (use, broker) => {
    if (use === FINDING) asked.push(broker.host)
    return dial(use, broker)
  }
  for (let nth = 0; nth < 4; nth += 1) {
    await cluster.coordinatorConnection('group', 'g', 'u')
    cluster.forgetCoordinator('group', 'g', 'TIMEOUT')
  }
  assert.equal(asked.slice(1).includes('b2'), false, asked.join(', '))
})

test('what a broker knew before is not taken over what another one has said since; a topic made anew is another one', async () => {
  let view: View = { leader: 3, epoch: 6 }
  const cluster = clusterWhere(() => view)
  await cluster.refresh(['t'])
  view = { leader: 1, epoch: 5 }
  await cluster.refresh()
  assert.equal(cluster.leaderOf('t', 0), 3)
  view = { leader: 2, epoch: 7 }
  await cluster.refresh()
  assert.equal(cluster.leaderOf('t', 0), 2)
  view = { leader: 1, epoch: 0, id: 'another' }
  await cluster.refresh()
  assert.equal(cluster.leaderOf('t', 0), 1)
})

const BEHIND: readonly (readonly [who: string, isBehind: (host: string, seconds: number) => boolean, leader: number])[] = [
  ['all brokers know', () => true, 1],
  ['one of them knows', (host) => host === 'b1', 3],
  ['one after the other of them knows', (host, seconds) => host === `b${1 + (Math.floor(seconds / 20) % 3)}`, 3],
]

for (const [who, isBehind, leader] of BEHIND) {
  test(`what ${who} less of for half a minute ${leader === 1 ? 'went back' : 'did not go back'}`, async () => {
    const clock = new SimulatedClock()
    let seconds = -1
    const cluster = clusterWhere((host) => (seconds >= 0 && isBehind(host, seconds) ? { leader: 1, epoch: 5 } : { leader: 3, epoch: 6 }), [], clock)
    await cluster.refresh(['t'])
    for (seconds = 0; seconds < 90; seconds += 1) {
      await cluster.refresh()
      assert.equal(cluster.leaderOf('t', 0), seconds < 30 ? 3 : leader, `after ${seconds} s`)
      clock.advance(1000)
    }
    assert.equal(cluster.epochOf('t', 0), leader === 1 ? 5 : 6)
  })
}

test('who is the only one that answers is not believed when it knows less', async () => {
  const clock = new SimulatedClock()
  let isAlone = false
  const asked: string[] = []
  const cluster = clusterWhere((host) => {
    if (isAlone && host !== 'b1') throw new Away('connect ECONNREFUSED')
    return isAlone ? { leader: 1, epoch: 5 } : { leader: 3, epoch: 6 }
  }, asked, clock)
  await cluster.refresh(['t'])
  isAlone = true
  for (let seconds = 0; seconds < 120; seconds += 1) {
    await cluster.refresh()
    assert.equal(cluster.leaderOf('t', 0), 3, `after ${seconds} s`)
    clock.advance(1000)
  }
  assert.ok(asked.filter((host) => host === 'b1').length > 100)
})

test('partitions of which a broker has not heard are not forgotten', async () => {
  let view: View = { leader: 3, epoch: 1, partitions: 2 }
  const cluster = clusterWhere(() => view)
  await cluster.refresh(['t'])
  view = { leader: 2, epoch: 2, partitions: 1 }
  await cluster.refresh()
  assert.deepEqual(cluster.known('t')?.leaders, [2, 3])
})

test('an answer about offsets that leaves a partition out is asked for again, until the time is over', async () => {
  const cluster = clusterWhere(() => ({ leader: 1, epoch: 0 }))
  await cluster.refresh(['t'])
  let asked = 0
  cluster.connectionTo = async () => connectionTo(() => {
    asked += 1
    return { topics: [] }
  })
  await assert.rejects(new OffsetQueries(cluster).ask('t', 0, -1n, { untilMs: wallClock.monotonicMs() + 100 }), /UNKNOWN_TOPIC_OR_PARTITION/)
  assert.ok(asked > 1)
})

test('a broker that did not answer is asked last for a while, whoever else may be asked', async () => {
  const cluster = clusterWhere(() => ({ leader: 2, epoch: 0 }))
  const answering = cluster.connections.get.bind(cluster.connections)
  const dialled: string[] = []
  let areAllAway = false
  cluster.connections.get = async (use, broker) => {
    dialled.push(broker.host)
    if (broker.host === 'b2' || areAllAway) throw new Away()
    return answering(use, broker)
  }
  for (let nth = 0; nth < 12; nth += 1) await cluster.refresh(['t'])
  assert.equal(dialled.filter((host) => host === 'b2').length, 1)
  assert.ok(new Set(dialled).has('b1') && new Set(dialled).has('b3'))
  areAllAway = true
  await assert.rejects(cluster.refresh(), /no broker answers/)
  dialled.length = 0
  await assert.rejects(cluster.refresh(), /no broker answers/)
  assert.equal(new Set(dialled).size, 3, 'when nobody answers everybody is asked')
})
