// Recovery finds the entity that ends its process, wherever it does: its inputs are decoded, it is stepped, or another's input makes it due.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit } from 'xstate'
import { readDeadLetter } from '../../../../system/partition/dead-letters.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'
import type { Moment } from '../../../support/partition/mortal.ts'

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

/** The step of offset 0 in recovery: what runs first of an owner is its decoding. */
function atStep(): (moment: Moment) => boolean {
  let seen = new Map<object, number>()
  return ({ phase, topic, offset, owner }) => {
    if (phase !== 'recovering' || topic !== 'deeds' || offset !== 0) return false
    const times = (seen.get(owner) ?? 0) + 1
    seen = new Map([[owner, times]])
    return times > 1
  }
}

const atDecode = ({ phase, topic, offset }: Moment): boolean => phase === 'recovering' && topic === 'deeds' && offset === 0

for (const [what, by, deadly] of [
  ['its step, made due by its own input', 'h', atStep()],
  ['its step, made due by an input of another entity', 'a', atStep()],
  ['the decoding of its input', 'a', atDecode],
] as const) test(`in recovery ${what} ends the process: its entity is parked`, async () => {
  const world = new Mortals(plan)
  await world.start()
  await world.append([deed('h', 1000)])
  await world.live()
  await world.append([deed(by, 2000)])
  await world.live()
  assert.equal((await world.all('outs')).length, 1)
  world.dieAt(deadly)
  assert.ok((await deaths(world)) <= 8)
  const letters = (await world.all('deeds.dlq')).map((record) => readDeadLetter(record))
  assert.deepEqual(letters.map((letter) => [letter?.class, letter?.entity]), [['crash', 'h']])
  // And it stays out of the way of the next owner too.
  assert.equal((await world.live()).end, 'rests')
})

test('an owner that was killed by chance while it folded one record does not hide that another record is deadly now', async () => {
  const world = new Mortals(plan)
  await world.start()
  for (const who of ['a', 'b', 'c']) {
    await world.append([deed(who, 1000)])
    await world.live()
  }
  // Isolated by now. Chance: it dies while it folds the last record; the others it has folded well.
  world.dieAt(({ phase, offset }) => phase === 'recovering' && offset === 2)
  await world.live()
  await world.live()
  // An upgrade, say: from here on the first one is deadly.
  world.dieAt(({ phase, offset }) => phase === 'recovering' && offset === 0)
  assert.ok((await deaths(world)) <= 8)
})
