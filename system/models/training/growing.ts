// Growing: one regression tree on gradients and curvatures, level by level, nodes in the order they are found.
import type { Tree } from '../model.ts'
import { BINS_MAX } from './histogram.ts'
import type { BinnedTable } from './histogram.ts'

export interface GrowOptions {
  readonly depth: number
  readonly learningRate: number
  readonly l2: number
  readonly leafWeightMin: number
}

export interface GrownTree {
  readonly tree: Tree
  /** The leaf that a row of the table falls into. */
  leafOf(row: number): number
}

interface Split { readonly column: number; readonly bin: number; readonly gain: number }
interface Growing { readonly node: number; readonly level: number; readonly rows: Int32Array }

/** Grows a tree on the chosen rows. A leaf holds -learningRate x G / (H + l2). */
export function growTree(table: BinnedTable, gradients: Float64Array, curvatures: Float64Array, chosen: Int32Array, options: GrowOptions): GrownTree {
  const tree = { feature: [-1], threshold: [0], left: [0], right: [0], value: [0] }
  const splitBin = [0]
  const waiting: Growing[] = [{ node: 0, level: 0, rows: chosen }]
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { node, level, rows } = next
    const split = level < options.depth ? bestSplit(table, gradients, curvatures, rows, options) : undefined
    if (!split) {
      tree.value[node] = -options.learningRate * total(gradients, rows) / (total(curvatures, rows) + options.l2)
      continue
    }
    const left = tree.feature.length
    tree.feature[node] = split.column
    tree.threshold[node] = table.edges[split.column]![split.bin]!
    tree.left[node] = left
    tree.right[node] = left + 1
    splitBin[node] = split.bin
    for (const child of [left, left + 1]) {
      tree.feature[child] = -1
      tree.threshold[child] = tree.left[child] = tree.right[child] = tree.value[child] = splitBin[child] = 0
    }
    const isLeft = (row: number): boolean => table.bins[split.column * table.rows + row]! <= split.bin
    waiting.push({ node: left, level: level + 1, rows: rows.filter(isLeft) })
    waiting.push({ node: left + 1, level: level + 1, rows: rows.filter((row) => !isLeft(row)) })
  }
  return {
    tree,
    leafOf: (row) => {
      let node = 0
      while (tree.feature[node]! >= 0) {
        node = table.bins[tree.feature[node]! * table.rows + row]! <= splitBin[node]! ? tree.left[node]! : tree.right[node]!
      }
      return node
    },
  }
}

/** The split of the largest gain above rounding; the first of equal ones. */
function bestSplit(table: BinnedTable, gradients: Float64Array, curvatures: Float64Array, rows: Int32Array, { l2, leafWeightMin }: GrowOptions): Split | undefined {
  const allGradient = total(gradients, rows)
  const allCurvature = total(curvatures, rows)
  const worth = (gradient: number, curvature: number): number => (gradient * gradient) / (curvature + l2)
  let best: Split | undefined
  for (let column = 0; column < table.columns; column++) {
    const gradientOf = new Float64Array(BINS_MAX)
    const curvatureOf = new Float64Array(BINS_MAX)
    for (const row of rows) {
      const bin = table.bins[column * table.rows + row]!
      gradientOf[bin]! += gradients[row]!
      curvatureOf[bin]! += curvatures[row]!
    }
    let gradient = 0
    let curvature = 0
    for (let bin = 0; bin < table.edges[column]!.length; bin++) {
      gradient += gradientOf[bin]!
      curvature += curvatureOf[bin]!
      if (curvature < leafWeightMin || allCurvature - curvature < leafWeightMin) continue
      const gain = worth(gradient, curvature) + worth(allGradient - gradient, allCurvature - curvature) - worth(allGradient, allCurvature)
      if (gain > (best?.gain ?? 1e-9)) best = { column, bin, gain }
    }
  }
  return best
}

function total(values: Float64Array, rows: Int32Array): number {
  let sum = 0
  for (const row of rows) sum += values[row]!
  return sum
}
