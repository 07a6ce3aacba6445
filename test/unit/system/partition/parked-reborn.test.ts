// What is parked of an entity that came to an end before and began anew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { readParked } from '../../../../system/partition/parking.ts'
import { deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const machine = createMachine({ initial: 'open', states: { open: { on: { close: 'closed' } }, closed: { type: 'final' } } } as never)
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, snapshotEvery: '10s', keepStopped: 100 })], 'one')
const deed = (type: string, who: string): Deed => ({ type, who, time: 1 })

test('only what came since its end was stored is put aside, not the inputs of the life before', async () => {
  const world = new Mortals(plan)
  await world.start()
  await world.append([deed('fine', 'a'), deed('close', 'a')])
  await world.live()
  world.clock.advance(5000)
  // Its end comes; then its tombstone is written, while the partition record, dirty since the crash, holds the floor.
  await world.live()
  world.clock.advance(5500)
  await world.append([deed('fine', 'b')])
  await world.live()
  const tombstones = (await world.all(plan.state)).filter(({ key, value }) => value === null && key?.[0] === 'a'.charCodeAt(0))
  assert.equal(tombstones.length, 1)
  await world.append([deed('fine', 'a')])
  await world.live()
  await world.live({ unfoldable: { entity: entityId('a'), failure: { class: 'size', message: 'its state cannot be stored', stage: 'snapshot' }, seq: undefined } })
  const aside = (await world.all('app.one.parked')).map((record) => readParked(record))
  assert.deepEqual(aside.map((info) => [info?.offset, info?.refold]), [[3, true]])
})
