import assert from 'node:assert/strict'
import { test } from 'node:test'
import { featureNames } from '../../../../actors/fraud/features.ts'
import { DECLINE_AT, fraud, REVIEW_AT } from '../../../../actors/fraud/model.ts'
import { LARGE_AMOUNT } from '../../../../scenarios/fraud/crime.ts'
import { fraudExamples } from '../../../../scenarios/fraud/examples.ts'
import { generatedPayments } from '../../../../scenarios/fraud/generated.ts'
import { areaUnderCurve } from '../../../../system/models/training/metrics.ts'
import { scorer } from '../../../../system/models/scorer.ts'

test('the model takes the amount and the 14 features, in the order in which a vector has them', () => {
  assert.deepEqual(fraud.features, ['amount', ...featureNames])
})

test('on payments it was not trained on the model finds most fraud that can be found, and rarely cries wolf', async () => {
  const examples = await fraudExamples(generatedPayments(77, 60_000).payments, 7 * 86_400_000, 12_000)
  const { score } = scorer(fraud)
  const scored = examples.rows.map((row, i) => ({ score: score(row), isFraud: examples.labels[i] === 1, amount: row[0]!, risk: row[fraud.features.indexOf('terminalRisk7d')]! }))
  assert.ok(areaUnderCurve(scored.map((one) => one.score), examples.labels) > 0.8)
  const frauds = scored.filter(({ isFraud }) => isFraud)
  const share = (some: readonly { readonly score: number }[], from: number): number => some.filter((one) => one.score >= from).length / some.length
  assert.ok(share(frauds, REVIEW_AT) > 0.5)
  assert.ok(share(frauds.filter(({ amount }) => amount > LARGE_AMOUNT), REVIEW_AT) > 0.95)
  // A terminal is known to be bad once its first labels are there.
  assert.ok(share(frauds.filter(({ risk }) => risk > 0.5), REVIEW_AT) > 0.9)
  const declined = scored.filter((one) => one.score >= DECLINE_AT)
  assert.ok(declined.filter(({ isFraud }) => isFraud).length / declined.length > 0.8)
  assert.ok(share(scored.filter(({ isFraud }) => !isFraud), REVIEW_AT) < 0.01)
})
