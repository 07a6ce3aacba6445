// What a transaction is to write, under whose name, and how it ended.
import type { RecordBatch } from './record-batch.ts'

export interface PlannedBatch {
  readonly topic: string
  readonly partition: number
  readonly batch: RecordBatch
}

export interface OffsetToCommit {
  readonly topic: string
  readonly offset: number
  readonly metadata: string
}

/** Who the group coordinator knows us as. */
export interface Standing {
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
}

export interface TransactionPlan {
  /** One request after the other; in each, one batch of a topic partition. */
  readonly rounds: readonly (readonly PlannedBatch[])[]
  readonly offsets: readonly OffsetToCommit[]
}

/** Nothing was written. `records`: indexes within the batch, where its leader names them. */
export interface Refusal {
  readonly kind: 'refused'
  readonly batch: PlannedBatch
  readonly records: readonly number[]
  readonly reason: string
}

export type TransactionEnd =
  /** `offsets`: of the first record of each planned batch. */
  | { readonly kind: 'committed'; readonly offsets: ReadonlyMap<PlannedBatch, number> }
  | { readonly kind: 'fenced'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  | Refusal
