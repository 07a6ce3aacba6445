// The inputs of an entity that recovery passes over stood between those of others: these keep their order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const machine = createMachine({ context: { times: [] }, on: { '*': { actions: assign(({ context, event }: { context: { times: readonly number[] }; event: Partial<Deed> }) => ({ times: [...context.times, event.time ?? 0] })) as never } } } as never)
const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, snapshotEvery: '1h', sources: { first: source, second: source } as never })], 'one')
const deed = (who: string, time: number): Deed => ({ type: 'do', who, time })

test('two topics are merged as they were although the records of a parked entity between them are passed over', async () => {
  const world = new Mortals(plan)
  await world.start()
  await world.append([deed('x', 100), deed('y', 10)], 'first')
  await world.append([deed('y', 50)], 'second')
  const times = (memory: Awaited<ReturnType<typeof world.live>>['memory']): unknown => {
    const state = memory?.entities.peek(entityId('y'))?.machine
    return state === undefined ? undefined : plan.definition.machine.context(state)
  }
  const before = times((await world.live()).memory)
  assert.deepEqual(before, { times: [50, 10] })
  const { memory } = await world.live({ unfoldable: { entity: entityId('x'), failure: { class: 'size', message: 'its state cannot be stored', stage: 'snapshot' }, seq: undefined } })
  assert.deepEqual(times(memory), before)
})
