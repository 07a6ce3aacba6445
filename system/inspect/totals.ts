// Totals: what a partition's journal adds up to, over all its owners and restarts. Reads the journal alone.
import type { DropReason, FailureClass } from '../protocol/failures.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { journalRecords } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'

export interface Totals {
  commits: number
  leases: number
  inputs: number
  decisions: number
  /** Each is one dead letter. */
  readonly verdicts: Map<FailureClass, number>
  readonly drops: Map<DropReason, number>
}

export function noTotals(): Totals {
  return { commits: 0, leases: 0, inputs: 0, decisions: 0, verdicts: new Map(), drops: new Map() }
}

/** Adds what a partition's journal holds to `totals`. */
export async function addTotals(totals: Totals, log: Log, codec: Codec, plan: TypePlan, partition: number): Promise<void> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  const from = await log.offsetsAt(plan.journal, partition, 'earliest')
  for await (const { record } of journalRecords(log, codec, plan, partition, from, end)) {
    totals.commits += 1
    if (record.kind === 'lease') totals.leases += 1
    for (const range of record.inputs) totals.inputs += range.n
    totals.decisions += record.decisions.length
    for (const verdict of record.verdicts) totals.verdicts.set(verdict.class, (totals.verdicts.get(verdict.class) ?? 0) + 1)
    for (const [reason, count] of record.drops) totals.drops.set(reason, (totals.drops.get(reason) ?? 0) + count)
  }
}
