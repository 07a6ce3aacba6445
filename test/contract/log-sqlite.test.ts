import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { LogUnderTest, LogWish } from './log-fixture.ts'
import { logContract } from './log.ts'

async function create({ recordBytesMax }: LogWish): Promise<LogUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-log-'))
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, recordBytesMax })
  const other = await openSqliteLog({ folder, mode: 'client', clock: wallClock, recordBytesMax })
  return {
    log,
    other,
    close: async () => {
      await other.close()
      await log.close()
      rmSync(folder, { recursive: true })
    },
  }
}

logContract('SQLite log', create)

/** The same log as another thread of its process sees it; here both ends of its channel are on one thread. */
async function createThread({ recordBytesMax }: LogWish): Promise<LogUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-log-'))
  const owner = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock, recordBytesMax })
  const { channel, end } = owner.openThread()
  const log = await openSqliteLog({ folder, mode: 'thread', channel, clock: wallClock, recordBytesMax })
  return {
    log,
    other: owner,
    close: async () => {
      await log.close()
      end()
      await owner.close()
      rmSync(folder, { recursive: true })
    },
  }
}

logContract('SQLite log from another thread', createThread)
