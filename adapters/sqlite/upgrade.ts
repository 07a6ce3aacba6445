// Upgrade: a log of layout 1, which had a row for each record, gets blocks. All in one transaction: it is of one layout or the other.
import type { DatabaseSync } from 'node:sqlite'
import { BlockMaker, BLOCKS_COLUMNS, blocksTable } from './blocks.ts'
import { packRecords, unpackHeaders, unpackRecords } from './frames.ts'

const ROWS_MAX = 5000

/** Leaves the transaction open. */
export function upgrade(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  for (const { first, partitions } of db.prepare("SELECT first, partitions FROM topics WHERE cleanup = 'delete'").all() as unknown as readonly { readonly first: number; readonly partitions: number }[]) {
    for (let tp = first; tp < first + partitions; tp += 1) {
      db.exec(`CREATE TABLE ${blocksTable(tp)} (${BLOCKS_COLUMNS})`)
      copy(db, tp)
      db.exec(`DROP TABLE records_${tp}`)
    }
  }
}

interface Row {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Uint8Array | null
}

function copy(db: DatabaseSync, tp: number): void {
  const read = db.prepare(`SELECT * FROM records_${tp} WHERE offset >= ? ORDER BY offset LIMIT ${ROWS_MAX}`)
  const insert = db.prepare(`INSERT INTO ${blocksTable(tp)} VALUES (?, ?, ?, ?)`)
  for (let from = 0; ;) {
    const rows = read.all(from) as unknown as readonly Row[]
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
