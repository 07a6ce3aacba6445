// What a partition needs from outside, besides its lease.
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Turnstile } from '../ports/turnstile.ts'
import type { Witness } from '../ports/witness.ts'
import type { CommandReply, TaskStart } from './batch.ts'
import type { Memory } from './memory.ts'
import type { StateStore } from './state-store.ts'
import type { TypePlan } from './topology.ts'
import type { ModelLoader } from './activation.ts'
import type { Outside } from './turn-input.ts'

export interface PartitionDeps {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly plan: TypePlan
  readonly outside: Outside
  readonly turnstile: Turnstile
  readonly witness?: Witness
  readonly models: ModelLoader
  /** A store per acquisition: what it believes about the cache ends with the lease. */
  readonly states: (partition: number) => StateStore
  readonly settings: PartitionSettings
  /** When it aborts, draining writes no more states: the next owner folds a little more. */
  readonly hurry?: AbortSignal
  /** After a commit that was done: replies of commands, tasks to start. */
  readonly onReplies: (replies: readonly CommandReply[]) => void
  readonly onTasks: (starts: readonly TaskStart[]) => void
  /** After a commit that was done: committed states, for queries. */
  readonly onCommitted: (memory: Memory) => void
}

export interface PartitionSettings {
  readonly batchRecordsMax: number
  readonly batchBytesMax: number
  /** From one small batch to the next, ms: what comes meanwhile waits for each other. */
  readonly commitWaitMs: number
  readonly drainMsMax: number
  readonly idleMs: number
  /** Released at most per batch. */
  readonly releasesMax: number
}
