// Suspects: how many more deaths the runtime takes without blaming an input of which the test knows that it is innocent.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import type { Log } from '../../../system/ports/log.ts'
import type { Suspect } from '../../../system/partition/journal.ts'
import { lastRecord } from '../../../system/partition/survey.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'

/** Deaths in a row with the same suspect that blame nobody yet. */
const BLAME_FREE_MAX = 2

/** Deaths that may still come before an owner must have lived through what is named. */
export async function deathsLeft(log: Log, plans: ReadonlyMap<string, TypePlan>): Promise<number> {
  let left = BLAME_FREE_MAX
  for (const plan of plans.values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) {
      const last = await lastRecord(log, cborCodec, plan, partition, await log.offsetsAt(plan.journal, partition, 'latest'))
      if (last?.suspect !== undefined) left = Math.min(left, BLAME_FREE_MAX - deathsOf(last.suspect))
    }
  }
  return Math.max(0, left)
}

/** An entity that recovery folds was found by the death of its whole record, however often that was named. */
function deathsOf({ cause, times }: Suspect): number {
  if (!cause.startsWith('fold ')) return times
  return /^fold \d+ /.test(cause) ? times + 1 : 1
}
