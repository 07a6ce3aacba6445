// What a second worker thread gains: W1 stepped by the main thread, by one worker and by two, in turn, each next to as many raw writers.
import type { WorkersRow } from '../results.ts'
import { median } from '../results.ts'
import type { Results } from './child.ts'
import { measureRuns, rounded } from './measure.ts'
import type { MeasurePlan, Runtime } from './measure.ts'
import type { EngineName } from './system.ts'

export interface WorkersPlan {
  readonly runtime: Runtime
  readonly engine: EngineName
  readonly events: number
  readonly rounds: number
}

const WORKERS = [0, 1, 2]
const RAW_ROWS = 400_000

export async function measureWorkers({ runtime, engine, events, rounds }: WorkersPlan): Promise<readonly WorkersRow[]> {
  const plan = (workers: number): MeasurePlan => ({ runtime, engine, rounds: 1, rawRows: RAW_ROWS, profile: undefined, limits: {}, workload: { events, accounts: 100_000, visits: 'random' }, workers })
  const runs = new Map<number, Results['run'][]>(WORKERS.map((workers) => [workers, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const workers of round % 2 === 0 ? WORKERS : WORKERS.toReversed()) runs.get(workers)?.push(...(await measureRuns(plan(workers))))
  }
  return [...runs].map(([workers, own]) => {
    const of = (read: (run: Results['run']) => number): number => median(own.map(read))
    return { engine, workers, events, rounds, rate: Math.round(of(({ rate }) => rate)), rawRate: Math.round(of(({ rawRate }) => rawRate)), cpuUs: rounded(of(({ cpuUs }) => cpuUs)), peakMb: Math.round(of(({ peakBytes }) => peakBytes) / 2 ** 20) }
  })
}
