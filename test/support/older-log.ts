// OlderLog: turns the log of a data folder into what an older version would have written: layout 1, a row for each record.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { frameEnd, frameTimestamp, recordIn } from '../../adapters/sqlite/frames.ts'
import type { Header } from '../../system/protocol/record.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'

export function makeOlder(folder: string): void {
  const db = new DatabaseSync(join(folder, 'log.sqlite'))
  db.exec('BEGIN')
  for (const { first, partitions } of db.prepare("SELECT first, partitions FROM topics WHERE cleanup = 'delete'").all() as unknown as readonly { readonly first: number; readonly partitions: number }[]) {
    for (let tp = first; tp < first + partitions; tp += 1) makeRows(db, tp)
  }
  db.exec('PRAGMA user_version = 1; COMMIT')
  db.close()
}

function makeRows(db: DatabaseSync, tp: number): void {
  db.exec(`CREATE TABLE records_${tp} (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)`)
  const insert = db.prepare(`INSERT INTO records_${tp} VALUES (?, ?, ?, ?, ?)`)
  for (const { offset, count, frames } of db.prepare(`SELECT offset, count, frames FROM blocks_${tp} ORDER BY offset`).all() as unknown as readonly { readonly offset: number; readonly count: number; readonly frames: Uint8Array }[]) {
    const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength)
    for (let next = offset, at = 0; next < offset + count; next += 1, at = frameEnd(view, at)) {
      const { key, value, headers } = recordIn(frames, view, at, next)
      insert.run(next, frameTimestamp(view, at), key, value, headers.length === 0 ? null : headersBytes(headers))
    }
  }
  db.exec(`DROP TABLE blocks_${tp}`)
}

/** Per header the name's length u16, the name, the value's length u32, the value; little-endian. */
function headersBytes(headers: readonly Header[]): Uint8Array {
  return Buffer.concat(headers.flatMap(([name, value]) => {
    const bytes = utf8Encode(name)
    const [nameLength, valueLength] = [Buffer.alloc(2), Buffer.alloc(4)]
    nameLength.writeUInt16LE(bytes.length)
    valueLength.writeUInt32LE(value.length)
    return [nameLength, bytes, valueLength, value]
  }))
}
