// What SQLite's error codes mean to an operator: a stable code, what is wrong, what to do.
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'

const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** The primary result code of an error that SQLite threw; 0 for any other. */
export function sqliteCode(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return 0
  return typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === BUSY || code === LOCKED
}

/** Not a file of SQLite, or none that can be read any more. */
export function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === CORRUPT || code === NOTADB
}

/** False where an operator must act and start again. What is no error of SQLite's may be of another job of the same transaction. */
export function mayHeal(error: unknown): boolean {
  return ![READONLY, CORRUPT, CANTOPEN, NOTADB].includes(sqliteCode(error))
}

/** One line for outcomes and logs. */
export function describe(error: unknown): string {
  const text = error instanceof TypeError || typeof error !== 'object' || error === null || !('message' in error) ? String(error) : String(error.message)
  const cure = cureOf(sqliteCode(error))
  return cure === undefined ? text : `${text}: ${cure.cure}`
}

/** The error to throw for whatever SQLite or the file system threw about a data folder. */
export function operationError(folder: string, error: unknown): OperationError {
  if (error instanceof OperationError) return error
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const known = cureOf(sqliteCode(error)) ?? cureOfSystem(code)
  const text = describe(error)
  return new (isBusy(error) ? Unreachable : OperationError)(known?.code ?? 'data-folder/unusable', `data folder ${folder}: ${text}${known === undefined || text.includes(known.cure) ? '' : `: ${known.cure}`}`)
}

interface Cure {
  readonly code: string
  readonly cure: string
}

function cureOf(code: number): Cure | undefined {
  switch (code) {
    case BUSY:
    case LOCKED:
      return { code: 'data-folder/busy', cure: 'another process is writing; try again when it is done' }
    case READONLY:
      return { code: 'data-folder/read-only', cure: 'give this user the right to write to the folder and its files, or choose another folder' }
    case IOERR:
      return { code: 'data-folder/io', cure: 'the disk failed; look at the system log, then start again' }
    case CORRUPT:
    case NOTADB:
      return { code: 'data-folder/corrupt', cure: 'the file is damaged; restore the folder from a copy, or move it away to begin anew' }
    case FULL:
      return { code: 'data-folder/full', cure: 'the disk is full; free space: nothing that was confirmed is lost' }
    case CANTOPEN:
      return { code: 'data-folder/read-only', cure: 'the folder must exist and this user must have the right to write to it' }
    default:
      return undefined
  }
}

function cureOfSystem(code: string): Cure | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { code: 'data-folder/read-only', cure: 'give this user the right to write to it, or choose another folder' }
    case 'ENOSPC':
      return { code: 'data-folder/full', cure: 'the disk is full; free space, then start again' }
    case 'ENOTDIR':
    case 'EEXIST':
      return { code: 'data-folder/not-a-folder', cure: 'a file of that name is in the way; choose another folder' }
    default:
      return undefined
  }
}
