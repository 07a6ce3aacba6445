// Failures are values. One union per place that can fail; the class says what supervision decides about.

/** Why an input was not simply applied. The order is that of the pipeline. */
export type FailureClass =
  | 'key' // the record's key is no entity id, not the id its payload names, or of another partition
  | 'decode' // bytes that are not what the source's format says
  | 'schema' // decoded, but not of the declared shape
  | 'semantic' // of the right shape, but against a data quality rule (range, required, future)
  | 'guard' // a guard threw
  | 'action' // an action threw, had a side effect, or made something that cannot be stored
  | 'feature' // a feature fold threw or gave a value that is not finite
  | 'model' // no score, and the type has no fallback
  | 'timeout' // over the bound of microsteps or of inference rounds
  | 'size' // record, state, held events or timers over their bound
  | 'crash' // the process died on it, twice

export const FAILURE_CLASSES: readonly FailureClass[] = [
  'key', 'decode', 'schema', 'semantic', 'guard', 'action', 'feature', 'model', 'timeout', 'size', 'crash',
]

/** What supervision decides about the record and the entity. */
export type Directive = 'skip' | 'park' | 'stop' | 'escalate'

/** Why an input is not applied. */
export interface Failure {
  readonly class: FailureClass
  readonly message: string
  /** Where in the pipeline: decode, step, score, commit ... */
  readonly stage: string
  readonly stack?: string
}

/** A counted drop that a policy asked for (I1). */
export type DropReason = 'duplicate' | 'late' | 'stopped' | 'stale-task' | 'stale-timer' | 'unknown-control'

export const DROP_REASONS: readonly DropReason[] = ['duplicate', 'late', 'stopped', 'stale-task', 'stale-timer', 'unknown-control']

/** Thrown by the authoring functions when a definition cannot run; the message names the thing, the reason and the cure. */
export class DefinitionError extends TypeError {
  override readonly name = 'DefinitionError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Thrown where an operator must act: the message says what is wrong and what to do. Exit code 1 at the command line. */
export class OperationError extends TypeError {
  override readonly name = 'OperationError'
  /** Stable, for scripts: `data-folder/locked`, `topic/partitions` ... */
  readonly code: string
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
  }
}

/** What was asked does not answer now, and may again: whoever can wait, waits. */
export class Unreachable extends OperationError {}
