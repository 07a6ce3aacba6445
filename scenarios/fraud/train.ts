// Trains the model `fraud` on generated payments and prints it as JSON; deterministic, so that anyone gets the same bytes:
//
//   node adapters/cli/launch.js scenarios/fraud/train.ts > actors/fraud/fraud-model.json
import { canonical } from '../../system/models/artifact.ts'
import { trainBoosting } from '../../system/models/training/boosting.ts'
import { fraudExamples } from './examples.ts'
import { generatedPayments } from './generated.ts'

const SEED = 2025
const PAYMENTS = 400_000
const LABEL_DELAY_MS = 7 * 86_400_000

const { payments } = generatedPayments(SEED, PAYMENTS)
// From the second week on: before it no terminal has a label.
const examples = await fraudExamples(payments, LABEL_DELAY_MS, PAYMENTS / 6)
const model = trainBoosting(examples, { name: 'fraud', version: 1, trees: 40, depth: 4, learningRate: 0.2, leafWeightMin: 2, seed: SEED })
const { format: _format, ...definition } = canonical(model)
console.log(JSON.stringify(definition))
