import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import type { CommandResult, Gateway } from '../../../../system/gateway/gateway.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { OutOfTime } from '../../../../system/inspect/patient-log.ts'
import { absentLook } from '../../../../system/node/partition-look.ts'
import { Gone } from '../../../../system/partition/range-reading.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Rpc } from '../../../../system/ports/rpc.ts'
import { InvariantBroken } from '../../../../system/protocol/assert.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { gatewayTo, served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')
const add = (by: number) => ({ type: 'add', by })

function answerOf(result: Awaited<ReturnType<Gateway['get']>>) {
  assert.ok(result.kind === 'entity', JSON.stringify(result))
  return result.answer
}

function replyOf(result: CommandResult) {
  assert.ok(result.kind === 'reply', JSON.stringify(result))
  return result
}

test('G3: a command is answered with its reply once it is committed, sent again with its key it is applied once', async (t) => {
  const { gateway } = await served(t)
  assert.equal(replyOf(await gateway.command('counter', A, add(2), 'k1', IN_TIME)).value, 2)
  const [one, two] = await Promise.all(['k2', 'k2'].map((key) => gateway.command('counter', A, add(3), key, IN_TIME)))
  assert.deepEqual([one, two].map((result) => result?.kind === 'reply' && result.value), [5, 5])
  assert.deepEqual(answerOf(await gateway.get('counter', A, IN_TIME)).entity?.context, { n: 5 })
})

test('G1: what a command wrote is read with `atLeast` the place of its reply, and by a gateway of later', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  for (let n = 1; n <= 20; n += 1) {
    const { at } = replyOf(await gateway.command('counter', A, add(1), `k${n}`, IN_TIME))
    assert.deepEqual(answerOf(await gatewayTo(node, log, rpc).get('counter', A, { ...IN_TIME, atLeast: at })).entity?.context, { n })
  }
  const { epoch, seq } = answerOf(await gateway.get('counter', A, IN_TIME))
  const ahead = await gateway.get('counter', A, { deadlineMs: 60, atLeast: { epoch, seq: seq + 1 } })
  assert.ok(ahead.kind === 'unavailable' && ahead.state === 'live' && /is at epoch 1, seq \d+, and has not reached epoch 1, seq \d+$/.test(ahead.reason), JSON.stringify(ahead))
})

test('an entity is what a reader of the log sees, also one that is not there', async (t) => {
  const { gateway, node, log } = await served(t)
  for (const id of ['a', 'b', 'c']) await gateway.command('counter', entityId(id), add(1), 'k', IN_TIME)
  await gateway.command('counter', entityId('c'), { type: 'end' }, 'e', IN_TIME)
  for (const id of ['a', 'b', 'c', 'nobody']) assert.deepEqual(answerOf(await gateway.get('counter', entityId(id), IN_TIME)), await queryEntity({ log, codec: cborCodec, clock: wallClock }, node.plans.get('counter') as TypePlan, id))
})

test('a refusal says why and where its dead letter stands; an entity at its end gives no reply; what is no event is not sent', async (t) => {
  const { gateway } = await served(t)
  const refused = await gateway.command('counter', A, { type: 'add' }, 'bad', IN_TIME)
  assert.ok(refused.kind === 'refused' && refused.class === 'action' && /add what\?/.test(refused.message) && refused.letter?.topic === 'counters.counter.inbox.dlq', JSON.stringify(refused))
  assert.equal((await gateway.command('counter', A, { type: 'add' }, 'bad', IN_TIME)).kind, 'unknown')
  assert.equal(replyOf(await gateway.command('counter', A, { type: 'end' }, 'end', IN_TIME)).value, null)
  assert.equal((await gateway.command('counter', A, add(1), 'late', IN_TIME)).kind, 'unknown')
  for (const event of [{ type: 'xstate.init' }, { type: 'add', by: () => 1 }]) assert.equal((await gateway.command('counter', A, event, 'x', IN_TIME)).kind, 'unfit')
})

test('counts and reports cover every partition, or say which one is not there', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  const ids = Array.from({ length: 10 }, (_, n) => entityId(`c${n}`))
  for (const id of ids) await gateway.command('counter', id, add(1), 'k', IN_TIME)
  for (const id of ids.slice(0, 3)) await gateway.command('counter', id, { type: 'end' }, 'e', IN_TIME)
  const counted = await gateway.counts('counter', IN_TIME)
  assert.ok(counted.kind === 'counts')
  assert.deepEqual([counted.counts.entities, counted.counts.states, counted.counts.at.map(({ partition }) => partition)], [10, { counting: 7, ended: 3 }, [0, 1]])
  const reports = await gateway.partitions(IN_TIME)
  assert.deepEqual(reports.map(({ type, partition, state, lag, at }) => [type, partition, state, lag, at?.epoch]), [0, 1].map((partition) => ['counter', partition, 'live', { sources: 0, inbox: 0 }, 1]))

  const half: Rpc = { ...rpc, call: async (address, ...rest) => (address.partition === 1 ? { kind: 'no-server' } : rpc.call(address, ...rest)) }
  const part = await gatewayTo(node, log, half).counts('counter', { deadlineMs: 50 })
  assert.ok(part.kind === 'unavailable' && part.partition === 1 && part.state === 'absent', 'G2: no sum over a part')
  assert.deepEqual((await gatewayTo(node, log, half).partitions({ deadlineMs: 50 })).map(({ state }) => state), ['live', 'absent'])
})

