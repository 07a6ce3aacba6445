// Commands and their keys: each is told what became of it, also when its entity has forgotten it by then, and a key names one event.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem, reply } from '../../../../adapters/node/statelog.ts'
import { commandRecord } from '../../../../system/node/commands.ts'
import { QueryClient } from '../../../../system/node/query-client.ts'
import { encodeEnvelope, eventSum } from '../../../../system/partition/envelope.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { AppendOutcome } from '../../../../system/ports/log.ts'
import { gatewayTo, served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')
const add = (by: number) => ({ type: 'add', by })

const machine = setup({ types: { context: {} as { n: number }, events: {} as { type: 'add' } } }).createMachine({ context: { n: 0 }, on: { add: { actions: [assign({ n: ({ context }) => context.n + 1 }), reply(({ context }) => context.n)] } } })
const forgetful = defineSystem({ name: 'f', actors: [defineActor({ name: 'counter', version: 1, machine, dedup: { count: 2, within: '1d' } })], partitions: 1 })

test('of more commands in one batch than their entity remembers each is told its reply', async (t) => {
  const first = await served(t, { system: forgetful })
  await first.node.stop()
  const asking = Promise.all(Array.from({ length: 40 }, (_, n) => first.gateway.command('counter', A, { type: 'add' }, `k${n}`, IN_TIME)))
  await served(t, { system: forgetful, log: first.log, rpc: first.rpc })
  assert.deepEqual((await asking).map((result) => result.kind === 'reply' && result.value), Array.from({ length: 40 }, (_, n) => n + 1))
})

test('a command whose machine gave no reply is told so, also by the next owner', async (t) => {
  const mute = setup({ types: { events: {} as { type: 'add' } } }).createMachine({ on: { add: {} } })
  const system = defineSystem({ name: 'm', actors: [defineActor({ name: 'counter', version: 1, machine: mute })], partitions: 1 })
  const first = await served(t, { system })
  const sent = await first.gateway.command('counter', A, { type: 'add' }, 'k', IN_TIME)
  await first.node.stop()
  const next = await served(t, { system, log: first.log, rpc: first.rpc })
  const asker = new QueryClient({ rpc: next.rpc, clock: wallClock, random: new SeededRandom(2) }, cborCodec, next.node.plans)
  const found = await asker.command('counter', { entity: A, id: 'k', partition: 0, offset: 0, sum: eventSum(cborCodec, { type: 'add' }) }, IN_TIME)
  assert.deepEqual([sent.kind === 'reply' && sent.value, found.kind === 'command' && found.isTaken && found.reply], [null, null])
})

test('another event under the key of one before is told so and changes nothing, whether that one was applied, is under way or was refused', async (t) => {
  const { gateway, node } = await served(t)
  const send = (event: { readonly type: string }, key: string) => gateway.command('counter', A, event, key, IN_TIME)
  assert.equal((await send(add(2), 'k')).kind, 'reply')
  assert.equal((await send(add(3), 'k')).kind, 'other-event')
  const again = await send({ by: 2, type: 'add' } as { readonly type: string }, 'k')
  assert.ok(again.kind === 'reply' && again.value === 2)
  assert.deepEqual((await Promise.all([send(add(1), 'l'), send(add(5), 'l')])).map(({ kind }) => kind), ['reply', 'other-event'])
  assert.equal((await send({ type: 'add' }, 'bad')).kind, 'refused')
  assert.equal((await send(add(1), 'bad')).kind, 'other-event')
  await assert.rejects(node.commands.ask('counter', 'a', add(7), { deadlineMs: 5000, commandId: 'k' }), { code: 'command/other-event' })
  const found = await gateway.get('counter', A, IN_TIME)
  assert.deepEqual(found.kind === 'entity' && found.answer.entity?.context, { n: 3 })
})

test('a command that an older version sent is answered by its key alone', async (t) => {
  const { gateway, node, log } = await served(t)
  const plan = node.plans.get('counter') as TypePlan
  const record = commandRecord(cborCodec, plan, 'a', add(2), 'k', 0)
  await log.append([{ ...record, value: encodeEnvelope(cborCodec, { kind: 'command', id: 'k', timeMs: wallClock.nowMs(), event: add(2) }) }])
  const result = await gateway.command('counter', A, add(3), 'k', IN_TIME)
  assert.ok(result.kind === 'reply' && result.value === 2, JSON.stringify(result))
})

test('what the log will never take is told apart from what it did not take now', async (t) => {
  const { node, log, rpc } = await served(t)
  const refusing = (outcome: AppendOutcome) => gatewayTo(node, Object.assign(Object.create(log) as MemoryLog, { offsetsAt: log.offsetsAt.bind(log), append: async () => outcome }), rpc)
  const sent = await Promise.all((['failed', 'busy', 'unknown'] as const).map((kind) => refusing({ kind, reason: 'the log said so' }).command('counter', A, add(1), 'k', IN_TIME)))
  assert.deepEqual(sent, [
    { kind: 'rejected', reason: 'the log said so' }, { kind: 'not-taken', isCertain: true, reason: 'the log said so' }, { kind: 'not-taken', isCertain: false, reason: 'the log said so' },
  ])
})

test('an event that its owner would refuse to read is not sent', async (t) => {
  const { gateway, log } = await served(t)
  const ends = () => Promise.all([0, 1].map((partition) => log.offsetsAt('counters.counter.inbox', partition, 'latest')))
  const before = await ends()
  for (const text of ['{"type":"add","by":1,"__proto__":{"x":1}}', '{"type":"add","by":1,"deep":[{"__proto__":1}]}', `{"type":"add","by":${'['.repeat(65)}${']'.repeat(65)}}`]) {
    assert.equal((await gateway.command('counter', A, JSON.parse(text) as { readonly type: string }, 'k', IN_TIME)).kind, 'unfit', text.slice(0, 60))
  }
  assert.deepEqual(await ends(), before)
})
