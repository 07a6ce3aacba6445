import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { SqliteLogOptions } from '../../adapters/sqlite/log.ts'
import { logFences } from './log-fences.ts'
import type { HinderedLog } from './log-fences.ts'
import type { LogWish } from './log-fixture.ts'
import { logContract } from './log.ts'

/** How long a fence waits for whoever holds the write lock. */
const BUSY_MS_MAX = 20

/** Another connection holds the write lock. */
const hinders = (folder: string) => async (): Promise<() => Promise<void>> => {
  const hog = new DatabaseSync(join(folder, 'log.sqlite'))
  hog.exec('BEGIN IMMEDIATE')
  return async () => hog.close()
}

async function create({ recordBytesMax }: LogWish, more: Partial<SqliteLogOptions> = {}): Promise<HinderedLog> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-log-'))
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, recordBytesMax, ...more })
  const other = await openSqliteLog({ folder, mode: 'client', clock: wallClock, recordBytesMax })
  return {
    log,
    other,
    hinder: hinders(folder),
    close: async () => {
      await other.close()
      await log.close()
      rmSync(folder, { recursive: true })
    },
  }
}

logContract('SQLite log', create)
logFences('SQLite log', (wish) => create(wish, { busyMsMax: BUSY_MS_MAX }))

/** The same log as another thread of its process sees it; here both ends of its channel are on one thread. */
async function createThread({ recordBytesMax }: LogWish, more: Partial<SqliteLogOptions> = {}): Promise<HinderedLog> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-log-'))
  const owner = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, recordBytesMax, ...more })
  const { channel, end } = owner.openThread()
  const log = await openSqliteLog({ folder, mode: 'thread', channel, clock: wallClock, recordBytesMax })
  return {
    log,
    other: owner,
    hinder: hinders(folder),
    close: async () => {
      await log.close()
      end()
      await owner.close()
      rmSync(folder, { recursive: true })
    },
  }
}

logContract('SQLite log from another thread', createThread)
logFences('SQLite log from another thread', (wish) => createThread(wish, { busyMsMax: BUSY_MS_MAX }))
