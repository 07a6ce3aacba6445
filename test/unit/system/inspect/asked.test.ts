import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import { defineActor, defineSystem, infer } from '../../../../adapters/node/statelog.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import type { LoadedModel } from '../../../../system/ports/models.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')
const model = defineModel({ name: 'm', version: 3, kind: 'linear', features: ['x'], weights: [1], bias: 0 })

class No extends RangeError {}

/** Asks once; by a score below 10 again; a score of 100 is more than it bears. */
const machine = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'ask'; x: number } | { type: 'inference.m'; score: number } },
  guards: { isSmall: ({ event }) => event.type === 'inference.m' && event.score < 10, isTooMuch: ({ event }) => event.type === 'inference.m' && event.score === 100 },
  actions: {
    fail: assign({
      n: () => {
        throw new No('too much')
      },
    }),
  },
}).createMachine({
  context: { n: 0 },
  on: {
    ask: { actions: infer('m', ({ event }) => [event.type === 'ask' ? event.x : 0]) },
    'inference.m': [{ guard: 'isSmall', actions: infer('m', ({ event }) => [event.type === 'inference.m' ? event.score + 1000 : 0]) }, { guard: 'isTooMuch', actions: 'fail' }, {}],
  },
})

const asking = defineSystem({ name: 'asking', partitions: 1, models: [model], actors: [defineActor({ name: 'asker', version: 1, machine })] })

/** What it was asked about, as the history tells it: each vector with its score, or why there was none. */
async function askedOf(history: readonly HistoryEntry[]) {
  return history.map(({ verdict, effects, scores, models }) => [verdict?.class, effects.filter((effect) => effect.kind === 'infer').map(({ vector }) => vector[0]), scores, models.map((one) => one?.version)])
}

test('a history tells what a refused input had asked of models, round by round, and what came back', async (t) => {
  const loaded: LoadedModel = { name: 'm', version: 3, hash: model.hash, score: (vectors) => vectors.map(([x = 0]) => (x > 1000 ? { kind: 'none', reason: 'away' } : { kind: 'score', score: x })) }
  const models = new Map([[model.hash, loaded]])
  const { gateway, node } = await served(t, { system: asking, models })
  for (const [n, x] of [50, 7, 100, 5000].entries()) await gateway.command('asker', A, { type: 'ask', x }, `k${n}`, IN_TIME)
  const expected = [
    [undefined, [50], [50], [3]],
    ['model', [7, 1007], [7, 'away'], [3, 3]],
    ['action', [100], [100], [3]],
    ['model', [5000], ['away'], [3]],
  ]
  for (const rest of [async () => {}, () => node.stop()]) {
    await rest()
    const told = await gateway.history('asker', A, { ...IN_TIME, entriesMax: 10 })
    assert.ok(told.kind === 'history', JSON.stringify(told))
    assert.deepEqual(await askedOf([...told.page.entries].reverse()), expected)
    assert.ok(told.page.entries.every(({ context }) => (context as { n: number }).n === 0), 'nothing of it is kept')
  }
  const decided = await gateway.history('asker', A, { ...IN_TIME, entriesMax: 2, isDecided: true })
  assert.deepEqual(decided.kind === 'history' && [decided.page.entries.length, decided.page.older], [2, 'more'])
})
