// Features: what the feature states in an entity's context say as of their newest event, and the events that made it.
//
// T1. Named as `numbers.ts` names them: <path of the state>.<feature> is what a filter of the list reads.
// T2. At most FEATURES_MAX, in the order in which they stand, as deep as numbers are looked for; what is left out is counted.
import type { Source } from '../features/evidence.ts'
import { knownSetOf } from '../features/known-sets.ts'
import type { KnownSet } from '../features/known-sets.ts'
import type { FeatureState } from '../features/state.ts'
import { answerObject } from '../partition/view.ts'
import type { EntityAnswer } from '../partition/view.ts'
import { DEPTH_MAX } from './numbers.ts'

const FEATURES_MAX = 200

export interface FeatureValue {
  readonly name: string
  readonly value: number
  readonly from: readonly Source[]
}

/** One feature state. */
export interface FeatureReport {
  /** Where it stands in the context. */
  readonly path: string
  readonly set: string
  readonly version: number
  readonly hash: string
  /** Events folded so far. */
  readonly seen: number
  /** Undefined: there was no event yet. */
  readonly newestMs?: number
  readonly features: readonly FeatureValue[]
  /** Features that are not told, over the bound. */
  readonly left?: number
  /** Why it has no values. */
  readonly reason?: string
}

export function featuresOf(context: unknown): readonly FeatureReport[] {
  const found: FeatureReport[] = []
  collect(context, '', 0, found)
  return found
}

/** `answerObject`, with its features. */
export function answerWithFeatures(answer: EntityAnswer): Record<string, unknown> {
  return { ...answerObject(answer), ...(answer.entity === undefined ? {} : { features: featuresOf(answer.entity.context) }) }
}

function collect(value: unknown, path: string, depth: number, found: FeatureReport[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value) || depth >= DEPTH_MAX) return
  const known = knownSetOf(value)
  if (known === undefined) for (const [key, one] of Object.entries(value)) collect(one, path === '' ? key : `${path}.${key}`, depth + 1, found)
  else found.push(reportOf(path, known, FEATURES_MAX - found.reduce((sum, { features }) => sum + features.length, 0)))
}

function reportOf(path: string, { set, state }: { readonly set: KnownSet; readonly state: FeatureState }, featuresMax: number): FeatureReport {
  const { name, version, hash, names, sources } = set
  const head = { path, set: name, version, hash, seen: state.seen, ...(state.seen === 0 ? {} : { newestMs: state.newestMs }) }
  try {
    const features = set.values(state).slice(0, featuresMax).map((value, at) => ({ name: names[at] ?? String(at), value, from: state.seen === 0 ? [] : sources[at]?.(state) ?? [] }))
    return { ...head, features, ...(features.length === names.length ? {} : { left: names.length - features.length }) }
  } catch (thrown) {
    return { ...head, features: [], reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}
