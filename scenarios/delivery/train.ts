// Trains the model `eta` on generated deliveries and prints it as JSON; deterministic, so that anyone gets the same bytes:
//
//   node adapters/cli/launch.js scenarios/delivery/train.ts > actors/delivery/eta-model.json
import { canonical } from '../../system/models/artifact.ts'
import { trainBoosting } from '../../system/models/training/boosting.ts'
import { etaExamples } from './examples.ts'
import { generatedStory } from './generated.ts'

const SEED = 2025
/** Stories of three and a half hours, around the clock. */
const STORIES = 8
const PINGS = 100_000
/** Pings of five seconds are much alike. */
const ONE_IN = 6

const stories = await Promise.all(Array.from({ length: STORIES }, (_, i) => etaExamples(generatedStory(SEED + i, PINGS, Date.UTC(2025, 0, 6 + i, 3 * i)), ONE_IN)))
const examples = { features: stories[0]!.features, rows: stories.flatMap(({ rows }) => rows), labels: stories.flatMap(({ labels }) => labels) }
const model = trainBoosting(examples, { name: 'eta', version: 1, loss: 'squared', trees: 80, depth: 4, learningRate: 0.15, leafWeightMin: 60, seed: SEED })
const { format: _format, ...definition } = canonical(model)
console.log(JSON.stringify(definition))
