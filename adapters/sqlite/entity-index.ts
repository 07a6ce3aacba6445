// The index of entities in a file of its own, beside the log: thrown away with no loss.
//
// Owns: the file and its connection. Everything is done at once on the calling thread: batches and pages are small.
//
// X1 is a transaction, and so are rows that are read in several sequences: they are those of one moment. A kill of the process loses nothing of what was applied; where the machine itself stops, the file is whole and may be older.
// X5. A file that SQLite cannot read, or of another layout, is deleted and begun anew; so is one that somebody deleted, when a place is asked for.
import { existsSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { EntityIndex, IndexBatch, IndexedEntity, IndexPlace, RowsAsked } from '../../system/ports/entity-index.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { utf8Decode, utf8Encode } from '../../system/protocol/utf8.ts'
import { mergedRows } from './merged-rows.ts'
import { isDamaged, operationError } from './problems.ts'

/** Raised when tables change their meaning. */
const LAYOUT_VERSION = 1
const BUSY_MS_MAX = 2000
const TABLES = `
CREATE TABLE entities (grp TEXT NOT NULL, id BLOB NOT NULL, partition INTEGER NOT NULL, configuration TEXT, seq INTEGER NOT NULL, stored REAL NOT NULL, numbers TEXT NOT NULL, PRIMARY KEY (grp, id)) WITHOUT ROWID;
CREATE INDEX configurations ON entities (grp, configuration, id);
CREATE TABLE places (grp TEXT NOT NULL, partition INTEGER NOT NULL, life TEXT NOT NULL, code TEXT NOT NULL, epoch INTEGER NOT NULL, next INTEGER NOT NULL, seq INTEGER, behind REAL, read REAL NOT NULL, PRIMARY KEY (grp, partition)) WITHOUT ROWID;
PRAGMA user_version = ${LAYOUT_VERSION};
`

type Row = readonly [id: Uint8Array, configuration: string | null, seq: number, storedMs: number, numbers: string]
type PlaceRow = { readonly life: string; readonly code: string; readonly epoch: number; readonly next: number; readonly seq: number | null; readonly behind: number | null; readonly read: number }

class SqliteIndex implements EntityIndex {
  readonly #file: string
  #db: DatabaseSync
  #statements: ReturnType<typeof prepare>

  constructor(file: string) {
    this.#file = file
    this.#db = readable(file)
    this.#statements = prepare(this.#db)
  }

  async place(group: string, partition: number): Promise<IndexPlace | undefined> {
    if (!existsSync(this.#file)) this.#begin()
    return this.#guarded(() => this.#place(group, partition))
  }

  async apply({ group, partition, from, rows, gone, place }: IndexBatch): Promise<'applied' | 'moved'> {
    return this.#guarded(() => this.#whole(() => {
      const { put, remove, putPlace } = this.#statements
      if (this.#place(group, partition)?.next !== from) return 'moved'
      for (const { id, configuration, seq, storedMs, numbers } of rows) put.run(group, utf8Encode(id), partition, configuration === undefined ? null : JSON.stringify(configuration), seq, storedMs, JSON.stringify(numbers))
      for (const id of gone) remove.run(group, utf8Encode(id))
      putPlace.run(group, partition, place.life, place.code, place.epoch, place.next, place.seq ?? null, place.behindMs ?? null, place.readMs)
      return 'applied'
    }))
  }

  async clear(group: string, partition: number): Promise<void> {
    this.#guarded(() => this.#whole(() => {
      this.#statements.clear.run(group, partition)
      this.#statements.clearPlace.run(group, partition)
    }))
  }

  async configurations(group: string): Promise<readonly string[]> {
    return this.#guarded(() => this.#configurations(group).map((text) => JSON.parse(text) as string))
  }

  async rows({ group, configurations, after, rowsMax }: RowsAsked): Promise<readonly IndexedEntity[]> {
    const behind = after === undefined ? new Uint8Array() : utf8Encode(after)
    const wanted = configurations?.map((one) => JSON.stringify(one))
    return this.#guarded(() => {
      const { all, inOne } = this.#statements
      if (wanted === undefined) return rowsOf(all.all(group, behind, rowsMax))
      const inOrder = (configuration: string, from: Uint8Array, most: number) => inOne.all(group, configuration, from, most) as unknown as readonly Row[]
      return rowsOf(this.#whole(() => mergedRows(new Set(wanted), behind, rowsMax, inOrder), 'DEFERRED'))
    })
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  #place(group: string, partition: number): IndexPlace | undefined {
    const row = this.#statements.place.get(group, partition) as unknown as PlaceRow | undefined
    return row === undefined ? undefined : { life: row.life, code: row.code, epoch: row.epoch, next: row.next, seq: row.seq ?? undefined, behindMs: row.behind ?? undefined, readMs: row.read }
  }

  /** One after the other, each found by the index: there are few. */
  #configurations(group: string): readonly string[] {
    const found: string[] = []
    for (let next = this.#statements.next.get(group, ''); ;) {
      const text = next?.['configuration']
      if (typeof text !== 'string') return found
      found.push(text)
      next = this.#statements.next.get(group, text)
    }
  }

  /** `DEFERRED`: for who only reads, and keeps nobody from writing. */
  #whole<T>(work: () => T, lock: 'IMMEDIATE' | 'DEFERRED' = 'IMMEDIATE'): T {
    this.#db.exec(`BEGIN ${lock}`)
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (thrown) {
      // Of what is damaged SQLite may have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw thrown
    }
  }

  #begin(): void {
    this.#db.close()
    remove(this.#file)
    this.#db = readable(this.#file)
    this.#statements = prepare(this.#db)
  }

  /** X5. */
  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      if (!isDamaged(thrown)) throw operationError(this.#file, thrown)
      this.#begin()
      throw new OperationError('index/damaged', `the index ${this.#file} was damaged and is made again from the log: ask again`)
    }
  }
}

