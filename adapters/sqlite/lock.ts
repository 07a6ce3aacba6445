// The lock of a data folder: an open `BEGIN EXCLUSIVE` on `lock.sqlite`. Proves that one process alone runs partitions (I7, I12).
// The operating system frees it when the process ends, however it ends.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperationError } from '../../system/protocol/failures.ts'
import { isBusy, operationError } from './problems.ts'

export interface FolderLock {
  release(): void
}

/** Throws `data-folder/locked` when another runtime has it. */
export function lockFolder(folder: string): FolderLock {
  try {
    mkdirSync(folder, { recursive: true })
    const db = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 })
    try {
      db.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      throw isBusy(error) ? locked(folder) : error
    }
    // For people: who holds it. Never read to decide anything.
    writeFileSync(holderFile(folder), `${process.pid}\n`)
    return { release: () => db.close() }
  } catch (error) {
    throw operationError(folder, error)
  }
}

/** Who runs partitions in the folder: undefined when nobody does. Takes the lock for a moment only as a reader of the lock file would. */
export function holderOf(folder: string): string | undefined {
  const file = join(folder, 'lock.sqlite')
  if (!existsSync(file)) return undefined
  const db = new DatabaseSync(file, { timeout: 0, readOnly: true })
  try {
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    return undefined
  } catch (error) {
    if (isBusy(error)) return holderName(folder)
    throw operationError(folder, error)
  } finally {
    db.close()
  }
}

const holderFile = (folder: string): string => join(folder, 'runtime.pid')

function holderName(folder: string): string {
  const file = holderFile(folder)
  const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  return pid === '' ? 'another process' : `process ${pid}`
}

function locked(folder: string): OperationError {
  return new OperationError('data-folder/locked', `data folder ${folder} is in use by ${holderName(folder)}: one runtime runs per folder; stop it, or choose another folder`)
}
