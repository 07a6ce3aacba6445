// Upgrade: a log of layout 1, which had a row for each record, gets blocks. All in one transaction: it is of one layout or the other.
import type { DatabaseSync } from 'node:sqlite'
import { BlockMaker, BLOCKS_COLUMNS, blocksTable } from './blocks.ts'
import { packRecords, unpackHeaders, unpackRecords } from './frames.ts'

const ROWS_MAX = 5000
/** Of values that are in memory at once, unless one alone is larger. */
const BYTES_MAX = 8 << 20

export function upgrade(db: DatabaseSync, version: number): void {
  db.exec('BEGIN IMMEDIATE')
  for (const { first, partitions } of db.prepare("SELECT first, partitions FROM topics WHERE cleanup = 'delete'").all() as unknown as readonly { readonly first: number; readonly partitions: number }[]) {
    for (let tp = first; tp < first + partitions; tp += 1) {
      db.exec(`CREATE TABLE ${blocksTable(tp)} (${BLOCKS_COLUMNS})`)
      copy(db, tp)
      db.exec(`DROP TABLE records_${tp}`)
    }
  }
  db.exec(`PRAGMA user_version = ${version}; COMMIT`)
  // Else the first commits would wait for all of it.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

interface Row {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Uint8Array | null
}

function copy(db: DatabaseSync, tp: number): void {
  const some = `SELECT offset, value FROM records_${tp} WHERE offset >= ?1 ORDER BY offset LIMIT ${ROWS_MAX}`
  const last = db.prepare(`SELECT coalesce(max(CASE WHEN bytes <= ${BYTES_MAX} THEN offset END), min(offset)) AS offset FROM (SELECT offset, sum(ifnull(length(value), 0)) OVER (ORDER BY offset) AS bytes FROM (${some}))`)
  const read = db.prepare(`SELECT offset, CAST(timestamp AS REAL) AS timestamp, key, value, headers FROM records_${tp} WHERE offset BETWEEN ? AND ? ORDER BY offset`)
  const insert = db.prepare(`INSERT INTO ${blocksTable(tp)} VALUES (?, ?, ?, ?)`)
  for (let from = 0; ;) {
    const until = last.get(from)?.['offset']
    if (typeof until !== 'number') return
    const rows = read.all(from, until) as unknown as readonly Row[]
    const [head] = rows
    if (head === undefined) return
    const packed = packRecords(rows.map(({ timestamp, key, value, headers }) => ({ topic: '', partition: 0, key, value, headers: unpackHeaders(headers), timestampMs: timestamp })), () => ({ tp, compacted: false }), (bytes) => new ArrayBuffer(bytes))
    let offset = head.offset
    const blocks = new BlockMaker(new Uint8Array(packed.buffer), (_, count, timestampMs, frames) => {
      insert.run(offset, count, timestampMs, frames)
      offset += count
    })
    unpackRecords(packed, () => {}, (_, timestampMs, at, end) => blocks.add(tp, timestampMs, at, end))
    blocks.end()
    from = offset
  }
}
