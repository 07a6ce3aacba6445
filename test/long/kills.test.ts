// 200 kills at named points and at random moments, on Node and on Bun, each run judged by the checker; deaths by point printed.
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { run, table } from '../support/chaos/harness.ts'
import { pointsOf } from '../support/chaos/points.ts'
import type { KillPoint } from '../support/chaos/points.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 12
const KILLS = 17
const DEATHS_PER_POINT_MIN = 5
const BUN = installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath

test(`${RUNS * KILLS} kills break no invariant`, { timeout: 900_000 }, async () => {
  const tally = new Map<KillPoint, number>()
  const totals = new Map<string, number>()
  let kills = 0
  let starts = 0
  for (let index = 0; index < RUNS; index += 1) {
    const seed = testSeed() + index
    const runtime = index % 2 === 0 ? process.execPath : BUN
    const variant = index % 4 < 2 ? PROCESSING : EVENT
    const result = await run({ seed, kills: KILLS, runtime, variant, hasCache: index % 3 !== 2, tally })
    assert.equal(result.report.text(), '', `seed ${seed}, ${result.folder}: killed at ${result.deaths.join(', ')}`)
    kills += result.deaths.length
    starts += result.starts
    for (const [what, times] of result.report.counts) totals.set(what, (totals.get(what) ?? 0) + times)
    console.log(`seed ${seed}, ${basename(runtime)}, ${variant.time} time: ${result.deaths.length} kills in ${result.starts} starts`)
  }
  console.log(`${kills} kills in ${starts} starts; judged: ${[...totals].map(([what, times]) => `${times} ${what}`).join(', ')}\nkills by point\n${table(tally, pointsOf(true))}`)
  assert.ok(kills >= 200, `${kills} kills`)
  for (const point of pointsOf(true)) assert.ok((tally.get(point) ?? 0) >= DEATHS_PER_POINT_MIN, `${point}: ${tally.get(point) ?? 0} kills`)
})
