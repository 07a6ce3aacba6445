// Histogram: the values of every feature sorted into a few bins, so that a split is sought among edges and not among rows.

/** Bins of one feature, at most. */
export const BINS_MAX = 64

export interface BinnedTable {
  readonly rows: number
  readonly columns: number
  /** Bin of row i, column j at [j * rows + i]. */
  readonly bins: Uint8Array
  /** Per column, ascending: bin b holds the values <= edges[b] that no bin before holds; the last bin holds the rest. */
  readonly edges: readonly (readonly number[])[]
}

/** Bins with about equally many rows each; an edge lies midway between two values that occur. */
export function binned(rows: readonly (readonly number[])[], columns: number): BinnedTable {
  const bins = new Uint8Array(rows.length * columns)
  const edges: number[][] = []
  for (let column = 0; column < columns; column++) {
    const values = Float64Array.from(rows, (row) => row[column]!)
    const cut = edgesOf(values.toSorted())
    edges.push(cut)
    for (let i = 0; i < values.length; i++) bins[column * rows.length + i] = binOf(cut, values[i]!)
  }
  return { rows: rows.length, columns, bins, edges }
}

function edgesOf(sorted: Float64Array): number[] {
  const edges: number[] = []
  const perBin = sorted.length / BINS_MAX
  let nextCut = perBin
  for (let i = 1; i < sorted.length && edges.length < BINS_MAX - 1; i++) {
    const [below, above] = [sorted[i - 1]!, sorted[i]!]
    if (below === above || i < nextCut) continue
    edges.push(midway(below, above))
    nextCut = Math.max(nextCut + perBin, i + perBin)
  }
  return edges.length > 0 || sorted[0] === sorted.at(-1) ? edges : [firstEdge(sorted)]
}

/** When one value fills all bins but the last: the edge before the first value above it. */
function firstEdge(sorted: Float64Array): number {
  const at = sorted.findIndex((value) => value > sorted[0]!)
  return midway(sorted[at - 1]!, sorted[at]!)
}

/** Between the two, or the lower one where no number lies between or the sum is too large. */
function midway(below: number, above: number): number {
  const middle = below + (above - below) / 2
  return middle < above ? middle : below
}

function binOf(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= edges[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
