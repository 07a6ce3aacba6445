import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scorer } from '../../../../../system/models/scorer.ts'
import { trainBoosting } from '../../../../../system/models/training/boosting.ts'
import type { Examples } from '../../../../../system/models/training/examples.ts'
import { generator } from '../../../../../system/models/training/generator.ts'
import { trainLogistic } from '../../../../../system/models/training/logistic.ts'
import { areaUnderCurve } from '../../../../../system/models/training/metrics.ts'
import type { Model } from '../../../../../system/models/model.ts'

type Rule = (row: readonly number[]) => boolean

/** Rows of values in 0..100, one row in twenty labelled at random. */
function examples(seed: number, count: number, rule: Rule): Examples {
  const next = generator(seed)
  const rows = Array.from({ length: count }, () => [next() * 100, next() * 100, next() < 0.9 ? 0 : next(), 3])
  const labels = rows.map((row) => (next() < 0.05 ? Number(next() < 0.5) : Number(rule(row))))
  return { features: ['amount', 'hour', 'risk', 'constant'], rows, labels }
}

function areaOf(model: Model, { rows, labels }: Examples): number {
  const scores = new Float64Array(rows.length)
  scorer(model).scoreMany(rows, scores)
  return areaUnderCurve(scores, labels)
}

const linearRule: Rule = ([amount, hour]) => amount! * 2 - hour! > 90
const boxRule: Rule = ([amount, hour, risk]) => (amount! > 50) !== (hour! > 50) || risk! > 0.3

test('logistic regression separates a linear pattern it has not seen', () => {
  const model = trainLogistic(examples(1, 2000, linearRule), { name: 'fraud', version: 1 })
  assert.ok(areaOf(model, examples(2, 1000, linearRule)) > 0.93)
  assert.equal(model.weights[3], 0)
})

test('boosted trees separate a pattern that no line does', () => {
  const train = examples(1, 2000, boxRule)
  const unseen = examples(2, 1000, boxRule)
  const trees = areaOf(trainBoosting(train, { name: 'fraud', version: 1 }), unseen)
  assert.ok(trees > 0.93)
  assert.ok(trees > areaOf(trainLogistic(train, { name: 'fraud', version: 1 }), unseen) + 0.2)
})

test('boosted trees learn a quantity that no line fits', () => {
  const timed = (seed: number): Examples => {
    const { rows, features } = examples(seed, 3000, linearRule)
    // A way divided by a speed.
    return { features, rows, labels: rows.map(([way, hour]) => way! / (1 + hour! / 25)) }
  }
  const model = trainBoosting(timed(1), { name: 'eta', version: 1, loss: 'squared', trees: 80, depth: 4 })
  assert.deepEqual([model.link, model.combine], ['identity', 'sum'])
  const { rows, labels } = timed(2)
  const { score } = scorer(model)
  const error = rows.reduce((sum, row, i) => sum + Math.abs(score(row) - labels[i]!), 0) / rows.length
  const spread = labels.reduce((sum, label) => sum + Math.abs(label - model.base), 0) / rows.length
  assert.ok(error < spread / 12, `${error} of ${spread}`)
})

test('the same rows, options and seed give the same model; another seed another', () => {
  const train = examples(3, 500, boxRule)
  const hash = (seed: number): string => trainBoosting(train, { name: 'fraud', version: 1, trees: 10, rowShare: 0.5, seed }).hash
  assert.equal(hash(1), hash(1))
  assert.notEqual(hash(1), hash(2))
  assert.equal(hash(1), '5b4c98af2847151291c86038a7a53f92c3e99f6573699d09f0db6128df8e356d')
  assert.equal(trainLogistic(train, { name: 'fraud', version: 1, steps: 50 }).hash, '3ff63411bbaf7ad6414afe552316283352f345966637d14ab1c0b07ce2e8b688')
})

test('examples that do not fit are refused', () => {
  const train = examples(3, 10, boxRule)
  const options = { name: 'fraud', version: 1 }
  assert.throws(() => trainLogistic({ ...train, labels: [1] }, options), /10 rows but 1 labels/)
  assert.throws(() => trainLogistic({ ...train, labels: train.rows.map(() => 0) }, options), /both labels/)
  assert.throws(() => trainBoosting({ ...train, rows: train.rows.map((row) => row.slice(1)) }, options), /row 0 is not 4 finite numbers/)
  assert.throws(() => trainBoosting(examples(3, 100, boxRule), { ...options, depth: 5 }), /outside 1\.\.4/)
  const quantities = { ...options, loss: 'squared' } as const
  assert.throws(() => trainBoosting({ ...train, labels: train.rows.map(() => NaN) }, quantities), /label 0 is NaN, expected a finite number/)
  assert.throws(() => trainBoosting({ ...train, rows: [], labels: [] }, quantities), /needs an example/)
})

test('the area under the curve counts ties half', () => {
  assert.equal(areaUnderCurve([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]), 1)
  assert.equal(areaUnderCurve([0.4, 0.3, 0.2, 0.1], [0, 0, 1, 1]), 0)
  assert.equal(areaUnderCurve([1, 1, 1, 1], [0, 1, 0, 1]), 0.5)
  assert.equal(areaUnderCurve([1, 2, 2, 3], [0, 0, 1, 1]), 0.875)
})
