// Known sets: which feature set wrote a state, for those who meet a state and have no set at hand.
//
// Owns: the sets that were defined in this process, by the mark that their states carry. Nothing of a step depends on it.
import type { ReadSources } from './evidence.ts'
import type { FeatureState } from './state.ts'

export interface KnownSet {
  readonly name: string
  readonly version: number
  readonly hash: string
  readonly names: readonly string[]
  /** In the order of `names`. */
  readonly sources: readonly ReadSources[]
  /** At the newest event of the state. Throws FeatureError. */
  values(state: FeatureState): readonly number[]
}

const sets = new Map<string, KnownSet>()

/** `of`: as its states carry it. A set that is defined again is the same one. */
export function knowSet(of: string, set: KnownSet): void {
  sets.set(of, set)
}

/** Undefined: it is no feature state, or of a set that this process does not know. */
export function knownSetOf(value: object): { readonly set: KnownSet; readonly state: FeatureState } | undefined {
  if (!('of' in value) || typeof value.of !== 'string' || !('rings' in value) || !('newestMs' in value)) return undefined
  const set = sets.get(value.of)
  return set === undefined ? undefined : { set, state: value as unknown as FeatureState }
}
