// Trains the model `fraud` on generated payments and prints it as JSON; deterministic, so that anyone gets the same bytes:
//
//   node adapters/cli/launch.js scenarios/fraud/train.ts > actors/fraud/fraud-model.json
//
// Fraud is rare: all of it is taken, of genuine payments one in fifty, which spends the histogram's bins where the two differ. The base
// is then moved back (King & Zeng 2001, prior correction), so that a score is the chance of fraud among all payments.
import { canonical } from '../../system/models/artifact.ts'
import { trainBoosting } from '../../system/models/training/boosting.ts'
import type { Examples } from '../../system/models/training/examples.ts'
import { log } from '../../system/protocol/math.ts'
import { fraudExamples } from './examples.ts'
import { generatedPayments } from './generated.ts'

const SEED = 2025
const PAYMENTS = 1_200_000
const LABEL_DELAY_MS = 7 * 86_400_000
const GENUINE_ONE_IN = 50

function thinned({ features, rows, labels }: Examples): Examples {
  const kept = labels.flatMap((label, i) => (label === 1 || i % GENUINE_ONE_IN === 0 ? [i] : []))
  return { features, rows: kept.map((i) => rows[i]!), labels: kept.map((i) => labels[i]!) }
}

const { payments } = generatedPayments(SEED, PAYMENTS)
// From the second week on: before it no terminal has a label.
const examples = thinned(await fraudExamples(payments, LABEL_DELAY_MS, PAYMENTS / 6))
const model = trainBoosting(examples, { name: 'fraud', version: 1, trees: 40, depth: 4, learningRate: 0.25, leafWeightMin: 3, seed: SEED })
const { format: _format, ...definition } = canonical({ ...model, base: model.base - log(GENUINE_ONE_IN) })
console.log(JSON.stringify(definition))
