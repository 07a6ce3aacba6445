// An isolated partition finds what ends its process, wherever that runs: within a bounded number of owners.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit, raise } from 'xstate'
import { readDeadLetter } from '../../../../system/partition/dead-letters.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const machine = createMachine({ on: { '*': { actions: emit(({ event }: { event: Partial<Deed> }) => ({ type: 'out', at: event.time })) as never } } } as never)
const plan = planOf([defineActor({
  name: 'one', version: 1, machine: machine as never, order: 'eventTime', snapshotEvery: '1h', outputs: { out: 'outs' },
  sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never,
})], 'one')
const deed = (who: string, time: number): Deed => ({ type: 'do', who, time })
const OWNERS_MAX = 12

/** How many owners died until one came to rest. */
async function deaths(world: Mortals): Promise<number> {
  for (let died = 0; died < OWNERS_MAX; died += 1) if ((await world.live()).end === 'rests') return died
  const last = await lastRecord(world.log, codec, plan, 0, await world.log.offsetsAt(plan.journal, 0, 'latest'))
  assert.fail(`${OWNERS_MAX} owners died; suspect ${JSON.stringify(last?.suspect)}, attempts ${last?.attempts}`)
}

test('a held event that ends the process when an arrival makes it due is blamed', async () => {
  const world = new Mortals(plan)
  await world.start()
  await world.append([deed('h', 1000)])
  await world.live()
  // Held already: from here on it ends whoever steps it, live.
  await world.append([deed('a', 2000)])
  world.dieAt(({ phase, topic, offset }) => phase === 'live' && topic === 'deeds' && offset === 0)
  assert.ok((await deaths(world)) <= 6)
  const letters = (await world.all('deeds.dlq')).map((record) => readDeadLetter(record))
  assert.deepEqual(letters.map((letter) => [letter?.class, letter?.offset]), [['crash', 0]])
})

test('an input with which owner after owner dies is blamed although timers fire before it', async () => {
  const ticking = createMachine({ on: { tick: { actions: raise({ type: 'tick' }, { id: 't', delay: 10 }) as never } } } as never)
  const processing = planOf([defineActor({ name: 'one', version: 1, machine: ticking as never, snapshotEvery: '1h', sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one')
  const world = new Mortals(processing)
  await world.start()
  await world.append([{ type: 'tick', who: 't', time: 1 }])
  await world.live()
  await world.append([deed('x', 2)])
  world.dieAt(({ topic, offset }) => topic === 'deeds' && offset === 1)
  // A process needs longer to start than the timer to be due again.
  let died = 0
  for (; died < OWNERS_MAX; died += 1) {
    world.clock.advance(1000)
    if ((await world.live()).end === 'rests') break
  }
  assert.ok(died <= 6, `${died} owners died`)
})

test('an event-time timer that ends the process when an arrival makes it due is blamed', async () => {
  const ticking = createMachine({ on: { arm: { actions: raise({ type: 'tick' }, { id: 't', delay: 10 }) as never } } } as never)
  const timed = planOf([defineActor({ name: 'one', version: 1, machine: ticking as never, timers: 'event', snapshotEvery: '1h', sources: { deeds: { schema: deedSchema, key: (one: Deed) => one.who } } as never })], 'one')
  const world = new Mortals(timed)
  await world.start()
  await world.append([{ type: 'arm', who: 't', time: 1000 }])
  await world.live()
  await world.append([deed('a', 2000)])
  world.dieAt(({ phase, topic }) => phase === 'live' && topic.startsWith('timer-'))
  assert.ok((await deaths(world)) <= 6)
})
