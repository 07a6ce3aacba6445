import assert from 'node:assert/strict'
import { test } from 'node:test'
import { etaFeatures } from '../../../../actors/delivery/features.ts'
import { eta } from '../../../../actors/delivery/model.ts'
import { etaExamples } from '../../../../scenarios/delivery/examples.ts'
import { generatedStory } from '../../../../scenarios/delivery/generated.ts'
import { scorer } from '../../../../system/models/scorer.ts'

test('the model takes the five features, in the order in which a vector has them', () => {
  assert.deepEqual(eta.features, etaFeatures.names)
  assert.deepEqual(eta.features, ['toRestaurant', 'toCustomer', 'traffic', 'minuteOfDay', 'riderSpeed'])
})

test('on deliveries it was not trained on, ETAs are a fraction of what a fixed guess is off by, and nearer the closer the rider is', async () => {
  const { rows, labels } = await etaExamples(generatedStory(77, 10_000))
  assert.ok(rows.length > 5000, `${rows.length} ETAs`)
  const { score } = scorer(eta)
  const errorOf = (some: readonly number[]): number => some.map((i) => Math.abs(score(rows[i]!) - labels[i]!)).toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? NaN
  const all = [...rows.keys()]
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length
  const guessed = labels.reduce((sum, label) => sum + Math.abs(label - mean), 0) / labels.length
  assert.ok(errorOf(all) < guessed / 3, `half within ${errorOf(all)} s, a guess is off by ${guessed} s`)
  assert.ok(errorOf(all.filter((i) => labels[i]! < 300)) < 60)
})
