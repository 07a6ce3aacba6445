// Parts: what a live partition stands on, from one acquisition to its end.
import type { Failure } from '../protocol/failures.ts'
import type { Committer } from './commit.ts'
import type { InputRef } from './journal.ts'
import type { Memory } from './memory.ts'
import type { Position } from './position.ts'
import type { Snapshots } from './snapshots.ts'
import type { StateStore } from './state-store.ts'
import type { Suspicion } from './suspicion.ts'

export interface PartitionParts {
  readonly memory: Memory
  readonly position: Position
  readonly snapshots: Snapshots
  readonly states: StateStore
  readonly committer: Committer
  readonly attempts: number
  /** Isolated: one input at a time, named before it is stepped. */
  readonly suspicion: Suspicion | undefined
  /** Inputs that fail with this whatever they say: the log refused what they write, or they end the process. */
  readonly forced: ReadonlyMap<InputRef, Failure>
}
