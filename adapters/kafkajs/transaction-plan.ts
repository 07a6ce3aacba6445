// What a transaction is to write, and how it ended.
import type { Refusal, Send } from './packing.ts'

export interface OffsetToCommit {
  readonly topic: string
  readonly offset: number
  readonly metadata: string
}

export interface TransactionPlan {
  /** One request after the other. */
  readonly sends: readonly Send[]
  readonly offsets: readonly OffsetToCommit[]
  /** Throws where the end is not to be asked for, `Overtaken` where the right is another one's. `offsets`: of each record, by its index. */
  mayEnd?(offsets: readonly number[]): Promise<void>
  /** The end is about to be asked for. */
  ending?(): void
  /** The id is fenced anew, to take back what was written. */
  fencing?(): void
  /** What is known of a refused send without asking the brokers to take parts of it; undefined: nothing. */
  judge?(send: Send): Promise<Refusal | 'crowded' | undefined>
  /** The right to the id may be another one's from then on. */
  readonly ended?: AbortSignal
}

export type TransactionEnd =
  /** `offsets`: of each record, by its index. */
  | { readonly kind: 'committed'; readonly offsets: readonly number[] }
  | { readonly kind: 'fenced'; readonly reason: string }
  /** `isAway`: because brokers were away. `offsets`: of each record, where its end was asked for; whoever has the id next ends it in vain where it was not. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isAway?: boolean; readonly offsets?: readonly number[] | undefined }
  /** These records, each for itself. Nothing was written. */
  | { readonly kind: 'refused'; readonly records: readonly number[]; readonly reason: string }
  /** Records that are refused together, and taken each for itself. Nothing was written. */
  | { readonly kind: 'crowded'; readonly reason: string }
