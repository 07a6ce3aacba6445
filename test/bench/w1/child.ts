// One part of a W1 measurement in a process of its own, so that memory and processor time belong to it alone. Job in, result out, both JSON.
import { closeSync, cpSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../../adapters/sqlite/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { checkRun } from './check.ts'
import type { CheckVerdict } from './check.ts'
import type { Workload } from './events.ts'
import { loadWorkload } from './load.ts'
import { rawAppendRate, rawAppendRateApart } from './raw.ts'
import { runW1 } from './run.ts'
import type { RunFigures } from './run.ts'
import type { EngineName, W1Limits } from './system.ts'

export type Job =
  | { readonly kind: 'load'; readonly folder: string; readonly workload: Workload }
  /** Runs a copy of a loaded folder, next to the raw append, of as many writers as there are worker threads; `rawRows: 0` leaves that out. */
  | { readonly kind: 'run'; readonly loaded: string; readonly folder: string; readonly workload: Workload; readonly engine: EngineName; readonly limits: W1Limits; readonly rawRows: number; readonly uncounted: number; readonly workers: number; readonly isWatched: boolean }
  | { readonly kind: 'check'; readonly folder: string; readonly workload: Workload }

export interface RunResult extends RunFigures {
  /** Rows a second before and after the run, on average. */
  readonly rawRate: number
  /** Largest resident memory of the process, bytes. */
  readonly peakBytes: number
}

export interface Results {
  readonly load: null
  readonly run: RunResult
  readonly check: CheckVerdict
}

async function work(job: Job): Promise<Results[Job['kind']]> {
  switch (job.kind) {
    case 'load': {
      await withLog(job.folder, 'runtime', (log) => loadWorkload(log, job.workload))
      return null
    }
    case 'run': {
      const { loaded, folder, workload, engine, rawRows, limits, uncounted, workers, isWatched } = job
      const before = await raw(folder, rawRows, workers)
      cpSync(loaded, folder, { recursive: true })
      for (const file of readdirSync(folder)) toDisk(join(folder, file))
      const figures = await runW1({ folder, workload, engine, limits, uncounted, workers, isWatched })
      const peakBytes = process.resourceUsage().maxRSS * 1024
      return { ...figures, peakBytes, rawRate: (before + (await raw(folder, rawRows, workers))) / 2 }
    }
    case 'check': return withLog(job.folder, 'client', (log) => checkRun(log, job.workload, { states: true }))
  }
}

/** Else the disk would still be writing it while the run is timed. */
function toDisk(file: string): void {
  const opened = openSync(file, 'r+')
  fsyncSync(opened)
  closeSync(opened)
}

/** Each of several writers has a file of its own. */
async function raw(folder: string, rows: number, writers: number): Promise<number> {
  if (rows === 0) return 0
  const own = join(folder, 'raw')
  const folders = Array.from({ length: Math.max(1, writers) }, (_, index) => join(own, `${index}`))
  for (const each of folders) mkdirSync(each, { recursive: true })
  const rates = folders.length === 1 ? [rawAppendRate(join(own, '0'), rows)] : await Promise.all(folders.map((each) => rawAppendRateApart(each, rows)))
  rmSync(own, { recursive: true })
  return rates.reduce((sum, rate) => sum + rate, 0)
}

async function withLog<T>(folder: string, mode: 'runtime' | 'client', use: (log: SqliteLog) => Promise<T>): Promise<T> {
  const log = await openSqliteLog({ folder, mode, clock: systemClock })
  try {
    return await use(log)
  } finally {
    await log.close()
  }
}

process.stdout.write(`${JSON.stringify(await work(JSON.parse(process.argv[2] ?? '') as Job))}\n`)
