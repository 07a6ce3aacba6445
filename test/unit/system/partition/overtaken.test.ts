// A bad record that stops or parks its entity does not overtake the turn before it, which waits for its score.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromPromise, setup } from 'xstate'
import { infer } from '../../../../system/authoring/effects.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import { Bench, deedRecord, deedSchema, defineActor, entityId, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

const model = defineModel({ name: 'm', version: 1, kind: 'linear', features: ['n'], weights: [1], bias: 0 })
const machine = setup({ actors: { call: fromPromise(async () => 1) } }).createMachine({
  initial: 'open',
  states: {
    open: { on: { ask: { actions: infer('m', [1]) as never }, 'inference.m': 'busy' } },
    busy: { invoke: { id: 'call', src: 'call' }, after: { 50: 'open' } },
  },
} as never)

function benchWith(decode: 'stop' | 'park'): Bench {
  return new Bench(planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, onFailure: { decode }, keepStopped: 100 })], 'one', { models: [model] }))
}

for (const directive of ['stop', 'park'] as const) {
  test(`${directive}: what the turn before armed and started ends with it`, async () => {
    const bench = benchWith(directive)
    const { batch } = await bench.fold([range('deeds', [deedRecord(0, { type: 'ask', who: 'a', time: 1 }), logRecord(1, 'a', 'no JSON')])], 1000)
    const entity = bench.memory.entities.peek(entityId('a'))
    assert.deepEqual([batch.verdicts.map(({ directive: taken }) => taken), directive === 'stop' ? entity?.stopped : entity?.parked?.class], [[directive], directive === 'stop' ? true : 'decode'])
    assert.deepEqual(bench.dues().clock.map(({ dueMs, kind }) => [dueMs, kind]), directive === 'stop' ? [[1100, 3]] : [], 'nothing of it is due but its end')
    if (directive === 'stop') assert.deepEqual([entity?.timers.size, entity?.tasks.size], [0, 0])
  })

  test(`${directive}: the same input in two batches leaves the same state`, async () => {
    const together = benchWith(directive)
    const apart = benchWith(directive)
    const [ask, bad] = [deedRecord(0, { type: 'ask', who: 'a', time: 1 }), logRecord(1, 'a', 'no JSON')]
    await together.fold([range('deeds', [ask, bad])], 1000)
    await apart.fold([range('deeds', [ask])], 1000)
    await apart.fold([range('deeds', [bad])], 1000)
    assert.deepEqual([...together.states()], [...apart.states()])
  })
}
