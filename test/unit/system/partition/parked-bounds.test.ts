// What parking counts: the index, its bounds, the bytes, the entities per configuration.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { infer } from '../../../../system/authoring/effects.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { PARKED_BYTES_MAX, PARKED_ENTITIES_MAX } from '../../../../system/protocol/limits.ts'
import { Bench, deedRecord, deedSchema, defineActor, entityId, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const throwing = assign(() => {
  throw new RangeError('trapped')
}) as never

function planWith(more: object = {}): TypePlan {
  const machine = createMachine({ initial: 'open', states: { open: { on: { shut: 'closed' } }, closed: { on: { open: 'open' } } }, on: { trap: { actions: throwing } } } as never)
  return planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, onFailure: { action: 'park' } as never, snapshotEvery: '1h', ...more })], 'one')
}

async function worldOf(plan: TypePlan): Promise<Mortals> {
  const world = new Mortals(plan)
  await world.start()
  return world
}

const FAILURE = { class: 'size' as const, message: 'its state cannot be stored', stage: 'snapshot' }
const deed = (type: string, who: string, more: object = {}): Deed => ({ type, who, time: 1, ...more })

test('events put aside for entities that are parked already do not use up the bound on parked entities', async () => {
  const world = await worldOf(planWith())
  const some = Array.from({ length: Math.ceil(PARKED_ENTITIES_MAX * 0.6) }, (_, at) => `e${at}`)
  await world.append(some.map((who) => deed('trap', who)))
  await world.live()
  await world.append([...some.map((who) => deed('open', who)), deed('trap', 'another')])
  const { memory } = await world.live({ recordsMax: 2000 })
  assert.equal(memory?.parked.size, some.length + 1)
})

test('an entity that recovery parks keeps to the bound on parked entities', async () => {
  const world = await worldOf(planWith())
  await world.append([...Array.from({ length: PARKED_ENTITIES_MAX }, (_, at) => deed('trap', `e${at}`)), deed('open', 'x')])
  await world.live()
  await assert.rejects(world.live({ unfoldable: { entity: entityId('x'), failure: FAILURE, seq: undefined } }), { name: 'Escalation', directive: 'escalate', message: /1000 entities are parked already/ })
  assert.equal((await world.live()).memory?.parked.size, PARKED_ENTITIES_MAX)
})

test('what recovery puts aside for one entity keeps to the bound on its bytes', async () => {
  const world = await worldOf(planWith())
  const ballast = 'x'.repeat(900_000)
  for (let at = 0; at < 80; at += 1) await world.append([deed('open', 'x', { ballast })])
  await world.live()
  const { memory } = await world.live({ unfoldable: { entity: entityId('x'), failure: FAILURE, seq: undefined } })
  assert.ok((memory?.parked.get(entityId('x'))?.bytes ?? 0) <= PARKED_BYTES_MAX, `${memory?.parked.get(entityId('x'))?.bytes} bytes are parked`)
})

const model = defineModel({ name: 'm', version: 1, kind: 'linear', features: ['n'], weights: [1], bias: 0 })

/** Entity `a` asks a model and then throws; what is due for it at that moment waits behind. */
function askingWith(more: object): TypePlan {
  const machine = createMachine({ on: { ask: { actions: infer('m', [1]) as never }, 'inference.m': { actions: throwing } } } as never)
  const source = { schema: deedSchema, key: (one: Deed) => one.who, id: (one: Deed) => one['uid'] as string }
  return planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: source } as never, onFailure: { action: 'park' } as never, ...more })], 'one', { models: [model] })
}

test('an event that is put aside is not remembered as taken', async () => {
  const world = await worldOf(askingWith({}))
  await world.append([deed('ask', 'a', { uid: 'u1' }), deed('fine', 'a', { uid: 'u2' })])
  const { memory } = await world.live()
  assert.equal(memory?.parked.get(entityId('a'))?.count, 1)
  assert.deepEqual(memory?.entities.peek(entityId('a'))?.seen.map(({ key }) => key), ['deeds/u1'])
})

test('an event that waits behind the turn that parks its entity leaves the same state live and repeated', async () => {
  const plan = askingWith({})
  const [live, twin] = [new Bench(plan), new Bench(plan)]
  const folded = await live.fold([range('deeds', [deedRecord(0, deed('ask', 'a', { uid: 'u1' })), deedRecord(1, deed('fine', 'a', { uid: 'u2' }))])], 1000)
  await twin.repeat(folded)
  assert.deepEqual([...twin.states()], [...live.states()])
})
