// A model that answers nonsense costs its inputs their score, never the partition its batch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelScorer } from '../../system/partition/scoring.ts'
import type { LoadedModel } from '../../system/ports/models.ts'
import type { Score } from '../../system/ports/models.ts'

const requests = [{ ref: '0:1', model: 'risk', vector: [1] }, { ref: '0:2', model: 'risk', vector: [2] }]

async function scoresOf(answer: () => unknown): Promise<readonly Score[]> {
  const model = { score: answer } as unknown as LoadedModel
  return modelScorer(new Map([['risk', model]])).score(requests)
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
