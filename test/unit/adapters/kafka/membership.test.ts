// What ends a membership, what only makes it wait, and what it says of it: against a coordinator that refuses as told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { Membership } from '../../../../adapters/kafka/membership.ts'
import { encodeAssignment, encodeSubscription } from '../../../../adapters/kafka/member-protocol.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import { fastClock } from '../../../support/chaos/clocks.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'
import type { Answer } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const JOINED = { memberId: 'm', leader: 'other', generationId: 1, skipAssignment: false, members: [] }

interface Heard {
  readonly assigned: number[][]
  readonly hindered: string[]
  readonly ended: string[]
}

function assignment(indices: readonly number[], more: object = {}): { readonly assignment: Buffer } {
  return { assignment: encodeAssignment({ assignedPartitions: [{ topic: 'in', partitions: [...indices] }], userData: Buffer.from(JSON.stringify({ living: [], reason: null, ...more })) }) }
}

function subscription(manifest: Readonly<Record<string, number>>): Buffer {
  return encodeSubscription({ topics: ['in'], userData: Buffer.from(JSON.stringify({ owner: 'o', manifest, generation: -1 })), ownedPartitions: [] })
}

/** Runs a member until `isOver`; answers what it said and the requests that it sent. */
async function member(answer: Answer, isOver: (heard: Heard, asked: readonly number[]) => boolean, manifest = (): Readonly<Record<string, number>> => ({ in: 4 }), clock = wallClock): Promise<Heard & { readonly asked: readonly number[] }> {
  const heard: Heard = { assigned: [], hindered: [], ended: [] }
  const asked: number[] = []
  const over = Promise.withResolvers<void>()
  const look = (): void => void (isOver(heard, asked) && over.resolve())
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, clock), (key, request) => {
    asked.push(key)
    queueMicrotask(look)
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    return key === KEYS.leaveGroup ? {} : answer(key, request)
  })
  const membership = new Membership({ cluster, clock, group: 'g', topics: ['in'], owner: 'o', instanceId: null, sessionMs: 1000, heartbeatMs: 1, rebalanceMs: 1000, manifest: async () => manifest() }, {
    assigned: (indices) => void (heard.assigned.push([...indices]), look()), hindered: (reason) => void (heard.hindered.push(reason), look()),
    lost: () => {}, ended: (reason) => void (heard.ended.push(reason), look()),
  })
  membership.start()
  await over.promise
  await membership.stop()
  return { ...heard, asked }
}

/** Of a member that waits between attempts: its time goes faster. */
const quick = (): Clock => fastClock(Date.now(), Date.now(), 10)

const count = (asked: readonly number[], key: number): number => asked.filter((each) => each === key).length

for (const code of ['UNKNOWN_SERVER_ERROR', 'GROUP_MAX_SIZE_REACHED', 'INCONSISTENT_GROUP_PROTOCOL', 'A_CODE_OF_TOMORROW']) {
  test(`a join that is refused with ${code} is tried again, and said once`, async () => {
    let refusals = 3
    const { assigned, hindered, ended, asked } = await member((key) => {
      if (key === KEYS.joinGroup && refusals-- > 0) throw new Code(code)
      return key === KEYS.joinGroup ? JOINED : key === KEYS.syncGroup ? assignment([2]) : {}
    }, (heard) => heard.assigned.length > 0 || heard.ended.length > 0, undefined, quick())
    assert.deepEqual([assigned, ended], [[[2]], []])
    assert.equal(hindered.length, 1)
    assert.match(hindered[0] ?? '', new RegExp(code))
    assert.equal(count(asked, KEYS.joinGroup), 4)
  })
}

test('a heartbeat that is refused with an unknown code costs nothing that was assigned', async () => {
  let beats = 0
  const { assigned, hindered, ended, asked } = await member((key) => {
    if (key === KEYS.heartbeat && ++beats === 2) throw new Code('UNKNOWN_SERVER_ERROR')
    return key === KEYS.joinGroup ? JOINED : key === KEYS.syncGroup ? assignment([2]) : {}
  }, (heard) => beats > 3 || heard.ended.length > 0)
  assert.deepEqual([assigned, ended, hindered.length, count(asked, KEYS.joinGroup)], [[[2]], [], 1, 1])
})

