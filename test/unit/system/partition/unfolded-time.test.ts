// An entity that recovery passes over has said something about event time: the others must be what they were live.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit } from 'xstate'
import { recover } from '../../../../system/partition/recovery.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'
import { silent } from '../../../support/partition/owner.ts'

const machine = createMachine({ on: { '*': { actions: emit(({ event }: { event: Partial<Deed> }) => ({ type: 'out', at: event.time })) as never } } } as never)
const plan = planOf([defineActor({
  name: 'one', version: 1, machine: machine as never, order: 'eventTime', late: 'drop', snapshotEvery: '1h', outputs: { out: 'outs' },
  sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never,
})], 'one')
const FAILURE = { class: 'size' as const, message: 'its state cannot be stored', stage: 'snapshot' }
const deed = (who: string, time: number): Deed => ({ type: 'do', who, time })

async function mortals(): Promise<Mortals> {
  const made = new Mortals(plan)
  await made.start()
  return made
}

const outs = async (world: Mortals): Promise<readonly string[]> =>
  (await world.all('outs')).map(({ key, value }) => `${utf8Decode(key ?? new Uint8Array())} ${(JSON.parse(utf8Decode(value ?? new Uint8Array()) ?? '') as { at: number }).at}`)

test('when an entity is parked because its state cannot be stored, the watermark that its inputs brought stands, and nobody is stepped twice', async () => {
  const world = await mortals()
  await world.append([deed('h', 1000)])
  await world.live()
  // It makes the held event of `h` due.
  await world.append([deed('x', 2000)])
  const before = await world.live()
  assert.equal(before.memory?.watermarks?.currentMs, 2000)
  assert.deepEqual(await outs(world), ['h 1000'])
  const after = await world.live({ unfoldable: { entity: entityId('x'), failure: FAILURE, seq: undefined } })
  assert.deepEqual([...(after.memory?.parked.keys() ?? [])], ['x'])
  await world.append([deed('y', 3000)])
  await world.live()
  assert.deepEqual({ watermark: after.memory?.watermarks?.currentMs, held: after.memory?.entities.peek(entityId('h'))?.holds.length ?? 0, outs: (await outs(world)).filter((out) => out.startsWith('h')) }, { watermark: 2000, held: 0, outs: ['h 1000'] })
})

test('what was late because of an input of an entity that is parked since is late in every replay', async () => {
  const world = await mortals()
  await world.append([deed('x', 2000), deed('y', 1500), deed('z', 3000)])
  await world.live()
  await world.live({ unfoldable: { entity: entityId('x'), failure: FAILURE, seq: undefined } })
  await world.append([deed('z', 4000)])
  await world.live()
  assert.deepEqual((await outs(world)).filter((out) => out.startsWith('y')), [], 'it was dropped as late')
  const replayed = await recover({ log: world.log, codec, plan, partition: 0, states: keyedStateStore(world.log.keyed as KeyedReads, codec, plan, 0), telemetry: silent, fromStart: true })
  assert.ok(replayed.kind === 'recovered')
  assert.ok(replayed.memory.entities.peek(entityId('y'))?.machine === undefined, 'nor does a replay step it')
})
