// W1 measured: rounds of load, run and check, each in a process of its own, and their medians.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { heapStart } from '../../../adapters/node/heap.ts'
import { median } from '../results.ts'
import type { W1Row } from '../results.ts'
import { isWhole } from './check.ts'
import type { Job, Results } from './child.ts'
import type { Workload } from './events.ts'
import type { EngineName, W1Limits } from './system.ts'

export interface Runtime {
  readonly name: 'node' | 'bun'
  readonly path: string
}

export interface MeasurePlan {
  readonly runtime: Runtime
  readonly workload: Workload
  readonly engine: EngineName
  readonly limits: W1Limits
  readonly rounds: number
  /** Rows of the raw append before and after each run; 0: none. */
  readonly rawRows: number
  /** Where Node leaves CPU profiles; undefined: none are taken. */
  readonly profile: string | undefined
  /** Share of the events that is not counted; the first tenth where it is not said. */
  readonly uncounted?: number
  /** Worker threads; the main thread does all where it is not said. */
  readonly workers?: number
  /** Whether somebody watches what it does. */
  readonly isWatched?: boolean
  /** Whether what JavaScript holds is measured too. */
  readonly isHeldMeasured?: boolean
}

const UNCOUNTED = 0.1

/** Throws when the checker finds anything wrong: such a run has no figure. */
export async function measureW1(plan: MeasurePlan): Promise<W1Row> {
  return rowOf(plan, await measureRuns(plan))
}

/** A run for each round. */
export async function measureRuns(plan: MeasurePlan): Promise<readonly Results['run'][]> {
  const { workload, engine, limits, rounds, rawRows, uncounted = UNCOUNTED, workers = 0, isWatched = false } = plan
  const base = mkdtempSync(join(tmpdir(), 'statelog-bench-'))
  const loaded = join(base, 'loaded')
  try {
    await child(plan.runtime, { kind: 'load', folder: loaded, workload }, [])
    const runs: Results['run'][] = []
    for (let round = 0; round < rounds; round += 1) {
      const folder = join(base, `run-${round}`)
      const profiling = [...(plan.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${plan.profile}`]), ...(plan.isHeldMeasured === true ? ['--expose-gc'] : [])]
      runs.push(await child(plan.runtime, { kind: 'run', loaded, folder, workload, engine, limits, rawRows, uncounted, workers, isWatched }, profiling))
      const verdict = await child(plan.runtime, { kind: 'check', folder, workload }, [])
      if (!isWhole(verdict)) throw new TypeError(`the run is invalid: ${JSON.stringify(verdict)}`)
      rmSync(folder, { recursive: true })
    }
    return runs
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

function rowOf({ workload, engine, limits, rounds }: MeasurePlan, runs: readonly Results['run'][]): W1Row {
  const of = (read: (run: Results['run']) => number): number => median(runs.map(read))
  return {
    engine, limits: Object.entries(limits).map(([name, value]) => `${name} ${value}`).join(', '), events: workload.events, accounts: workload.accounts, rounds,
    rate: Math.round(of((run) => run.rate)), rawRate: Math.round(of((run) => run.rawRate)), ratioPercent: rounded(of((run) => (100 * run.rate) / run.rawRate)),
    cpuUs: rounded(of((run) => run.cpuUs)), commitMs: rounded(of((run) => run.commitMs.median)), commitP99Ms: rounded(of((run) => run.commitMs.p99)),
    peakMb: Math.round(of((run) => run.peakBytes) / 2 ** 20),
  }
}

export const rounded = (value: number): number => Math.round(value * 10) / 10

function child<K extends Job['kind']>({ name, path }: Runtime, job: Extract<Job, { kind: K }>, flags: readonly string[]): Promise<Results[K]> {
  return new Promise((resolve, reject) => {
    const heap = heapStart(name)
    const quiet = name === 'node' ? ['--disable-warning=ExperimentalWarning', ...heap.flags, ...flags] : ['--no-install', '--no-env-file']
    const running = spawn(path, [...quiet, join(import.meta.dirname, 'child.ts'), JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...heap.env, NODE_ENV: 'production' } })
    let text = ''
    running.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
    running.once('error', reject)
    running.once('close', (code) => (code === 0 ? resolve(JSON.parse(text) as Results[K]) : reject(new TypeError(`the ${job.kind} process ended with ${code}`))))
  })
}