test('G2: partitions that recover are waited for where they are counted, and reported as they are', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  await gateway.command('counter', A, add(1), 'k', IN_TIME)
  const look = { ...absentLook('counter', 0), state: 'recovering' }
  const recovering = { kind: 'partition', at: undefined, look, occupancy: [], parked: 0 }
  let calls = 0
  const slow: Rpc = { ...rpc, call: async (address, ...rest) => ((calls += 1) <= 6 ? { kind: 'answer', bytes: cborCodec.encode(recovering) } : rpc.call(address, ...rest)) }
  assert.deepEqual((await gatewayTo(node, log, slow).partitions(IN_TIME)).map(({ state, at }) => [state, at]), [['recovering', undefined], ['recovering', undefined]])
  const counted = await gatewayTo(node, log, slow).counts('counter', IN_TIME)
  assert.ok(counted.kind === 'counts' && counted.counts.entities === 1, JSON.stringify(counted))
  calls = -Infinity
  const never = await gatewayTo(node, log, slow).counts('counter', { deadlineMs: 40 })
  assert.deepEqual([never.kind, never.kind === 'unavailable' && never.state], ['unavailable', 'recovering'])
})

test('G2: while nobody owns the partition a caller is told so at its deadline; a command that is durable waits', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  await gateway.command('counter', A, add(2), 'k1', IN_TIME)
  await node.stop()
  const gone = await gateway.get('counter', A, { deadlineMs: 40 })
  assert.deepEqual([gone.kind, gone.kind === 'unavailable' && gone.state], ['unavailable', 'absent'])
  assert.equal((await gateway.wait('counter', A, 'counting', { deadlineMs: 40 })).kind, 'unavailable')
  const kept = await gateway.command('counter', A, add(3), 'k2', { deadlineMs: 40 })
  assert.ok(kept.kind === 'waiting' && kept.state === 'absent')
  const again = await served(t, { log, rpc })
  assert.equal(replyOf(await again.gateway.command('counter', A, add(3), 'k2', IN_TIME)).value, 5)
})

test('G3: of a command that is durable it is never said that it was not taken, also when the log cannot be read afterwards', async (t) => {
  const { node, log, rpc } = await served(t)
  for (const thrown of [new OperationError('kafka/unreachable', 'no broker answers'), new Gone('no broker answers'), new OutOfTime('no broker answers'), new InvariantBroken('no broker answers')]) {
    const blind = Object.assign(Object.create(log) as typeof log, { append: log.append.bind(log), offsetsAt: log.offsetsAt.bind(log), read: () => Promise.reject(thrown) })
    // A refused one: its owner keeps no reply.
    const sent = await gatewayTo(node, blind, rpc).command('counter', A, { type: 'add', by: 'what' }, thrown.name, IN_TIME)
    assert.deepEqual(sent, { kind: 'unread', isTaken: true, reason: 'no broker answers' }, thrown.name)
  }
})

test('a partition that has failed is told with its state and its reason', async (t) => {
  const { gateway, node, log } = await served(t)
  await gateway.command('counter', A, add(2), 'k1', IN_TIME)
  await node.stop()
  const partition = partitionOf(utf8Encode('a'), 2)
  log.truncate('counters.counter.journal', partition, await log.offsetsAt('counters.counter.journal', partition, 'latest'))
  const again = await served(t, { log })
  while (again.node.partition('counter', partition)?.state !== 'failed') await wallClock.sleep(1)
  const failed = await again.gateway.get('counter', A, { deadlineMs: 20 })
  assert.ok(failed.kind === 'unavailable' && /failed/.test(failed.state) && /history gone/.test(failed.reason), JSON.stringify(failed))
})

test('I12: an owner whose proof is too old counts and replies no more than it shows entities', async (t) => {
  const { gateway } = await served(t, { log: memoryLog({ keyed: true, proofMs: () => wallClock.monotonicMs() - 5001 }) })
  assert.equal((await gateway.counts('counter', { deadlineMs: 60 })).kind, 'unavailable')
  assert.equal((await gateway.command('counter', A, add(1), 'k', { deadlineMs: 300 })).kind, 'waiting')
  assert.ok((await gateway.partitions({ deadlineMs: 60 })).every(({ at, reason }) => at === undefined && /proof of ownership is too old/.test(reason)))
})

test('a wait ends in the state, within a child of it, at its deadline, or when it is told to', async (t) => {
  const { gateway } = await served(t)
  const waiting = gateway.wait('counter', A, 'ended', IN_TIME)
  await gateway.command('counter', A, add(1), 'k', IN_TIME)
  assert.equal((await gateway.wait('counter', A, 'counting', IN_TIME)).kind, 'reached')
  const late = await gateway.wait('counter', A, 'ended', { deadlineMs: 60 })
  assert.ok(late.kind === 'not-reached' && late.answer.entity?.configuration === 'counting')
  assert.equal((await gateway.wait('counter', A, 'ended', { deadlineMs: 60_000, signal: AbortSignal.timeout(30) })).kind, 'not-reached')
  await gateway.command('counter', A, { type: 'end' }, 'e', IN_TIME)
  const reached = await waiting
  assert.ok(reached.kind === 'reached' && reached.answer.entity?.configuration === 'ended')

  const nested = createMachine({ type: 'parallel', states: { door: { initial: 'open', states: { open: { initial: 'ajar', states: { ajar: {} } } } }, lamp: {} } })
  const other = await served(t, { system: defineSystem({ name: 'nested', actors: [defineActor({ name: 'room', version: 1, machine: nested })], partitions: 1 }) })
  await other.gateway.command('room', A, { type: 'hello' }, 'k', IN_TIME)
  for (const [state, kind] of [['door.open', 'reached'], ['door.open.ajar', 'reached'], ['lamp', 'reached'], ['door.op', 'not-reached']] as const) assert.equal((await other.gateway.wait('room', A, state, { deadlineMs: 30 })).kind, kind, state)
})
