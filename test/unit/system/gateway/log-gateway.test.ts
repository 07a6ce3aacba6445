import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryIndex } from '../../../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { TypeFlow } from '../../../../system/gateway/flow-document.ts'
import type { Gateway } from '../../../../system/gateway/gateway.ts'
import { LogGateway } from '../../../../system/gateway/log-gateway.ts'
import { OutOfTime, patientLog } from '../../../../system/inspect/patient-log.ts'
import type { StatelogNode } from '../../../../system/node/node.ts'
import { Gone } from '../../../../system/partition/range-reading.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import type { Log } from '../../../../system/ports/log.ts'
import { InvariantBroken } from '../../../../system/protocol/assert.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import counters from '../../../support/counter/counter.system.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')
const add = (by: number) => ({ type: 'add', by })
const IDS = ['a', 'b', 'c', 'd', 'nobody'].map(entityId)

const logGateway = ({ plans }: Pick<StatelogNode, 'plans'>, log: Log, isAtRest = () => true): LogGateway => new LogGateway({ log, codec: cborCodec, clock: wallClock, openIndex: memoryIndex, isAtRest }, plans)

/** What does not depend on who is asked, nor on the commits that store and hand over. */
async function told(gateway: Gateway) {
  const counted = await gateway.counts('counter', IN_TIME)
  const found = await Promise.all(IDS.map((id) => gateway.get('counter', id, IN_TIME)))
  const histories = await Promise.all(IDS.map((id) => gateway.history('counter', id, { ...IN_TIME, entriesMax: 50 })))
  const letters = await gateway.letters({ ...IN_TIME, limit: 50 })
  assert.ok(counted.kind === 'counts' && letters.kind === 'letters', JSON.stringify([counted, letters]))
  const { entities, parked, states, at } = counted.counts
  return {
    types: gateway.types(), counts: { entities, parked, states, lives: at.map(({ partition, life }) => [partition, life]) }, letters: letters.page,
    partitions: (await gateway.partitions(IN_TIME)).map(({ type, partition, lag, entities, parked }) => ({ type, partition, lag, entities, parked })),
    entities: found.map((result) => (result.kind === 'entity' ? { ...result.answer, seq: 0, entity: result.answer.entity && { ...result.answer.entity, changedSeq: 0 } } : result)),
    histories: histories.map((result) => (result.kind === 'history' ? result.page.entries : result)),
  }
}

async function firstOf<T>(values: AsyncIterable<T>): Promise<T> {
  for await (const value of values) return value
  throw new RangeError('there is none')
}

async function ran(t: TestContext, log = memoryLog({ keyed: true })) {
  const running = await served(t, { log })
  for (const id of IDS.slice(0, 4)) for (const by of [1, 2]) await running.gateway.command('counter', id, add(by), `k${by}`, IN_TIME)
  await running.gateway.command('counter', IDS[3] ?? A, { type: 'end' }, 'end', IN_TIME)
  await running.gateway.command('counter', A, { type: 'add' }, 'bad', IN_TIME)
  return running
}

for (const keyed of [true, false]) {
  test(`R1: a system at rest is told as its owners told it (${keyed ? 'read by key' : 'scanned'})`, async (t) => {
    const log = memoryLog({ keyed: true })
    const { gateway, node } = await ran(t, log)
    const seen = keyed ? log : { ...patientLog(log, wallClock, { deadlineMs: 60_000 }), keyed: undefined }
    const owners = await told(gateway)
    const beside = logGateway(node, seen, () => false)
    assert.deepEqual(await told(beside), owners, 'beside them')
    await node.stop()
    assert.deepEqual(await told(logGateway(node, seen)), owners, 'after them')
    assert.deepEqual(await told(beside), owners, 'read on')
    assert.deepEqual((await logGateway(node, seen).partitions(IN_TIME)).map(({ state, reason }) => [state, reason]), [0, 1].map(() => ['at rest', 'nothing runs it']))
  })
}

test('R2: what is sent at rest is kept, told at once, and taken by the next run; beside a run it is answered', async (t) => {
  const log = memoryLog({ keyed: true })
  const { node } = await ran(t, log)
  await node.stop()
  const kept = await logGateway(node, log).command('counter', A, add(4), 'later', IN_TIME)
  assert.deepEqual(kept, { kind: 'waiting', partition: 0, state: 'at rest', reason: 'nothing runs it: the event is kept, and taken when the system runs next' })
  assert.deepEqual((await logGateway(node, log).partitions(IN_TIME)).map(({ lag }) => lag?.inbox), [1, 0])
  const gateway = logGateway(node, log, () => false)
  assert.ok((await gateway.command('counter', A, { type: 'xstate.init' }, 'x', IN_TIME)).kind === 'unfit')
  await served(t, { log })
  const again = await gateway.command('counter', A, add(4), 'later', IN_TIME)
  assert.ok(again.kind === 'reply' && again.value === 7, JSON.stringify(again))
  const refused = await gateway.command('counter', A, { type: 'add' }, 'worse', IN_TIME)
  assert.ok(refused.kind === 'refused' && refused.class === 'action', JSON.stringify(refused))
  const { epoch, seq } = again.at
  const read = await gateway.get('counter', A, { ...IN_TIME, atLeast: again.at })
  assert.ok(read.kind === 'entity' && (read.answer.entity?.context as { n: number }).n === 7, `${epoch} ${seq} ${JSON.stringify(read)}`)
})

