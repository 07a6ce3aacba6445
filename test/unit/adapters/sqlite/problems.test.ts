import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { mayHeal, operationError } from '../../../../adapters/sqlite/problems.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'

function thrownBy(db: DatabaseSync, sql: string): unknown {
  try {
    db.exec(sql)
  } catch (error) {
    return error
  }
  return assert.fail(`not refused: ${sql}`)
}

test('a held lock and a full disk may heal, a damaged file does not; only who finds the lock held waits for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-problems-'))
  const file = join(folder, 'file')
  const [first, second] = [new DatabaseSync(file), new DatabaseSync(file)]
  first.exec('PRAGMA max_page_count = 2; CREATE TABLE t (x); BEGIN IMMEDIATE')
  writeFileSync(join(folder, 'damaged'), 'no database'.repeat(1000))
  const damaged = new DatabaseSync(join(folder, 'damaged'))
  const errors = [thrownBy(second, 'BEGIN IMMEDIATE'), thrownBy(first, 'INSERT INTO t VALUES (zeroblob(100000))'), thrownBy(damaged, 'SELECT * FROM sqlite_master')]
  const told = errors.map((error) => operationError(folder, error))
  assert.deepEqual(told.map(({ code }) => code), ['data-folder/busy', 'data-folder/full', 'data-folder/corrupt'])
  assert.deepEqual(errors.map(mayHeal), [true, true, false])
  assert.deepEqual(told.map((error) => error instanceof Unreachable), [true, false, false])
  for (const db of [first, second, damaged]) db.close()
  rmSync(folder, { recursive: true })
})
