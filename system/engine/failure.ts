// How a step fails: what may be thrown inside it, and the failure it becomes. Both engines fail in the same words.
import { MICROSTEPS_MAX } from '../protocol/limits.ts'
import type { FailureClass } from '../protocol/failures.ts'
import type { StepResult } from '../ports/engine.ts'

/** Thrown for a step that asks for what no step may do. The message names what, and the cure. */
export class StepRefused extends TypeError {
  override readonly name = 'StepRefused'
}

/** Thrown in the microstep after the last allowed one. */
export class MicrostepsExceeded extends TypeError {
  override readonly name = 'MicrostepsExceeded'
  constructor() {
    super(`more than ${MICROSTEPS_MAX} microsteps: transitions or raised events that cause each other without end`)
  }
}

/** What the guard that threw last in this machine threw. Cleared when a step begins. */
export interface GuardWatch {
  thrown: { readonly place: string; readonly error: unknown } | undefined
}

/** `where` is the place of the machine and the states that were active. */
export function failureOf(error: unknown, watch: GuardWatch, where: string): StepResult {
  if (error instanceof MicrostepsExceeded) return failed('timeout', error, where)
  // Of a machine's own, lower bound (`options.maxIterations`).
  if (error instanceof Error && error.message.startsWith('Infinite loop detected')) return failed('timeout', error, where)
  const declared = declaredClass(error)
  if (declared !== undefined) return failed(declared, error, where)
  if (watch.thrown !== undefined) return failed('guard', watch.thrown.error, watch.thrown.place)
  return failed('action', error, where)
}

/** Where a step stood: `configuration` are the active leaf states, undefined in the initial step. */
export function placeOf(machine: string, configuration: string | undefined): string {
  return `${machine} (${configuration === undefined ? 'in its initial step' : `in ${configuration || 'its only state'}`})`
}

/** Of a step that leaves `place` with other children active than its kind allows. */
export function notWhole(place: string): StepRefused {
  return new StepRefused(`XState leaves '${place}' with other children active than its kind allows; such a state cannot be stored. Give the transition another target, or leave parallel states through a state of their parent.`)
}

/** Errors of feature folds and models name their class themselves. */
function declaredClass(error: unknown): FailureClass | undefined {
  if (!(error instanceof Error) || !('class' in error)) return undefined
  return error.class === 'feature' || error.class === 'model' ? error.class : undefined
}

function failed(kind: FailureClass, error: unknown, where: string): StepResult {
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : message
  return { kind: 'failed', class: kind, message: `${where}: ${message}`, stack }
}
