// How the parts of a transaction that go side by side ended, and what that makes of the whole.
import { messageOf } from './cluster.ts'
import { codeOf, isFenced, isRefusal } from './codes.ts'
import { Refused } from './produce.ts'
import type { OutBatch, Sent } from './produce.ts'
import type { PlannedBatch, Refusal } from './transaction-plan.ts'

/** Which batch of a round was refused. Throws what is no refusal, or not of all: what may still reach its leader must find the transaction open, or another epoch. */
export function refusalOf({ thrown, mayCome }: Extract<Sent, { readonly kind: 'failed' }>, round: readonly PlannedBatch[], out: readonly OutBatch[]): Refusal {
  const batch = thrown instanceof Refused && isRefusal(thrown.apiId) ? round[out.indexOf(thrown.batch)] : undefined
  if (!(thrown instanceof Refused) || batch === undefined || mayCome) throw thrown
  return { kind: 'refused', batch, records: thrown.records, reason: messageOf(thrown) }
}

/** Throws when both are over, a fence before any other failure: nothing of them may reach a broker after what comes next. */
export async function inParallel<A, B>(first: A | Promise<A>, second: B | Promise<B>): Promise<[A, B]> {
  const ends = await Promise.allSettled([first, second])
  const fence = ends.find((end) => end.status === 'rejected' && isFenced(codeOf(end.reason)))
  if (fence?.status === 'rejected') throw fence.reason
  return Promise.all([first, second])
}
