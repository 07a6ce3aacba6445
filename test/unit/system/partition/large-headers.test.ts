// A record that the log took with nothing to spare: what says what became of it must fit too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { readDeadLetter } from '../../../../system/partition/dead-letters.ts'
import { deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { Mortals } from '../../../support/partition/mortal.ts'

const throwing = assign(() => {
  throw new RangeError('trapped')
}) as never
const machine = createMachine({ on: { trap: { actions: throwing } } } as never)
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, onFailure: { action: 'park' } as never })], 'one')
/** Of the memory log and the embedded log: key, value and headers of a record. */
const LOG_BYTES_MAX = 16 << 20

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function appendFull(world: Mortals, text: string): Promise<void> {
  const value = bytes(text)
  const outcome = await world.log.append([{ topic: 'deeds', partition: 0, key: bytes('a'), value, headers: [['h', new Uint8Array(LOG_BYTES_MAX - value.length - 2)]], timestampMs: 0 }])
  assert.equal(outcome.kind, 'done')
}

for (const [what, first, text] of [['a bad record', undefined, 'no JSON'], ['an event of a parked entity', 'trap', JSON.stringify({ type: 'fine', who: 'a', time: 1 })]] as const) {
  test(`${what} whose headers fill it does not stop the partition`, async () => {
    const world = new Mortals(plan)
    await world.start()
    if (first !== undefined) await world.append([{ type: first, who: 'a', time: 1 }])
    await appendFull(world, text)
    await world.append([{ type: 'fine', who: 'b', time: 2 }])
    assert.equal((await world.live()).memory?.entities.size, first === undefined ? 1 : 2)
    const letters = (await world.all('deeds.dlq')).map((record) => readDeadLetter(record))
    // What cannot be put aside as it is, is a dead letter.
    assert.deepEqual(letters.map((letter) => [letter?.class, letter?.offset, letter?.headersLeftOut]), first === undefined ? [['decode', 0, 1]] : [['action', 0, undefined], ['size', 1, 1]])
    assert.equal((await world.all('app.one.parked')).length, 0)
  })
}