test('a coordinator that does not answer a heartbeat is looked for anew while the session lasts, and nothing is lost', { timeout: 3000 }, async () => {
  let atMs = Infinity
  const { assigned, asked } = await member((key) => {
    if (key === KEYS.heartbeat) {
      atMs = Math.min(atMs, wallClock.monotonicMs())
      return new Promise(() => {})
    }
    return key === KEYS.joinGroup ? JOINED : assignment([2])
  }, (_heard, requests) => count(requests, KEYS.findCoordinator) > 1)
  assert.ok(wallClock.monotonicMs() - atMs < 1000)
  assert.deepEqual([assigned, count(asked, KEYS.joinGroup)], [[[2]], 1])
})

for (const code of ['FENCED_INSTANCE_ID', 'INVALID_SESSION_TIMEOUT', 'INVALID_GROUP_ID', 'UNSUPPORTED_VERSION', 'GROUP_AUTHORIZATION_FAILED']) {
  test(`${code} means never: the membership ends, with the reason`, async () => {
    const { assigned, ended, asked } = await member(() => {
      throw new Code(code)
    }, (heard) => heard.ended.length > 0)
    assert.deepEqual([assigned, ended.length, count(asked, KEYS.joinGroup)], [[], 1, 1])
  })
}

test('what was assigned to a predecessor with other topics is not taken: the member joins again at once', async () => {
  let joins = 0
  const { assigned, asked } = await member((key) => {
    if (key === KEYS.joinGroup) return { ...JOINED, generationId: ++joins }
    return key === KEYS.syncGroup ? assignment([joins], { manifest: joins === 1 ? { in: 4, more: 4 } : { in: 4 } }) : {}
  }, (heard) => heard.assigned.length > 0)
  assert.deepEqual([assigned, count(asked, KEYS.joinGroup)], [[[2]], 2])
})

test('a topic of which a broker has not heard yet is looked at again before the group is joined, and said once', async () => {
  let looks = 0
  const { assigned, hindered, asked } = await member((key) => (key === KEYS.joinGroup ? JOINED : assignment([2])), (heard) => heard.assigned.length > 0, () => ({ in: 4, inbox: (looks += 1) < 3 ? 0 : 4 }))
  assert.deepEqual([assigned, looks, count(asked, KEYS.joinGroup), hindered.length], [[[2]], 3, 1, 1])
  assert.match(hindered[0] ?? '', /topic inbox/)
})

test('each assignment carries the topics that its member named', async () => {
  let sent: Buffer | undefined
  await member((key, request) => {
    if (key === KEYS.joinGroup) return { ...JOINED, leader: 'm', members: [{ memberId: 'm', groupInstanceId: null, metadata: subscription({ in: 4 }) }] }
    if (key === KEYS.syncGroup) sent = request
    return key === KEYS.syncGroup ? assignment([0]) : {}
  }, (heard) => heard.assigned.length > 0)
  assert.match(String(sent), /"manifest":\{"in":4\}/)
})

test('a member that is stopped while it looks at its topics does not join after that, and is not waited for', { timeout: 5000 }, async () => {
  const looked = Promise.withResolvers<void>()
  const manifest = Promise.withResolvers<Readonly<Record<string, number>>>()
  const asked: number[] = []
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key) => {
    asked.push(key)
    return key === KEYS.findCoordinator ? { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] } : new Promise(() => {})
  })
  const membership = new Membership({
    cluster, clock: wallClock, group: 'g', topics: ['in'], owner: 'o', instanceId: 'pod-0/g', sessionMs: 1000, heartbeatMs: 10, rebalanceMs: 1000,
    manifest: () => {
      looked.resolve()
      return manifest.promise
    },
  }, { assigned: () => {}, hindered: () => {}, lost: () => {}, ended: () => {} })
  membership.start()
  await looked.promise
  const stopping = membership.stop()
  manifest.resolve({ in: 1 })
  await stopping
  assert.equal(count(asked, KEYS.joinGroup), 0)
})

test('an answer that cannot be read is asked for again, and said once', async () => {
  let unreadable = 3
  const { assigned, hindered, ended } = await member((key) => {
    if (key === KEYS.joinGroup && unreadable-- > 0) throw new Unanswered('NETWORK', 'answers what cannot be read: 9 bytes where 2 are left', new RangeError('9 bytes where 2 are left'))
    return key === KEYS.joinGroup ? JOINED : key === KEYS.syncGroup ? assignment([2]) : {}
  }, (heard) => heard.assigned.length > 0 || heard.ended.length > 0, undefined, quick())
  assert.deepEqual([assigned, ended], [[[2]], []])
  assert.equal(hindered.length, 1)
  assert.match(hindered[0] ?? '', /cannot be read/)
})
