// A model that answers nonsense costs its inputs their score, never the partition its batch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../adapters/node/clock.ts'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { liveOutside } from '../../system/partition/outside.ts'
import type { Answer } from '../../system/partition/turn-input.ts'
import type { LoadedModel } from '../../system/ports/models.ts'

const questions = [1, 2].map((n) => ({ kind: 'score' as const, ref: `0:${n}`, model: 'risk', hash: 'aa', vector: [n] }))

async function scoresOf(answer: () => unknown): Promise<readonly Answer[]> {
  const model = { score: answer } as unknown as LoadedModel
  return liveOutside({ model: () => model, tables: new Map(), clock: systemClock, codec: cborCodec }).ask(questions)
}

test('no list, a hole in it, numbers that are not finite: no score, with the reason, also when they come later', async () => {
  for (const nonsense of [undefined, null, 7, [undefined, null], [{ kind: 'score', score: NaN }, { kind: 'score', score: 'high' }]]) {
    for (const answer of [() => nonsense, async () => nonsense]) {
      const scores = await scoresOf(answer)
      assert.deepEqual(scores.map(({ kind }) => kind), ['none', 'none'])
    }
  }
})

test('whatever a model throws is a reason of bounded length', async () => {
  const throwing = (thrown: unknown): readonly (() => unknown)[] => [() => { throw thrown }, () => Promise.reject(thrown)]
  for (const answer of [...throwing(Object.create(null)), ...throwing(new RangeError('x'.repeat(10_000_000))), ...throwing(Symbol('s'))]) {
    const [score] = await scoresOf(answer)
    assert.ok(score?.kind === 'none' && score.reason.startsWith("model 'risk' failed: ") && score.reason.length < 300)
  }
})
