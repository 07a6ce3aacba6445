// Logistic regression by full-batch gradient descent on standardised features.
//
// Owns: the descent. The standardisation is folded into the weights, so the model takes raw values.
// Deterministic: sums run in row order, no chance.
import { sigmoid } from '../../protocol/math.ts'
import { defineModel } from '../definition.ts'
import type { LinearDefinition, Model } from '../model.ts'
import { checkExamples } from './examples.ts'
import type { Examples } from './examples.ts'

export interface LogisticOptions {
  readonly name: string
  readonly version: number
  /** Passes over the examples: 200 unless given. */
  readonly steps?: number
  /** 1 unless given; features are standardised, so that it rarely needs another. */
  readonly learningRate?: number
  /** Pull of the weights towards 0: 1e-4 unless given. */
  readonly l2?: number
  /** How much more an example of label 1 counts: 1 unless given. */
  readonly positiveWeight?: number
}

/** Trains on the examples. Throws DefinitionError for examples that do not fit together. */
export function trainLogistic(examples: Examples, options: LogisticOptions): Model<LinearDefinition> {
  checkExamples(examples)
  const { steps = 200, learningRate = 1, l2 = 1e-4, positiveWeight = 1 } = options
  const { rows, labels, features } = examples
  const scale = features.map((_, column) => spread(rows, column))
  const standard = rows.map((row) => Float64Array.from(row, (value, i) => (value - scale[i]!.mean) * scale[i]!.inverse))
  const weights = new Float64Array(features.length)
  let bias = 0
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(features.length)
    let biasGradient = 0
    let total = 0
    for (let i = 0; i < standard.length; i++) {
      const row = standard[i]!
      const importance = labels[i] === 1 ? positiveWeight : 1
      const error = importance * (sigmoid(dot(weights, row) + bias) - labels[i]!)
      for (let j = 0; j < row.length; j++) gradient[j]! += error * row[j]!
      biasGradient += error
      total += importance
    }
    for (let j = 0; j < weights.length; j++) weights[j]! -= learningRate * (gradient[j]! / total + l2 * weights[j]!)
    bias -= learningRate * (biasGradient / total)
  }
  const raw = Array.from(weights, (weight, i) => weight * scale[i]!.inverse)
  const shift = raw.reduce((sum, weight, i) => sum + weight * scale[i]!.mean, 0)
  return defineModel({ name: options.name, version: options.version, kind: 'logistic', features, weights: raw, bias: bias - shift })
}

function dot(weights: Float64Array, row: Float64Array): number {
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += weights[i]! * row[i]!
  return sum
}

/** Mean and 1 / standard deviation of a column; a constant column has no say (0). */
function spread(rows: readonly (readonly number[])[], column: number): { readonly mean: number; readonly inverse: number } {
  let sum = 0
  for (const row of rows) sum += row[column]!
  const mean = sum / rows.length
  let squares = 0
  for (const row of rows) squares += (row[column]! - mean) * (row[column]! - mean)
  const deviation = Math.sqrt(squares / rows.length)
  return { mean, inverse: deviation > 1e-12 * (1 + Math.abs(mean)) ? 1 / deviation : 0 }
}
