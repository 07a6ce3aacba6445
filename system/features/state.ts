// State: what an entity keeps for one feature set. Plain immutable data that any codec can store.
import type { Ring } from './ring.ts'
import type { Tail } from './tail.ts'

export interface FeatureState {
  /** Start of the hash of the definition that wrote it. A set refuses the state of another definition. */
  readonly of: string
  /** Events folded so far. */
  readonly seen: number
  /** The newest event time folded, in ms; 0 before the first event. */
  readonly newestMs: number
  /** Values taken from the newest arrived event of their kind; 0 before there was one. */
  readonly current: readonly number[]
  readonly rings: readonly Ring[]
  readonly tails: readonly Tail[]
  /** Pairs (value, time in ms), one per half-life sum. */
  readonly decays: readonly number[]
  readonly counters: readonly number[]
}
