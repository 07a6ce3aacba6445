// Commits packed records in one transaction, and in another one of smaller batches where a leader refuses several records together (I8).
import type { Effort } from './cluster.ts'
import type { Packed, Packer } from './packing.ts'
import type { Transactions } from './transaction.ts'
import type { OffsetToCommit, TransactionEnd } from './transaction-plan.ts'

export type PackedEnd =
  | Exclude<TransactionEnd, { readonly kind: 'refused' }> & { readonly packed: Packed }
  /** These records, each for itself. Nothing was written. */
  | { readonly kind: 'rejected'; readonly records: readonly number[]; readonly reason: string }

/** `packed` of the end: as they were written. */
export async function commitPacked(transactions: Transactions, packer: Packer, first: Packed, offsets: readonly OffsetToCommit[], idle: Effort): Promise<PackedEnd> {
  let packed = first
  for (;;) {
    const end = await transactions.commit({ rounds: packed.rounds, offsets }, idle)
    if (end.kind !== 'refused') return { ...end, packed }
    const records = packed.refused(end)
    if (records.length > 0) return { kind: 'rejected', records, reason: end.reason }
    // Each time smaller: one of a single record at last.
    packed = await packer.recut(packed, end)
    if (idle.signal?.aborted === true) return { kind: 'fenced', reason: 'the lease ended', packed }
  }
}
