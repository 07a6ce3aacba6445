// Supervision: decisions about failures, as tables. `partition.ts` acts on them.
import type { EntityId } from '../protocol/ids.ts'
import type { Directive, Failure } from '../protocol/failures.ts'
import { ESCALATIONS_MAX, ESCALATION_PERIOD_MS, RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN } from '../protocol/limits.ts'
import type { InputRef } from './journal.ts'

/** Stops the partition: the input's directive says that going on would be wrong. Nothing of its batch is committed. */
export class Escalation extends TypeError {
  override readonly name = 'Escalation'
  readonly directive: Directive
  readonly failure: Failure
  readonly entity: EntityId | undefined
  constructor(directive: Directive, ref: InputRef, entity: EntityId | undefined, failure: Failure) {
    super(`${directive}: input ${ref}${entity === undefined ? '' : ` of '${entity}'`} failed, class ${failure.class}: ${failure.message}`)
    this.directive = directive
    this.failure = failure
    this.entity = entity
  }
}

/** The nth wait (1, 2 ...): doubling from the least to the longest. */
export function retryDelayMs(nth: number): number {
  let delayMs = RETRY_DELAY_MS_MIN
  for (let n = 1; n < nth && delayMs < RETRY_DELAY_MS_MAX; n += 1) delayMs *= 2
  return Math.min(delayMs, RETRY_DELAY_MS_MAX)
}

/** Wait before attempt `attempt` (2, 3 ...) of a task. No chance: it is folded. */
export function taskRetryMs(attempt: number): number {
  return retryDelayMs(attempt - 1)
}

/** After a partition stopped by itself: again, or give up and say so. */
export function afterEscalation(failedAtMs: readonly number[], nowMs: number): 'restart' | 'fail' {
  return failedAtMs.filter((atMs) => nowMs - atMs < ESCALATION_PERIOD_MS).length > ESCALATIONS_MAX ? 'fail' : 'restart'
}
