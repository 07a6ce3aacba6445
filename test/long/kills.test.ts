// 150 kills of processes and 50 terminations of their worker threads, on Node and on Bun, and kills of processes without worker threads; each run
// judged by the checker; deaths by point and times of recovery printed.
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { run } from '../support/chaos/harness.ts'
import { KILL_POINTS } from '../support/chaos/points.ts'
import { percentileMs, timesOf } from '../support/chaos/recoveries.ts'
import type { Recovery } from '../support/chaos/recoveries.ts'
import { Tally } from '../support/chaos/tally.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const DEATHS_PER_POINT_MIN = 5
/** Of 99 in 100 recoveries. */
const RECOVERY_MS_MAX = 2000
const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

interface Plan {
  readonly runs: number
  readonly firstSeed: number
  readonly workers: number
  readonly kills: number
  readonly terminations: number
}

/** Every other run on Bun; all combinations of runtime, kind of time and way to read states come up within eight runs. */
async function torment({ runs, firstSeed, ...plan }: Plan): Promise<Tally> {
  const tally = new Tally()
  const totals = new Map<string, number>()
  let starts = 0
  for (let index = 0; index < runs; index += 1) {
    const seed = firstSeed + index
    const runtime = (index & 1) === 0 ? process.execPath : BUN
    const variant = (index & 2) === 0 ? PROCESSING : EVENT
    const hasCache = (index & 4) === 0
    const result = await run({ ...plan, seed, runtime, variant, hasCache, tally })
    const died = result.deaths.map(({ victim, point }) => `${victim} ${point}`).join(', ')
    assert.equal(result.report.text(), '', `seed ${seed}, ${result.folder}: ${died}`)
    starts += result.starts
    for (const [what, times] of result.report.counts) totals.set(what, (totals.get(what) ?? 0) + times)
    console.log(`seed ${seed}, ${basename(runtime)}, ${variant.time} time, ${hasCache ? 'cache' : 'keyed reads'}: ${result.deaths.length} deaths in ${result.starts} starts, ${result.stalls.length} stalls`)
  }
  console.log(`${tally.total('process')} kills and ${tally.total('thread')} terminations in ${starts} starts; judged: ${[...totals].map(([what, times]) => `${times} ${what}`).join(', ')}\ndeaths by point\n${tally.table()}`)
  return tally
}

/** A machine that has other things to do delays the few: they are judged among the times in which it had none, the median among all. */
function judgeTimes(victim: 'process' | 'thread', all: readonly Recovery[]): void {
  const quiet = all.filter(({ isQuiet }) => isQuiet)
  const figures = `from the ${victim === 'process' ? 'start of a process after a kill' : 'death of a thread'} until every partition is at work: ${timesOf(all)}; while nothing else kept the machine busy: ${timesOf(quiet)}`
  console.log(figures)
  assert.ok(percentileMs(all, 0.5) <= RECOVERY_MS_MAX && percentileMs(quiet, 0.99) <= RECOVERY_MS_MAX, figures)
}

test('150 kills of processes with two worker threads and 50 terminations of such threads break no invariant; recovery takes at most two seconds', { timeout: 1_200_000 }, async () => {
  const tally = await torment({ runs: 10, firstSeed: testSeed(), workers: 2, kills: 15, terminations: 5 })
  assert.deepEqual([tally.total('process'), tally.total('thread')], [150, 50])
  for (const point of KILL_POINTS) assert.ok(tally.deaths('process', point) >= DEATHS_PER_POINT_MIN, `${point}: ${tally.deaths('process', point)} kills`)
  for (const victim of ['process', 'thread'] as const) judgeTimes(victim, tally.recoveries[victim])
})

test('60 kills of processes without worker threads break no invariant', { timeout: 600_000 }, async () => {
  const tally = await torment({ runs: 4, firstSeed: testSeed() + 100, workers: 0, kills: 15, terminations: 0 })
  assert.equal(tally.total('process'), 60)
})
