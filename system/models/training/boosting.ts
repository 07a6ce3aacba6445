// Gradient boosted trees with logistic loss: Newton leaves, histogram splits (Chen & Guestrin 2016, sections 2.2 and 3).
//
// Owns: the loop over trees. `histogram.ts` bins values, `growing.ts` grows one tree.
// Deterministic given the seed, which only picks the rows of each tree.
import { log, sigmoid } from '../../protocol/math.ts'
import { DefinitionError } from '../../protocol/failures.ts'
import { defineModel } from '../definition.ts'
import type { Model, Tree, TreesDefinition } from '../model.ts'
import { checkExamples } from './examples.ts'
import type { Examples } from './examples.ts'
import { generator } from './generator.ts'
import { growTree } from './growing.ts'
import { binned } from './histogram.ts'

export interface BoostingOptions {
  readonly name: string
  readonly version: number
  /** 50 unless given. */
  readonly trees?: number
  /** Splits from root to leaf: 1..4, 3 unless given. */
  readonly depth?: number
  /** 0.2 unless given. */
  readonly learningRate?: number
  /** Pull of the leaves towards 0: 1 unless given. */
  readonly l2?: number
  /** Least sum of second derivatives in a leaf: 1 unless given. */
  readonly leafWeightMin?: number
  /** Share of the rows that each tree sees: 1 unless given. */
  readonly rowShare?: number
  readonly seed?: number
}

/** Splits from root to leaf, at most. */
export const DEPTH_MAX = 4

/** Trains on the examples. Throws DefinitionError for examples or options that do not fit. */
export function trainBoosting(examples: Examples, options: BoostingOptions): Model<TreesDefinition> {
  checkExamples(examples)
  const { trees: rounds = 50, depth = 3, learningRate = 0.2, l2 = 1, leafWeightMin = 1, rowShare = 1, seed = 1 } = options
  if (!Number.isInteger(depth) || depth < 1 || depth > DEPTH_MAX) throw new DefinitionError([`training: a depth of ${depth} is outside 1..${DEPTH_MAX}`])
  const { rows, labels, features } = examples
  const next = generator(seed)
  const table = binned(rows, features.length)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const base = log(positives / (labels.length - positives))
  const raw = new Float64Array(rows.length).fill(base)
  const gradients = new Float64Array(rows.length)
  const curvatures = new Float64Array(rows.length)
  const trees: Tree[] = []
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < raw.length; i++) {
      const score = sigmoid(raw[i]!)
      gradients[i] = score - labels[i]!
      curvatures[i] = score * (1 - score)
    }
    const chosen = Int32Array.from(rows.keys()).filter(() => rowShare >= 1 || next() < rowShare)
    const { tree, leafOf } = growTree(table, gradients, curvatures, chosen, { depth, learningRate, l2, leafWeightMin })
    trees.push(tree)
    for (let i = 0; i < raw.length; i++) raw[i]! += tree.value[leafOf(i)]!
  }
  return defineModel({ name: options.name, version: options.version, kind: 'trees', features, trees, combine: 'sum', base, link: 'sigmoid' })
}
