// The file `log.sqlite`: its tables and how a connection to it is set up.
//
// Every topic partition has a number (`tp`) and a table of its own, so that its rows lie next to each other and are always added at the end: of records
// in a compacted topic, else of blocks (`blocks.ts`). `newest` finds the newest record of a key in compacted topics; what it has replaced may still stand there until it is swept.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperationError } from '../../system/protocol/failures.ts'
import type { TopicSpec } from '../../system/protocol/record.ts'
import { BLOCKS_COLUMNS, blocksTable } from './blocks.ts'
import { operationError } from './problems.ts'
import { upgrade } from './upgrade.ts'

/** Raised when tables change their meaning; a file of another version is refused. */
const LAYOUT_VERSION = 2

const TABLES = `
CREATE TABLE IF NOT EXISTS topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, cleanup TEXT NOT NULL, first INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ends (tp INTEGER PRIMARY KEY, start INTEGER NOT NULL, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS newest (tp INTEGER NOT NULL, key BLOB NOT NULL, offset INTEGER NOT NULL, armed INTEGER NOT NULL, PRIMARY KEY (tp, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS armed ON newest (tp, offset) WHERE armed = 1;
CREATE TABLE IF NOT EXISTS leases (grp TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, metadata TEXT, PRIMARY KEY (grp, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (grp TEXT NOT NULL, partition INTEGER NOT NULL, topic TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (grp, partition, topic)) WITHOUT ROWID;
`

export const recordsTable = (tp: number): string => `records_${tp}`

export const logFile = (folder: string): string => join(folder, 'log.sqlite')

/** Creates the folder and the tables if asked to, and answers a connection for reading. */
export function openFile(folder: string, create: boolean, busyMsMax: number): DatabaseSync {
  if (!create && !existsSync(logFile(folder))) {
    throw new OperationError('data-folder/missing', `there is no log in ${folder}: start a runtime on that folder first, or name another`)
  }
  try {
    if (create) mkdirSync(folder, { recursive: true })
    const db = connect(folder, busyMsMax)
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version === LAYOUT_VERSION) return db
    if (version === 1 && create) {
      try {
        upgrade(db, LAYOUT_VERSION)
      } catch (error) {
        db.close()
        throw error
      }
      return db
    }
    if (version !== 0 || !create) {
      db.close()
      throw new OperationError('data-folder/version', `the log in ${folder} has layout ${version}, this program reads ${LAYOUT_VERSION}: ${version === 1 ? 'a run on it brings it up to date' : 'use the version of statelog that wrote it'}`)
    }
    db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${LAYOUT_VERSION}; COMMIT`)
    return db
  } catch (error) {
    throw operationError(folder, error)
  }
}

/** True for a log that a runtime brings up to date when it opens it. */
export function isOlder(folder: string): boolean {
  if (!existsSync(logFile(folder))) return false
  const db = new DatabaseSync(logFile(folder))
  try {
    return Number(db.prepare('PRAGMA user_version').get()?.['user_version']) === 1
  } finally {
    db.close()
  }
}

export function connect(folder: string, busyMsMax: number): DatabaseSync {
  const db = new DatabaseSync(logFile(folder), { timeout: busyMsMax })
  // Checkpoints are the writer's alone: a reader that ran one would make a commit wait.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096')
  return db
}

/** Inside a transaction: creates a topic and its tables. */
export function createTopic(db: DatabaseSync, spec: TopicSpec): void {
  const first = Number(db.prepare('SELECT coalesce(max(first + partitions), 0) AS next FROM topics').get()?.['next'])
  db.prepare('INSERT INTO topics (name, partitions, cleanup, first) VALUES (?, ?, ?, ?)').run(spec.name, spec.partitions, spec.cleanup, first)
  for (let tp = first; tp < first + spec.partitions; tp += 1) {
    if (spec.cleanup === 'compact') db.exec(`CREATE TABLE ${recordsTable(tp)} (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)`)
    else db.exec(`CREATE TABLE ${blocksTable(tp)} (${BLOCKS_COLUMNS})`)
    db.prepare('INSERT INTO ends (tp, start, next) VALUES (?, 0, 0)').run(tp)
  }
}
