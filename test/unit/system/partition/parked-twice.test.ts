// Recovery passes over what it cannot fold: all of it, also where the entity's state is newer, or was parked before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { readDeadLetter } from '../../../../system/partition/dead-letters.ts'
import { encodeEntity } from '../../../../system/partition/entity.ts'
import { recover } from '../../../../system/partition/recovery.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { codec, deedSchema, defineActor, entityId, hex, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'
import { silent } from '../../../support/partition/owner.ts'

const machine = createMachine({ initial: 'one', states: { one: {} } } as never)
const planWith = (snapshotEvery: string): ReturnType<typeof planOf> => planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, snapshotEvery } as never)], 'one')
const deed = (who: string): Deed => ({ type: 'fine', who, time: 1 })
const x = entityId('x')

test('an input that ends the process when recovery decodes it is passed over although the state of its entity contains it', async () => {
  const plan = planWith('10s')
  const world = new Mortals(plan)
  await world.start()
  await world.append([deed('x')])
  await world.live()
  world.clock.advance(10_500)
  // The state of `x` is written; the partition record, dirty since the crash, holds the floor below its input.
  await world.append([deed('b')])
  await world.live()
  assert.deepEqual((await world.all(plan.state)).map(({ key }) => key?.[0]), ['x'.charCodeAt(0)])
  world.dieAt(({ phase, offset }) => phase === 'recovering' && offset === 0)
  let died = 0
  while (died < 15 && (await world.live()).end === 'dies') died += 1
  const letters = [...await world.all('deeds.dlq'), ...await world.all(`${plan.inbox}.dlq`)].map((record) => readDeadLetter(record)?.class)
  assert.deepEqual({ isOver: died < 10, letters }, { isOver: true, letters: ['crash'] })
})

test('an entity that recovery parked twice is the same in a full replay', async () => {
  const plan = planWith('1h')
  const world = new Mortals(plan)
  await world.start()
  const failure = { class: 'crash' as const, message: 'the process died each time', stage: 'recovery' }
  await world.append([deed('x')])
  await world.live()
  await world.live({ unfoldable: { entity: x, failure, seq: undefined } })
  await world.append([deed('x')])
  await world.live()
  await world.live({ unfoldable: { entity: x, failure, seq: undefined } })
  const states = keyedStateStore(world.log.keyed as KeyedReads, codec, plan, 0)
  const replayed = await recover({ log: world.log, codec, plan, partition: 0, states, telemetry: silent, fromStart: true })
  assert.ok(replayed.kind === 'recovered')
  const entity = replayed.memory.entities.peek(x)
  assert.ok(entity !== undefined)
  assert.equal(hex(encodeEntity(codec, plan.definition, entity)), hex((await states.load([x])).get(x)?.value ?? new Uint8Array()))
})
