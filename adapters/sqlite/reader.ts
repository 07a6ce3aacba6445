// Reads on the caller's thread, by a connection that only reads: each statement sees one committed moment (L4).
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogRecord, RecordRange } from '../../system/protocol/record.ts'
import type { Committed, KeyedReads, Membership, ReadOptions, Timepoint } from '../../system/ports/log.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import { BlockReader } from './blocks.ts'
import type { Catalog } from './catalog.ts'
import { recordsTable } from './file.ts'
import { unpackHeaders } from './frames.ts'
import { packedColumns, unpackRows } from './packed-rows.ts'
import type { Row } from './packed-rows.ts'

/** Rows fetched at once. */
const ROWS_MAX = 512
/** Values above this are fetched one by one, so that rows fetched at once stay small. */
const VALUE_BYTES_INLINE = 64 * 1024
/** Node takes three times as long for rows fetched one by one; Bun makes them in half the time of packed ones. */
const PACKS_ROWS = process.versions['bun'] === undefined

interface TableStatements {
  readonly range: StatementSync
  readonly packedRange: StatementSync
  readonly rangeOfKey: StatementSync
  readonly value: StatementSync
  readonly since: StatementSync
  readonly newest: StatementSync
  readonly packedNewest: StatementSync
}


export class Reader implements KeyedReads {
  readonly #db: DatabaseSync
  readonly #catalog: Catalog
  readonly #tables = new Map<number, TableStatements>()
  readonly #blockReaders = new Map<number, BlockReader>()
  readonly #ends: StatementSync
  readonly #armed: StatementSync
  readonly #lease: StatementSync
  readonly #positions: StatementSync
  readonly #version: StatementSync

  constructor(db: DatabaseSync, catalog: Catalog) {
    this.#db = db
    this.#catalog = catalog
    this.#ends = db.prepare('SELECT start, next FROM ends WHERE tp = ?')
    this.#armed = db.prepare('SELECT offset FROM newest WHERE tp = ? AND armed = 1 ORDER BY offset')
    this.#lease = db.prepare('SELECT metadata FROM leases WHERE grp = ? AND partition = ?')
    this.#positions = db.prepare('SELECT topic, next FROM positions WHERE grp = ? AND partition = ?')
    this.#version = db.prepare('PRAGMA data_version')
  }

