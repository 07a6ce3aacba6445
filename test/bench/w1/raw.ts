// The raw append: rows of W1's size into a table like the log's, with the log's settings and nothing else. What W1's rate is compared with.
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { paymentAt, writeValue } from './events.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'

export interface RawWriting {
  readonly folder: string
  readonly rows: number
}

const ROWS_PER_COMMIT = 500
/** As the log's writer has it. */
const CHECKPOINT_BYTES = 16 << 20

/** Rows a second, one row per event, 500 in a commit, write-ahead log, synchronous FULL. */
export function rawAppendRate(folder: string, rows: number): number {
  const db = new DatabaseSync(join(folder, 'raw.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768')
  db.exec('CREATE TABLE records (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)')
  const insert = db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?)')
  const key = utf8Encode('a0000001')
  const value = writeValue(1, paymentAt({ events: 1, accounts: 1, visits: 'random' }, 0))
  let written = 0
  const startedMs = performance.now()
  for (let offset = 0; offset < rows;) {
    db.exec('BEGIN IMMEDIATE')
    for (const end = Math.min(rows, offset + ROWS_PER_COMMIT); offset < end; offset += 1) insert.run(offset, 1_700_000_000_000 + offset, key, value, null)
    db.exec('COMMIT')
    written += ROWS_PER_COMMIT * value.length
    if (written <= CHECKPOINT_BYTES) continue
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    written = 0
  }
  const rate = rows / ((performance.now() - startedMs) / 1000)
  db.close()
  return rate
}

/** The same in a thread of its own, which may run beside others. */
export async function rawAppendRateApart(folder: string, rows: number): Promise<number> {
  const writer = new Worker(new URL('raw-writer.ts', import.meta.url), { workerData: { folder, rows } satisfies RawWriting })
  const [rate] = (await once(writer, 'message')) as [number]
  await writer.terminate()
  return rate
}
