// Exit codes, and the one place that turns a thrown error into one.
import { DefinitionError, OperationError } from '../../system/protocol/failures.ts'

export const EXIT = {
  ok: 0,
  /** Something is wrong: a failed run, a difference, a damaged folder. */
  problem: 1,
  usage: 2,
  /** The data folder is locked or busy; try again later. */
  busy: 3,
  interrupted: 130,
} as const

/** Thrown for a command line that cannot be understood; the message says how to write it. */
export class UsageError extends TypeError {
  override readonly name = 'UsageError'
}

export interface Complaint {
  readonly exitCode: number
  readonly lines: readonly string[]
}

/** What to tell about a thrown error. One that is not meant for users comes with its stack. */
export function complaintOf(thrown: unknown): Complaint {
  if (thrown instanceof UsageError) return { exitCode: EXIT.usage, lines: thrown.message.split('\n') }
  if (thrown instanceof OperationError) return { exitCode: isBusy(thrown.code) ? EXIT.busy : EXIT.problem, lines: [...thrown.message.split('\n'), `(${thrown.code})`] }
  if (thrown instanceof DefinitionError) return { exitCode: EXIT.problem, lines: thrown.problems }
  if (thrown instanceof TypeError && thrown.name !== 'TypeError') return { exitCode: EXIT.problem, lines: thrown.message.split('\n') }
  if (isSystemError(thrown)) return { exitCode: EXIT.problem, lines: [thrown.message] }
  return { exitCode: EXIT.problem, lines: [thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown), 'This is a defect of statelog or of the actors it ran.'] }
}

function isBusy(code: string): boolean {
  return code === 'data-folder/locked' || code === 'data-folder/busy'
}

/** A missing file, a refused permission: the message says which. */
function isSystemError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown
}
