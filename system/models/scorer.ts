// Scorer: computes scores by plain code, with statelog math, so that every runtime gives the same bits (I11, M1).
import { sigmoid } from '../protocol/math.ts'
import type { LoadedModel, Score } from '../ports/models.ts'
import type { LinearDefinition, Model, ModelDefinition, TreesDefinition } from './model.ts'

type Vector = readonly number[] | Float64Array

/** Thrown for a vector that the model cannot score; the record that caused it is of failure class `model`. */
export class ModelError extends TypeError {
  override readonly name = 'ModelError'
  readonly class = 'model'
}

export interface Scorer {
  /** The score of one vector, in the order of the model's features. Throws ModelError for another length or a value that is not finite. */
  score(values: Vector): number
  /** Writes the scores of `rows` to the start of `out`. Throws as `score`, and then `out` is partly written. */
  scoreMany(rows: readonly Vector[], out: Float64Array): void
}

/** Prepares a valid model for scoring. Allocates nothing per row. */
export function scorer(model: ModelDefinition): Scorer {
  const compute = model.kind === 'trees' ? treesScore(model) : linearScore(model)
  const { name, features } = model
  const score = (values: Vector): number => {
    if (values.length !== features.length) throw new ModelError(`${name}: got ${values.length} values for ${features.length} features`)
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) throw new ModelError(`${name}: the feature ${features[i]} is ${values[i]}`)
    }
    const result = compute(values)
    if (!Number.isFinite(result)) throw new ModelError(`${name}: the score is ${result}`)
    return result + 0
  }
  return {
    score,
    scoreMany: (rows, out) => {
      if (out.length < rows.length) throw new ModelError(`${name}: room for ${out.length} scores of ${rows.length} rows`)
      for (let i = 0; i < rows.length; i++) out[i] = score(rows[i]!)
    },
  }
}

/** The model behind the models port: a vector it cannot score has no score, and the reason. */
export function loadedModel(model: Model): LoadedModel {
  const { score } = scorer(model)
  const one = (values: readonly number[]): Score => {
    try {
      return { kind: 'score', score: score(values) }
    } catch (failure) {
      if (failure instanceof ModelError) return { kind: 'none', reason: failure.message }
      throw failure
    }
  }
  return { name: model.name, version: model.version, hash: model.hash, score: (vectors) => vectors.map(one) }
}

function linearScore({ kind, weights, bias }: LinearDefinition): (values: Vector) => number {
  const weight = Float64Array.from(weights)
  const isLogistic = kind === 'logistic'
  return (values) => {
    let sum = bias
    for (let i = 0; i < weight.length; i++) sum += weight[i]! * values[i]!
    return isLogistic ? sigmoid(sum) : sum
  }
}

function treesScore({ trees, combine, base, link }: TreesDefinition): (values: Vector) => number {
  const size = trees.reduce((total, tree) => total + tree.feature.length, 0)
  const feature = new Int32Array(size)
  // The threshold of a branch or the value of a leaf.
  const number = new Float64Array(size)
  const left = new Int32Array(size)
  const right = new Int32Array(size)
  const roots = new Int32Array(trees.length)
  let offset = 0
  trees.forEach((tree, i) => {
    roots[i] = offset
    for (let node = 0; node < tree.feature.length; node++) {
      const isLeaf = tree.feature[node]! < 0
      feature[offset + node] = tree.feature[node]!
      number[offset + node] = isLeaf ? tree.value[node]! : tree.threshold[node]!
      left[offset + node] = offset + tree.left[node]!
      right[offset + node] = offset + tree.right[node]!
    }
    offset += tree.feature.length
  })
  const divisor = combine === 'mean' ? trees.length : 1
  return (values) => {
    let sum = 0
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree]!
      while (feature[node]! >= 0) node = values[feature[node]!]! <= number[node]! ? left[node]! : right[node]!
      sum += number[node]!
    }
    const raw = base + sum / divisor
    return link === 'sigmoid' ? sigmoid(raw) : raw
  }
}
