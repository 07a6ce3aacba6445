// What entities cost: bytes of each that is in memory, and processor time of an event, from a thousand of them to a million.
import type { EntitiesRow } from '../results.ts'
import { median } from '../results.ts'
import type { Results } from './child.ts'
import { measureRuns, rounded } from './measure.ts'
import type { MeasurePlan, Runtime } from './measure.ts'
import type { EngineName } from './system.ts'

export interface EntitiesPlan {
  readonly runtime: Runtime
  readonly engine: EngineName
  readonly counts: readonly number[]
  readonly rounds: number
}

/** Room for all, in each of four partitions. */
const LIMITS = { entityBytesMax: 1 << 30 }
const EVENTS_MIN = 1_000_000
/** So often each is met, where there are many. */
const VISITS = 3

export async function measureEntities({ runtime, engine, counts, rounds }: EntitiesPlan, say: (row: EntitiesRow) => void): Promise<readonly EntitiesRow[]> {
  const plan = (accounts: number, events: number): MeasurePlan => ({
    runtime, engine, rounds, rawRows: 0, profile: undefined, limits: LIMITS, workload: { events, accounts, visits: 'rounds' }, isHeldMeasured: true,
    // Not before all are there.
    uncounted: Math.max(0.1, (1.1 * accounts) / events),
  })
  // As much is compiled then as with many.
  const none = held(await measureRuns(plan(1, EVENTS_MIN / 5)))
  const rows: EntitiesRow[] = []
  for (const accounts of counts) {
    const events = Math.max(EVENTS_MIN, VISITS * accounts)
    const runs = await measureRuns(plan(accounts, events))
    const of = (read: (run: Results['run']) => number): number => median(runs.map(read))
    const row: EntitiesRow = {
      engine, accounts, events, rounds, rate: Math.round(of(({ rate }) => rate)), cpuUs: rounded(of(({ cpuUs }) => cpuUs)),
      bytesEach: Math.round((held(runs) - none) / accounts), peakMb: Math.round(of(({ peakBytes }) => peakBytes) / 2 ** 20),
    }
    say(row)
    rows.push(row)
  }
  return rows
}

const held = (runs: readonly Results['run'][]): number => median(runs.map(({ heldBytes }) => heldBytes))
