// Ring: the samples of one event kind, kept once up to the longest window, with the edges and running sums of all its windows.
//
// Owns: inserting, evicting, summing. Pure: a ring is never changed, a changed copy is returned.
//
// R1. Times ascend; samples of equal time stand in order of arrival.
// R2. Window i holds samples [edges[2i], edges[2i+1]): those in (t - delay - window, t - delay], t the newest time the set has seen.
// R3. A running sum is exactly 0 when its window is empty, and is summed anew from its samples before rounding can gather.
import type { Compute, EventRecord } from './compute.ts'
import { appended, inserted, upperBound } from './samples.ts'
import { addTo } from './sum.ts'

export interface RingPlan {
  /** What is sampled of an event; columns are shared by all windows that need the same expression. */
  readonly columns: readonly Compute<EventRecord>[]
  readonly windows: readonly { readonly delayMs: number; readonly windowMs: number }[]
  /** Which windows sum which columns. */
  readonly sums: readonly { readonly window: number; readonly column: number }[]
  readonly samplesMax: number
}

/** Plain data. */
export interface Ring {
  readonly times: readonly number[]
  readonly columns: readonly (readonly number[])[]
  readonly edges: readonly number[]
  /** Pairs (high, low), one per planned sum. */
  readonly sums: readonly number[]
  /** Events since the sums were last made anew. */
  readonly age: number
  /** Samples that left early because the ring was full. */
  readonly truncated: number
}

/** At least this many events lie between two renewals of the sums; rings longer than that renew once per their length. */
const RENEW_EVENTS_MIN = 64

export function emptyRing(plan: RingPlan): Ring {
  return {
    times: [], columns: plan.columns.map(() => []), edges: plan.windows.flatMap(() => [0, 0]),
    sums: plan.sums.flatMap(() => [0, 0]), age: 0, truncated: 0,
  }
}

/** The ring with the sample `row` of time `timeMs`; `newestMs` is the newest time of the set, this sample included. */
export function withSample(plan: RingPlan, ring: Ring, row: readonly number[], timeMs: number, newestMs: number): Ring {
  if (timeMs < newestMs) return withLateSample(plan, ring, row, timeMs, newestMs)
  const size = ring.times.length
  const edges = ring.edges.slice()
  const sums = ring.sums.slice()
  moveEdges(plan, ring, edges, sums, newestMs)
  for (let window = 0; window < plan.windows.length; window++) {
    if (plan.windows[window]!.delayMs > 0) continue
    edges[2 * window + 1] = size + 1
    for (let sum = 0; sum < plan.sums.length; sum++) {
      const { window: of, column } = plan.sums[sum]!
      if (of === window) addTo(sums, 2 * sum, row[column]!)
    }
  }
  const overflow = Math.max(0, size + 1 - firstNeeded(edges) - plan.samplesMax)
  const drop = firstNeeded(edges) + overflow
  const next: Ring = {
    times: appended(ring.times, drop, timeMs),
    columns: ring.columns.map((column, i) => appended(column, drop, row[i]!)),
    edges: shifted(edges, drop), sums, age: ring.age + 1, truncated: ring.truncated + overflow,
  }
  return overflow > 0 || next.age > Math.max(RENEW_EVENTS_MIN, next.times.length) ? renewed(plan, next, newestMs) : next
}

/** The ring as it is at `newestMs`: the same object when nothing enters or leaves a window. */
export function advanced(plan: RingPlan, ring: Ring, newestMs: number): Ring {
  if (!mustMove(plan, ring, newestMs)) return ring
  const edges = ring.edges.slice()
  const sums = ring.sums.slice()
  moveEdges(plan, ring, edges, sums, newestMs)
  const drop = firstNeeded(edges)
  if (drop === 0) return { ...ring, edges, sums }
  return {
    ...ring, times: ring.times.slice(drop), columns: ring.columns.map((column) => column.slice(drop)),
    edges: shifted(edges, drop), sums,
  }
}

