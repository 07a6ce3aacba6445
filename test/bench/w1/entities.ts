// What entities cost: bytes of each that is in memory, and processor time of an event, from a thousand of them to a million.
import type { EntitiesRow } from '../results.ts'
import { median } from '../results.ts'
import type { Results } from './child.ts'
import { measureRuns, rounded } from './measure.ts'
import type { MeasurePlan, Runtime } from './measure.ts'
import type { EngineName, W1Limits } from './system.ts'

export interface EntitiesPlan {
  readonly runtime: Runtime
  readonly engine: EngineName
  readonly counts: readonly number[]
  readonly rounds: number
}

/** Room for all, in each of four partitions. */
const LIMITS: W1Limits = { entityBytesMax: 1 << 30 }
/** What an event costs where hardly any writes a state: a recovery would fold all that was since. */
const SELDOM: W1Limits = { ...LIMITS, foldInputsMax: 1_000_000, snapshotEvery: '10m' }
const EVENTS_MIN = 1_000_000
/** So often each is met, where there are many. */
const VISITS = 3

export async function measureEntities({ runtime, engine, counts, rounds }: EntitiesPlan, say: (row: EntitiesRow) => void): Promise<readonly EntitiesRow[]> {
  const plan = (accounts: number, events: number, limits: W1Limits): MeasurePlan => ({
    runtime, engine, rounds, rawRows: 0, profile: undefined, limits, workload: { events, accounts, visits: 'rounds' }, isHeldMeasured: true,
    // Not before all are there.
    uncounted: Math.max(0.1, (1.1 * accounts) / events),
  })
  // As much is compiled then as with many.
  const none = held(await measureRuns(plan(1, EVENTS_MIN / 5, LIMITS)))
  const rows: EntitiesRow[] = []
  const kinds = counts.flatMap((accounts) => [{ accounts, isSeldom: false }, { accounts, isSeldom: true }])
  for (const { accounts, isSeldom } of kinds) {
    const events = Math.max(EVENTS_MIN, VISITS * accounts)
    const runs = await measureRuns(plan(accounts, events, isSeldom ? SELDOM : LIMITS))
    const of = (read: (run: Results['run']) => number): number => median(runs.map(read))
    const row: EntitiesRow = {
      engine, accounts, events, rounds, isSeldom, rate: Math.round(of(({ rate }) => rate)), cpuUs: rounded(of(({ cpuUs }) => cpuUs)),
      bytesEach: Math.round((held(runs) - none) / accounts), peakMb: Math.round(of(({ peakBytes }) => peakBytes) / 2 ** 20),
    }
    say(row)
    rows.push(row)
  }
  return rows
}

const held = (runs: readonly Results['run'][]): number => median(runs.map(({ heldBytes }) => heldBytes))