function rowsOf(rows: unknown): readonly IndexedEntity[] {
  return (rows as readonly Row[]).map(([id, configuration, seq, storedMs, numbers]) => ({
    id: utf8Decode(id) as EntityId, configuration: configuration === null ? undefined : JSON.parse(configuration) as string, seq, storedMs, numbers: JSON.parse(numbers) as Record<string, number>,
  }))
}

function prepare(db: DatabaseSync) {
  const columns = 'id, configuration, seq, stored, numbers'
  const statements = {
    place: db.prepare('SELECT life, code, epoch, next, seq, behind, read FROM places WHERE grp = ? AND partition = ?'),
    putPlace: db.prepare('INSERT OR REPLACE INTO places (grp, partition, life, code, epoch, next, seq, behind, read) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    clearPlace: db.prepare('DELETE FROM places WHERE grp = ? AND partition = ?'),
    put: db.prepare('INSERT OR REPLACE INTO entities (grp, id, partition, configuration, seq, stored, numbers) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    remove: db.prepare('DELETE FROM entities WHERE grp = ? AND id = ?'),
    clear: db.prepare('DELETE FROM entities WHERE grp = ? AND partition = ?'),
    all: db.prepare(`SELECT ${columns} FROM entities WHERE grp = ? AND id > ? ORDER BY id LIMIT ?`),
    inOne: db.prepare(`SELECT ${columns} FROM entities WHERE grp = ? AND configuration = ? AND id > ? ORDER BY id LIMIT ?`),
    next: db.prepare('SELECT min(configuration) AS configuration FROM entities WHERE grp = ? AND configuration > ?'),
  } satisfies Record<string, StatementSync>
  for (const statement of [statements.all, statements.inOne]) statement.setReturnArrays(true)
  return statements
}

/** Throws OperationError where the file cannot be made. */
export function openEntityIndex(file: string): EntityIndex {
  return new SqliteIndex(file)
}

function readable(file: string): DatabaseSync {
  try {
    try {
      return opened(file)
    } catch (thrown) {
      if (!isDamaged(thrown)) throw thrown
      remove(file)
      return opened(file)
    }
  } catch (thrown) {
    throw operationError(file, thrown)
  }
}

function remove(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
}

function opened(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: BUSY_MS_MAX })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192; BEGIN IMMEDIATE')
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version !== LAYOUT_VERSION) {
      for (const table of ['entities', 'places']) db.exec(`DROP TABLE IF EXISTS ${table}`)
      db.exec(TABLES)
    }
    db.exec('COMMIT')
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}
