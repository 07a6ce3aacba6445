// Gradient boosted trees for a class or a quantity: Newton leaves, histogram splits (Chen & Guestrin 2016, sections 2.2 and 3).
//
// Owns: the loop over trees. `histogram.ts` bins values, `growing.ts` grows one tree.
// Deterministic given the seed, which only picks the rows of each tree.
import { log, sigmoid } from '../../protocol/math.ts'
import { DefinitionError } from '../../protocol/failures.ts'
import { defineModel } from '../definition.ts'
import type { Model, Tree, TreesDefinition } from '../model.ts'
import { checkExamples, checkQuantities } from './examples.ts'
import type { Examples } from './examples.ts'
import { generator } from './generator.ts'
import { growTree } from './growing.ts'
import { binned } from './histogram.ts'

export interface BoostingOptions {
  readonly name: string
  readonly version: number
  /** 'logistic' for labels 0 and 1 and a score that is a chance (unless given), 'squared' for quantities. */
  readonly loss?: 'logistic' | 'squared'
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

interface Loss {
  readonly check: (examples: Examples) => void
  /** The best guess without any tree. */
  readonly base: (labels: readonly number[]) => number
  readonly score: (raw: number) => number
  /** Second derivative of the loss where the score is this; the first is score - label. */
  readonly curvature: (score: number) => number
  readonly link: TreesDefinition['link']
}

const sumOf = (labels: readonly number[]): number => labels.reduce((sum, label) => sum + label, 0)

const LOSSES: Readonly<Record<NonNullable<BoostingOptions['loss']>, Loss>> = {
  logistic: {
    check: checkExamples,
    base: (labels) => log(sumOf(labels) / (labels.length - sumOf(labels))),
    score: sigmoid, curvature: (score) => score * (1 - score), link: 'sigmoid',
  },
  squared: {
    check: checkQuantities,
    base: (labels) => sumOf(labels) / labels.length,
    score: (raw) => raw, curvature: () => 1, link: 'identity',
  },
}

/** Splits from root to leaf, at most. */
export const DEPTH_MAX = 4

/** Trains on the examples. Throws DefinitionError for examples or options that do not fit. */
export function trainBoosting(examples: Examples, options: BoostingOptions): Model<TreesDefinition> {
  const loss = LOSSES[options.loss ?? 'logistic']
  loss.check(examples)
  const { trees: rounds = 50, depth = 3, learningRate = 0.2, l2 = 1, leafWeightMin = 1, rowShare = 1, seed = 1 } = options
  if (!Number.isInteger(depth) || depth < 1 || depth > DEPTH_MAX) throw new DefinitionError([`training: a depth of ${depth} is outside 1..${DEPTH_MAX}`])
  const { rows, labels, features } = examples
  const next = generator(seed)
  const table = binned(rows, features.length)
  const base = loss.base(labels)
  const raw = new Float64Array(rows.length).fill(base)
  const gradients = new Float64Array(rows.length)
  const curvatures = new Float64Array(rows.length)
  const trees: Tree[] = []
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < raw.length; i++) {
      const score = loss.score(raw[i]!)
      gradients[i] = score - labels[i]!
      curvatures[i] = loss.curvature(score)
    }
    const chosen = Int32Array.from(rows.keys()).filter(() => rowShare >= 1 || next() < rowShare)
    const { tree, leafOf } = growTree(table, gradients, curvatures, chosen, { depth, learningRate, l2, leafWeightMin })
    trees.push(tree)
    for (let i = 0; i < raw.length; i++) raw[i]! += tree.value[leafOf(i)]!
  }
  return defineModel({ name: options.name, version: options.version, kind: 'trees', features, trees, combine: 'sum', base, link: loss.link })
}
