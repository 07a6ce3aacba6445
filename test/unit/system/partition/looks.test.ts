// The live loop and those who look at it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, fromPromise, log as note, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { memoryRpc } from '../../../../adapters/memory/rpc.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { QueryClient } from '../../../../system/node/query-client.ts'
import type { ClientAnswer } from '../../../../system/node/query-client.ts'
import { blankEntity } from '../../../../system/partition/entity.ts'
import { Looks, Unsettled } from '../../../../system/partition/looks.ts'
import { emptyMemory } from '../../../../system/partition/memory.ts'
import { LOOKS_WAITING_MAX } from '../../../../system/protocol/limits.ts'
import { deedSchema, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'
import { plan } from '../../../support/partition/state-writer.ts'

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: createMachine({}) })], partitions: 1 })

test('a look that is refused because the loop ends, and asks again at once, is refused again: it does not wait for ever', { timeout: 5000 }, async () => {
  const log = memoryLog({ keyed: true })
  const looks: Promise<unknown>[] = []
  let isBroken = false
  const probe = (point: string): void => {
    const glance = node.partition('one', 0)?.live
    if (isBroken && point === 'before-commit' && glance !== undefined && looks.length === 0) looks.push(glance.atRest(() => 1).catch(() => glance.atRest(() => 2)).catch((thrown: unknown) => thrown))
  }
  const node: StatelogNode = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, probe } })
  await node.start()
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  isBroken = true
  log.inject('q.one', 0, { kind: 'unknown', applied: true, reason: 'as the test asked' })
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 50 }).catch(() => undefined)
  await node.stop()
  assert.equal(looks.length, 1)
  assert.ok(await looks[0] instanceof Unsettled)
})

test('I9: looks that wait for the end of a batch are bounded; those over it are told to ask again', async () => {
  const log = memoryLog({ keyed: true })
  let looks: Promise<unknown>[] | undefined
  const probe = (point: string): void => {
    const glance = node.partition('one', 0)?.live
    if (point === 'before-commit' && glance !== undefined) looks ??= Array.from({ length: LOOKS_WAITING_MAX + 2 }, () => glance.atRest(() => 'seen').catch((thrown: unknown) => thrown))
  }
  const node: StatelogNode = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, probe } })
  await node.start()
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  const told = await Promise.all(looks ?? [])
  assert.deepEqual([told.filter((one) => one === 'seen').length, told.filter((one) => one instanceof Unsettled).length], [LOOKS_WAITING_MAX, 2])
  assert.equal(await node.partition('one', 0)?.live?.atRest(() => 'again'), 'again')
  await node.stop()
})

test('what a commit starts, and whoever is told of it, asks in the same moment and sees that commit', async () => {
  const asked: Promise<ClientAnswer>[] = []
  const ask = (): Promise<ClientAnswer> => client.get('order', 'a', { deadlineMs: 5000 })
  const look = (): void => void asked.push(ask())
  const machine = setup({ actors: { charge: fromPromise(async () => look()) } }).createMachine({
    initial: 'open',
    states: { open: { on: { pay: { target: 'charging', actions: note('paid') } } }, charging: { invoke: { src: 'charge' } } },
  })
  const orders = defineSystem({ name: 'q', actors: [defineActor({ name: 'order', version: 1, machine })], partitions: 1 })
  const rpc = memoryRpc(wallClock)
  const node = new StatelogNode({ system: orders, log: memoryLog({ keyed: true }), codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), rpc, settings: { commitWaitMs: 0 }, telemetry: { ...silent, log: look, batch: look } })
  const client = new QueryClient({ rpc, clock: wallClock, random: new SeededRandom(2) }, cborCodec, node.plans)
  await node.start()
  // Somebody looks: from here on answers do not wait for the batch in hand.
  await ask()
  await node.commands.ask('order', 'a', { type: 'pay' }, { deadlineMs: 5000 })
  const seen = await Promise.all(asked.slice(0, 3))
  await node.stop()
  assert.deepEqual(seen.map((answer) => answer.kind === 'state' && answer.entity?.configuration), ['charging', 'charging', 'charging'])
})

test('an entity that is parked no more by the batch in hand is looked at when that is over: the events put aside for it are in no copy', async () => {
  const memory = emptyMemory(plan, 0)
  const id = entityId('a')
  const entity = blankEntity(id, { parked: { class: 'action' } })
  memory.entities.add(entity)
  const looks = new Looks(memory)
  await looks.at(id, 0, () => undefined)
  looks.move(1, false)
  memory.entities.use(id).parked = undefined
  let seen: unknown
  const look = looks.at(id, 2, (found) => (seen = [found?.parked]))
  assert.equal(seen, undefined)
  looks.rest(true)
  await look
  assert.deepEqual(seen, [undefined])
})

test('a watermark that moved on before its batch began is not told before that is committed', () => {
  const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
  const memory = emptyMemory(planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}), order: 'eventTime', sources: { deeds: source } })], 'one'), 0)
  const looks = new Looks(memory)
  void looks.at(entityId('a'), 0, () => undefined)
  memory.watermarks?.observeEvent('deeds', 5)
  memory.watermarks?.settle()
  memory.watermarks?.observeEvent('deeds', 7)
  looks.move(1, false)
  assert.equal(memory.entities.befores?.watermarkMs, 5)
})
