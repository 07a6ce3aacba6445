// Counts: what many comparisons met between them.
import { FEATURES } from './features.ts'

export interface Counts {
  machines: number
  comparisons: number
  /** Steps in which both took a transition. */
  moved: number
  /** Different states that were active at some point, summed over machines. */
  statesEntered: number
  failed: number
  /** Of the definitions: machines with the same one are not distinct. */
  readonly hashes: Set<string>
  /** Steps in which each feature was met. */
  readonly met: Map<string, number>
}

export function noCounts(): Counts {
  return { machines: 0, comparisons: 0, moved: 0, statesEntered: 0, failed: 0, hashes: new Set(), met: new Map() }
}

export function addCounts(sum: Counts, counts: Counts): void {
  for (const name of ['machines', 'comparisons', 'moved', 'statesEntered', 'failed'] as const) sum[name] += counts[name]
  for (const hash of counts.hashes) sum.hashes.add(hash)
  for (const [feature, n] of counts.met) sum.met.set(feature, (sum.met.get(feature) ?? 0) + n)
}

/** What was met too seldom, as lines. */
export function scarceFeatures({ comparisons, met }: Counts, share: number): readonly string[] {
  return FEATURES.filter((feature) => (met.get(feature) ?? 0) < comparisons * share).map((feature) => `${feature}: ${met.get(feature) ?? 0} of ${comparisons}`)
}

export function countLines({ machines, comparisons, moved, statesEntered, failed, hashes, met }: Counts): readonly string[] {
  const percent = (count: number): string => `${((100 * count) / comparisons).toFixed(1)} %`
  const features = FEATURES.map((feature) => `${feature} ${percent(met.get(feature) ?? 0)}`)
  return [
    `${comparisons} comparisons over ${machines} machines, ${hashes.size} of them distinct; both took a transition in ${percent(moved)}; ${(statesEntered / machines).toFixed(1)} states entered by each; ${percent(failed)} failed alike`,
    features.join(' · '),
  ]
}
