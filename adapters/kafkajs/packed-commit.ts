// Commits records in one transaction, and in another one of smaller sends where some are refused only together (I8).
import type { OutRecord } from '../../system/protocol/record.ts'
import { SEND_RECORDS_MAX } from './packing.ts'
import type { Packer } from './packing.ts'
import type { Transactions } from './transaction.ts'
import type { TransactionEnd, TransactionPlan } from './transaction-plan.ts'

export type PackedEnd = Exclude<TransactionEnd, { readonly kind: 'crowded' }>

/** By what their topics take now, or where that says nothing, with half as many in a send each time: one at last. */
export async function commitPacked(transactions: Transactions, packer: Packer, records: readonly OutRecord[], plan: Omit<TransactionPlan, 'sends' | 'judge'>): Promise<PackedEnd> {
  for (let recordsMax = Math.min(SEND_RECORDS_MAX, records.length); ; recordsMax = Math.ceil(recordsMax / 2)) {
    const end = await transactions.commit({ ...plan, sends: packer.pack(records, recordsMax), judge: (send) => packer.judge(records, send) })
    if (end.kind !== 'crowded') return end
  }
}
