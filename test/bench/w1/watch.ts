// What watching costs: W1 on one worker thread at full speed, watched and not watched in pairs, each time in the other order.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shareOf } from '../profile.ts'
import type { WatchRow } from '../results.ts'
import { median } from '../results.ts'
import type { Results } from './child.ts'
import { measureRuns } from './measure.ts'
import type { MeasurePlan, Runtime } from './measure.ts'

export interface WatchPlan {
  readonly runtime: Runtime
  readonly events: number
  readonly pairs: number
}

const ROOT = join(import.meta.dirname, '../../..')
/** What counts, and what answers whoever asks. */
const COUNTING = /system\/(partition\/(flow|tally|durations)|node\/(flow-answer|questions|queries|node))\.ts/

export async function measureWatch({ runtime, events, pairs }: WatchPlan, say: (line: string) => void): Promise<WatchRow> {
  const plan = (isWatched: boolean, profile?: string): MeasurePlan => ({ runtime, engine: 'compiled', rounds: 1, rawRows: 0, profile, limits: {}, workload: { events, accounts: 100_000, visits: 'random' }, workers: 1, isWatched })
  const runs: { readonly watched: Results['run']; readonly alone: Results['run'] }[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const found = new Map<boolean, Results['run']>()
    for (const isWatched of pair % 2 === 0 ? [true, false] : [false, true]) for (const run of await measureRuns(plan(isWatched))) found.set(isWatched, run)
    const [watched, alone] = [found.get(true), found.get(false)]
    if (watched === undefined || alone === undefined) throw new TypeError('a run is missing')
    runs.push({ watched, alone })
    say(`${runtime.name} pair ${pair + 1}: watched ${watched.cpuUs.toFixed(2)} us of processor an event, ${Math.round(watched.rate)} events/s, ${watched.looks} looks; alone ${alone.cpuUs.toFixed(2)} us, ${Math.round(alone.rate)} events/s`)
  }
  const shares = runtime.name === 'node' ? { watchedPercent: await sharePercent(plan, true), alonePercent: await sharePercent(plan, false) } : {}
  const of = (read: (pair: (typeof runs)[number]) => number): number => median(runs.map(read))
  return {
    events, pairs, watchedCpuUs: thousandths(of(({ watched }) => watched.cpuUs)), aloneCpuUs: thousandths(of(({ alone }) => alone.cpuUs)),
    cpuRatio: thousandths(of(({ watched, alone }) => watched.cpuUs / alone.cpuUs)), rateRatio: thousandths(of(({ watched, alone }) => watched.rate / alone.rate)), looks: Math.round(of(({ watched }) => watched.looks)), ...shares,
  }
}

/** By a run of its own: taking a profile costs too. */
async function sharePercent(plan: (isWatched: boolean, profile: string) => MeasurePlan, isWatched: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-profile-'))
  try {
    await measureRuns(plan(isWatched, folder))
    return thousandths(shareOf(folder, ROOT, COUNTING))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const thousandths = (value: number): number => Math.round(value * 1000) / 1000
