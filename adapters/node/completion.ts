// Completion: whether everything that was fed has been consumed, judged from looks.
//
// Z1. Done needs two looks without any change in between, all partitions live, nothing behind, nothing due.
// Z2. Where a feed promised an event time, the watermarks must have come so far: promises travel after the records they follow.
// Z3. A partition that will not go on by itself ends the wait with its reason.
import { ELSEWHERE } from './look.ts'
import type { Look } from './look.ts'
import type { PartitionLook } from '../../system/node/partition-look.ts'

export type Completion =
  | { readonly kind: 'busy' }
  /** Nothing moves, but a watermark has not come as far as promised. */
  | { readonly kind: 'short'; readonly waitingFor: readonly string[] }
  | { readonly kind: 'consumed' }
  | { readonly kind: 'failed'; readonly reason: string }

/** A fenced partition goes on with whoever fenced it. */
const DEAD_ENDS = new Set(['failed', 'position-moved'])

/** Why the node cannot go on, or undefined (Z3). */
export function failureOf(look: Look): string | undefined {
  if (look.failure !== undefined) return look.failure
  const dead = look.partitions.find(({ state }) => DEAD_ENDS.has(state))
  return dead === undefined ? undefined : `partition ${dead.partition} of '${dead.type}' is ${dead.state}: ${dead.reason === '' ? 'no reason was given' : dead.reason}`
}

/** `promisedMs`: event time up to which the feed promised to be complete; undefined: it promised nothing. */
export function completionOf(before: Look | undefined, now: Look, promisedMs: number | undefined): Completion {
  const reason = failureOf(now)
  if (reason !== undefined) return { kind: 'failed', reason }
  const isResting = now.lag === 0 && now.partitions.every(({ state, isDue }) => (state === 'live' || state === ELSEWHERE) && !isDue)
  if (!isResting || before === undefined || before.lag !== 0) return { kind: 'busy' }
  const changed = now.partitions.some((one, at) => isChanged(before.partitions[at], one))
  if (changed) return { kind: 'busy' }
  const short = now.partitions.filter(({ watermarkMs }) => promisedMs !== undefined && watermarkMs !== undefined && watermarkMs < promisedMs)
  if (short.length === 0) return { kind: 'consumed' }
  return { kind: 'short', waitingFor: short.map(({ type, partition, waitingFor }) => `${type}/${partition} waits for ${waitingFor.slice(0, 3).join(', ')}`) }
}

function isChanged(before: PartitionLook | undefined, now: PartitionLook): boolean {
  return before === undefined || before.state !== now.state || before.consumed !== now.consumed || before.watermarkMs !== now.watermarkMs
}