  /** Changes when another connection, of this or another process, has committed. */
  version(): number {
    return Number(this.#version.get()?.['data_version'])
  }

  read(topic: string, partition: number, from: number, to: number, options: ReadOptions): RecordRange {
    const tp = this.#catalog.tp(topic, partition)
    // The ends first: what is written after this line is left for the next read.
    const ends = this.#ends.get(tp)
    const until = Math.min(to, Number(ends?.['next'] ?? 0))
    const records: LogRecord[] = []
    const range = (end: number): RecordRange => ({ topic, partition, from, to: end, records })
    if (!this.#isCompacted(topic)) return range(Math.max(from, this.#blocks(tp).read(Math.max(from, Number(ends?.['start'] ?? 0)), until, options, records)))
    let next = from
    let bytes = 0
    while (next < until) {
      const rowsMax = Math.min(ROWS_MAX, options.recordsMax - records.length + 1)
      const rows = this.#rows(tp, next, until, rowsMax, options.key)
      for (const row of rows) {
        const record = this.#record(tp, row, Math.max(options.bytesMax - bytes, 0), records.length === 0)
        if (record !== undefined) bytes += recordBytes(record)
        const isFull = record === undefined || bytes > options.bytesMax || records.length === options.recordsMax
        if (isFull && (record === undefined || records.length > 0 || options.recordsMax === 0)) return range(row[0])
        records.push(record)
        next = row[0] + 1
      }
      if (rows.length < rowsMax) break
    }
    return range(Math.max(from, until))
  }

  async get(topic: string, partition: number, keys: readonly Uint8Array[]): Promise<readonly (LogRecord | undefined)[]> {
    const tp = this.#catalog.tp(topic, partition)
    const { newest } = this.#table(tp)
    if (PACKS_ROWS && keys.length > 1) {
      const found = this.#atOneMoment(() => this.#packedNewest(tp, keys))
      if (found !== undefined) return found
    }
    return this.#atOneMoment(() => keys.map((key) => {
      const row: unknown = newest.get(key)
      const record = row === undefined ? undefined : this.#record(tp, row as Row, Infinity, true)
      return record?.value === null ? undefined : record
    }))
  }

  /** The newest records of many keys by one statement. Undefined: it cannot be told from what is packed. */
  #packedNewest(tp: number, keys: readonly Uint8Array[]): readonly (LogRecord | undefined)[] | undefined {
    const found = new Array<LogRecord | undefined>(keys.length).fill(undefined)
    for (let from = 0; from < keys.length; from += ROWS_MAX) {
      const some = keys.slice(from, from + ROWS_MAX)
      const names = some.map((key) => Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex'))
      const [indexes, ...packed] = this.#table(tp).packedNewest.get(JSON.stringify(names)) as unknown as readonly [string | null, ...unknown[]]
      if (indexes === null) continue
      const rows = unpackRows(packed, VALUE_BYTES_INLINE)
      if (rows === undefined) return undefined
      indexes.split(',').forEach((index, at) => {
        const record = this.#record(tp, rows[at] as Row, Infinity, true)
        if (record?.value !== null) found[from + Number(index)] = record
      })
    }
    return found
  }

  async armed(topic: string, partition: number): Promise<readonly LogRecord[]> {
    const tp = this.#catalog.tp(topic, partition)
    return this.#atOneMoment(() => this.#armed.all(tp).flatMap((found) => {
      const offset = Number(found['offset'])
      const [row] = this.#rows(tp, offset, offset + 1, 1, undefined)
      return row === undefined ? [] : [{ offset, key: row[2], value: null, headers: unpackHeaders(row[4]), timestampMs: row[1] }]
    }))
  }

  committed(membership: Membership, partition: number): Committed | null {
    return this.#atOneMoment(() => {
      const metadata = this.#lease.get(membership.group, partition)?.['metadata']
      if (typeof metadata !== 'string') return null
      const rows = this.#positions.all(membership.group, partition)
      const positions = rows.map((row): [string, number] => [String(row['topic']), Number(row['next'])])
      return { positions: new Map(positions.filter(([topic]) => membership.topics.includes(topic))), metadata }
    })
  }

  offsetAt(topic: string, partition: number, at: Timepoint): number {
    const tp = this.#catalog.tp(topic, partition)
    if (at === 'latest') return this.#end(tp)
    if (at === 'earliest') return Number(this.#ends.get(tp)?.['start'] ?? 0)
    const end = this.#end(tp)
    if (!this.#isCompacted(topic)) return this.#blocks(tp).since(at.timeMs, this.offsetAt(topic, partition, 'earliest')) ?? end
    return Number(this.#table(tp).since.get(at.timeMs)?.['offset'] ?? end)
  }

  close(): void {
    this.#db.close()
  }

  #isCompacted(topic: string): boolean {
    return this.#catalog.topic(topic)?.cleanup === 'compact'
  }

  #blocks(tp: number): BlockReader {
    const known = this.#blockReaders.get(tp)
    if (known !== undefined) return known
    const reader = new BlockReader(this.#db, tp)
    this.#blockReaders.set(tp, reader)
    return reader
  }

  #end(tp: number): number {
    return Number(this.#ends.get(tp)?.['next'] ?? 0)
  }

  #rows(tp: number, from: number, to: number, rowsMax: number, key: Uint8Array | undefined): readonly Row[] {
    const { range, packedRange, rangeOfKey } = this.#table(tp)
    const packed = key === undefined && PACKS_ROWS ? unpackRows(packedRange.get(from, to, rowsMax), VALUE_BYTES_INLINE) : undefined
    if (packed !== undefined) return packed
    const rows: unknown = key === undefined ? range.all(from, to, rowsMax) : rangeOfKey.all(from, to, rowsMax, key)
    return rows as readonly Row[]
  }

  /** Undefined when its value is large and does not fit, unless it must be answered anyway. */
  #record(tp: number, row: Row, bytesMax: number, isFirst: boolean): LogRecord | undefined {
    const [offset, timestampMs, key, value, headers, largeBytes] = row
    if (largeBytes === null) return { offset, key, value, headers: unpackHeaders(headers), timestampMs }
    if (largeBytes > bytesMax && !isFirst) return undefined
    const large = this.#table(tp).value.get(offset)?.['value']
    return { offset, key, value: large instanceof Uint8Array ? large : null, headers: unpackHeaders(headers), timestampMs }
  }

  #atOneMoment<T>(read: () => T): T {
    this.#db.exec('BEGIN')
    try {
      return read()
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  #table(tp: number): TableStatements {
    const known = this.#tables.get(tp)
    if (known !== undefined) return known
    const table = recordsTable(tp)
    const large = `length(r.value) > ${VALUE_BYTES_INLINE}`
    const columns = `r.offset, r.timestamp, r.key, CASE WHEN ${large} THEN NULL ELSE r.value END, r.headers, CASE WHEN ${large} THEN length(r.value) END`
    const statements = {
      range: this.#db.prepare(`SELECT ${columns} FROM ${table} r WHERE offset >= ?1 AND offset < ?2 ORDER BY offset LIMIT ?3`),
      packedRange: this.#db.prepare(`SELECT ${packedColumns(VALUE_BYTES_INLINE)} FROM (SELECT * FROM ${table} WHERE offset >= ?1 AND offset < ?2 ORDER BY offset LIMIT ?3)`),
      // No index by key: it would cost every write. A scan passes over a million rows in about a second.
      rangeOfKey: this.#db.prepare(`SELECT ${columns} FROM ${table} r WHERE offset >= ?1 AND offset < ?2 AND key = ?4 ORDER BY offset LIMIT ?3`),
      value: this.#db.prepare(`SELECT value FROM ${table} WHERE offset = ?`),
      since: this.#db.prepare(`SELECT offset FROM ${table} WHERE timestamp >= ? ORDER BY offset LIMIT 1`),
      // A subquery, not a join: three times as fast on Bun.
      newest: this.#db.prepare(`SELECT ${columns} FROM ${table} r WHERE offset = (SELECT offset FROM newest WHERE tp = ${tp} AND key = ?)`),
      // Of the keys of a list, in hex: which of them, and its record.
      packedNewest: this.#db.prepare(`SELECT group_concat(i), ${packedColumns(VALUE_BYTES_INLINE)} FROM (SELECT j.key AS i, r.* FROM json_each(?) j CROSS JOIN newest n ON n.tp = ${tp} AND n.key = unhex(j.value) CROSS JOIN ${table} r ON r.offset = n.offset)`),
    }
    for (const statement of [statements.range, statements.packedRange, statements.rangeOfKey, statements.newest, statements.packedNewest]) statement.setReturnArrays(true)
    this.#tables.set(tp, statements)
    return statements
  }
}