test('G3: of a command that is durable it is never said that it was not taken, also when the log cannot be read afterwards', async (t) => {
  const { node, log } = await served(t)
  for (const thrown of [new OperationError('kafka/unreachable', 'so'), new Gone('so'), new OutOfTime('so'), new InvariantBroken('so')]) {
    const hidden = { ...patientLog(log, wallClock, { deadlineMs: 60_000 }), read: () => Promise.reject(thrown) }
    assert.deepEqual(await logGateway(node, hidden, () => false).command('counter', A, add(1), thrown.name, IN_TIME), { kind: 'unread', isTaken: false, reason: 'so' }, thrown.name)
  }
})

test('what is not in the log at the deadline is not told; a state is waited for no longer', async (t) => {
  const log = memoryLog({ keyed: true })
  const { node } = await ran(t, log)
  await node.stop()
  const gateway = logGateway(node, log)
  const ahead = await gateway.get('counter', A, { deadlineMs: 100, atLeast: { epoch: 9, seq: 0 } })
  assert.ok(ahead.kind === 'unavailable' && ahead.state === 'at rest' && /^its log ends at epoch 1, seq \d+, and has not reached epoch 9, seq 0$/.test(ahead.reason), JSON.stringify(ahead))
  assert.equal((await gateway.wait('counter', A, 'counting', IN_TIME)).kind, 'reached')
  assert.equal((await gateway.wait('counter', A, 'ended', { deadlineMs: 100 })).kind, 'not-reached')
  const away = { ...patientLog(log, wallClock, { deadlineMs: 60_000 }), offsetsAt: () => Promise.reject(new OperationError('kafka/unreachable', 'no broker answers')) }
  const blind = logGateway(node, away)
  assert.deepEqual(await blind.get('counter', A, IN_TIME), { kind: 'unavailable', type: 'counter', partition: 0, state: 'unread', reason: 'no broker answers' })
  assert.deepEqual([(await blind.counts('counter', IN_TIME)).kind, (await blind.partitions(IN_TIME)).map(({ state }) => state)], ['unavailable', ['unread', 'unread']])
})

test('R3: whoever watches or follows is told of places and occupancy, and of nothing that was not counted', async (t) => {
  const log = memoryLog({ keyed: true })
  const { node } = await ran(t, log)
  await node.stop()
  const over = new AbortController()
  t.after(() => over.abort())
  const gateway = logGateway(node, log)
  const look = await firstOf(gateway.watch(['counter'], over.signal))
  const { occupancy, taken, inputs, partitions } = look.types['counter'] as TypeFlow
  assert.deepEqual([look.system, occupancy, taken, inputs], ['counters', { counting: 3, ended: 1 }, {}, 0])
  assert.deepEqual(Object.values(partitions).map(({ state, owner, commitMs, lag }) => [state, owner, commitMs, lag]), [0, 1].map(() => ['at rest', undefined, undefined, { sources: 0, inbox: 0 }]))
  const followed = await firstOf(gateway.follow('counter', A, over.signal))
  assert.ok(followed.kind === 'entity' && followed.answer.entity?.configuration === 'counting')
  const listed = await gateway.list('counter', { ...IN_TIME, state: 'ended', conditions: [], limit: 10 })
  assert.ok(listed.kind === 'entities', JSON.stringify(listed))
  assert.deepEqual([listed.page.entities.map(({ id }) => id), listed.page.index.lagMs], [['d'], 0])
})

test('a system that never ran has no entities, and says so', async () => {
  const plans = planSystem(counters)
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(plans))
  const gateway = logGateway({ plans }, log)
  assert.deepEqual(await gateway.counts('counter', IN_TIME), { kind: 'counts', counts: { type: 'counter', entities: 0, parked: 0, states: {}, at: [] } })
  assert.deepEqual((await gateway.partitions(IN_TIME)).map(({ state, reason, at }) => [state, reason, at]), [0, 1].map(() => ['at rest', 'it has not run yet', undefined]))
  assert.equal((await gateway.history('counter', A, { ...IN_TIME, entriesMax: 5 })).kind, 'unread')
})

test('beside owners another event under the key of one before is told so', async (t) => {
  const { node, log } = await ran(t)
  const result = await logGateway(node, log, () => false).command('counter', A, add(9), 'k1', IN_TIME)
  assert.equal(result.kind, 'other-event')
})

test('L5: whoever follows is told of a look that began afterwards', async (t) => {
  const { gateway, node, log } = await ran(t)
  const beside = logGateway(node, log, () => false)
  await firstOf(beside.follow('counter', A, new AbortController().signal))
  const sent = await gateway.command('counter', A, add(9), 'k9', IN_TIME)
  const told = await firstOf(beside.follow('counter', A, new AbortController().signal))
  assert.ok(sent.kind === 'reply' && told.kind === 'entity' && told.answer.seq >= sent.at.seq, JSON.stringify(told))
})
