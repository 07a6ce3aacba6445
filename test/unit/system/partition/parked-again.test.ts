// A parked entity stands still with its last good state, whatever else comes for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit, fromPromise, raise, setup } from 'xstate'
import { encodeEntity } from '../../../../system/partition/entity.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { codec, Bench, deedRecord, deedSchema, defineActor, entityId, hex, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { TASK_LEASE_MS } from '../../../../system/protocol/limits.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const throwing = assign(() => {
  throw new RangeError('trapped')
}) as never

function planWith(onFailure: Readonly<Record<string, string>>): TypePlan {
  const machine = createMachine({ context: { n: 0 }, on: { fine: { actions: [assign(({ context }: { context: { n: number } }) => ({ n: context.n + 1 })), emit({ type: 'out' })] as never }, trap: { actions: throwing } } } as never)
  return planOf([defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { out: 'outs' }, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, onFailure: onFailure as never, keepStopped: 100, snapshotEvery: '1h' })], 'one')
}

const a = entityId('a')

test('a bad record that would stop its entity leaves a parked one as it is: state kept, nothing due', async () => {
  const plan = planWith({ action: 'park', decode: 'stop' })
  const bench = new Bench(plan)
  await bench.fold([range('deeds', [deedRecord(0, { type: 'fine', who: 'a', time: 1 }), deedRecord(1, { type: 'trap', who: 'a', time: 2 })])], 1000)
  const before = hex(encodeEntity(codec, plan.definition, bench.memory.entities.peek(a) as never))
  await bench.fold([range('deeds', [logRecord(2, 'a', 'no JSON')])], 1010)
  const dues = bench.dues().clock
  await bench.fold([], 2000)
  assert.deepEqual({ dues, state: hex(encodeEntity(codec, plan.definition, bench.memory.entities.peek(a) as never)) }, { dues: [], state: before })
})

test('a bad record that would park its entity does not make a parked one forget which inputs it lacks', async () => {
  const plan = planWith({ decode: 'park' })
  const world = new Mortals(plan)
  await world.start()
  await world.append([{ type: 'fine', who: 'a', time: 1 }, { type: 'fine', who: 'a', time: 2 }])
  await world.live()
  const parked = await world.live({ unfoldable: { entity: a, failure: { class: 'size', message: 'its state cannot be stored', stage: 'snapshot' }, seq: undefined } })
  // A fresh owner takes it from its stored state.
  await world.append([{ type: 'fine', who: 'a', time: 3 }])
  const lacking = (await world.live()).memory?.entities.peek(a)?.parked
  assert.deepEqual([parked.memory?.parked.get(a)?.count, lacking?.class, lacking?.unfolded?.[0]], [2, 'size', 1])
  await world.log.append([{ topic: 'deeds', partition: 0, key: new TextEncoder().encode('a'), value: new TextEncoder().encode('no JSON'), headers: [], timestampMs: 0 }])
  const after = await world.live()
  const entity = after.memory?.entities.peek(a)
  assert.deepEqual(entity?.parked, lacking)
})

test('a task that is due in the batch whose timer parks the entity is neither started nor due again', async () => {
  const machine = setup({ actors: { call: fromPromise(async () => 1) } }).createMachine({
    initial: 'busy', states: { busy: { invoke: { id: 'call', src: 'call' } } },
    on: { arm: { actions: raise({ type: 'tick' }, { id: 't', delay: 10 }) as never }, tick: { actions: throwing } },
  } as never)
  const bench = new Bench(planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (one: Deed) => one.who } } as never, onFailure: { action: 'park' } as never })], 'one'))
  await bench.fold([range('deeds', [deedRecord(0, { type: 'arm', who: 'a', time: 1 })])], 1000)
  const { batch } = await bench.fold([], 1000 + TASK_LEASE_MS)
  assert.equal(bench.memory.entities.peek(a)?.parked?.class, 'action')
  assert.deepEqual([batch.taskStarts, bench.dues().clock], [[], []])
})