/** Out of order: the sample goes to its time, windows stay where the newest event put them. */
function withLateSample(plan: RingPlan, ring: Ring, row: readonly number[], timeMs: number, newestMs: number): Ring {
  const at = upperBound(ring.times, timeMs)
  const wide: Ring = {
    ...ring, times: inserted(ring.times, at, timeMs),
    columns: ring.columns.map((column, i) => inserted(column, at, row[i]!)),
  }
  return renewed(plan, wide, newestMs)
}

/** Edges, sums and size made anew from the samples. */
function renewed(plan: RingPlan, ring: Ring, newestMs: number): Ring {
  const starts = plan.windows.map(({ delayMs, windowMs }) => upperBound(ring.times, newestMs - delayMs - windowMs))
  const needed = Math.min(...starts)
  const overflow = Math.max(0, ring.times.length - needed - plan.samplesMax)
  const drop = needed + overflow
  const times = drop === 0 ? ring.times : ring.times.slice(drop)
  const columns = drop === 0 ? ring.columns : ring.columns.map((column) => column.slice(drop))
  const edges = plan.windows.flatMap(({ delayMs, windowMs }) => [
    upperBound(times, newestMs - delayMs - windowMs), upperBound(times, newestMs - delayMs),
  ])
  const sums = plan.sums.flatMap(() => [0, 0])
  plan.sums.forEach(({ window, column }, sum) => {
    for (let i = edges[2 * window]!; i < edges[2 * window + 1]!; i++) addTo(sums, 2 * sum, columns[column]![i]!)
  })
  return { times, columns, edges, sums, age: 0, truncated: ring.truncated + overflow }
}

function mustMove(plan: RingPlan, ring: Ring, newestMs: number): boolean {
  const { times, edges } = ring
  for (let window = 0; window < plan.windows.length; window++) {
    const { delayMs, windowMs } = plan.windows[window]!
    const from = edges[2 * window]!
    const to = edges[2 * window + 1]!
    if (to < times.length && times[to]! <= newestMs - delayMs) return true
    if (from < to && times[from]! <= newestMs - delayMs - windowMs) return true
  }
  return false
}

/** Moves `edges` and `sums`, which are ours to write, to `newestMs`. Times only grow, so edges only move up. */
function moveEdges(plan: RingPlan, ring: Ring, edges: number[], sums: number[], newestMs: number): void {
  const { times } = ring
  for (let window = 0; window < plan.windows.length; window++) {
    const { delayMs, windowMs } = plan.windows[window]!
    const untilMs = newestMs - delayMs
    const afterMs = untilMs - windowMs
    const [oldFrom, oldTo] = [edges[2 * window]!, edges[2 * window + 1]!]
    let to = oldTo
    while (to < times.length && times[to]! <= untilMs) to++
    let from = oldFrom
    while (from < to && times[from]! <= afterMs) from++
    if (from === oldFrom && to === oldTo) continue
    edges[2 * window] = from
    edges[2 * window + 1] = to
    moveSums(plan, ring, sums, { window, oldFrom, oldTo, from, to })
  }
}

interface Move { readonly window: number; readonly oldFrom: number; readonly oldTo: number; readonly from: number; readonly to: number }

function moveSums(plan: RingPlan, ring: Ring, sums: number[], { window, oldFrom, oldTo, from, to }: Move): void {
  for (let sum = 0; sum < plan.sums.length; sum++) {
    const { window: of, column } = plan.sums[sum]!
    if (of !== window) continue
    const values = ring.columns[column]!
    if (from === to) {
      sums[2 * sum] = 0
      sums[2 * sum + 1] = 0
      continue
    }
    for (let i = Math.max(oldTo, from); i < to; i++) addTo(sums, 2 * sum, values[i]!)
    for (let i = oldFrom; i < Math.min(from, oldTo); i++) addTo(sums, 2 * sum, -values[i]!)
  }
}

function firstNeeded(edges: readonly number[]): number {
  let first = edges[0]!
  for (let i = 2; i < edges.length; i += 2) first = Math.min(first, edges[i]!)
  return first
}

function shifted(edges: number[], drop: number): number[] {
  if (drop === 0) return edges
  for (let i = 0; i < edges.length; i++) edges[i] = Math.max(0, edges[i]! - drop)
  return edges
}
