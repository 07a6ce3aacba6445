import assert from 'node:assert/strict'
import { test } from 'node:test'
import { painter } from '../../../../adapters/cli/io.ts'
import { progressBlock, progressLine, Screen } from '../../../../adapters/cli/progress-lines.ts'
import { ProgressMeter } from '../../../../adapters/cli/progress.ts'
import type { Progress } from '../../../../adapters/cli/progress.ts'
import type { Look } from '../../../../adapters/node/look.ts'
import type { PartitionLook } from '../../../../system/node/partition-look.ts'
import { RunTelemetry } from '../../../../adapters/node/run-telemetry.ts'

const PROGRESS: Progress = {
  elapsedMs: 5000, fed: 620, consumed: 600, total: 1000, ratePerS: 200, lag: 20, commitP50Ms: 6, commitP99Ms: 19, rssBytes: 300 << 20, decisions: 590,
  deadLetters: new Map([['schema', 9], ['semantic', 3]]), drops: new Map(), states: new Map([['card', new Map([['normal', 5], ['coolingOff', 1]])]]), parked: 0, notLive: [], waitingFor: [],
}

const partition = (sourceLag: number, state = 'live'): PartitionLook => ({ type: 'card', partition: 0, state, reason: '', sourceLag, inboxLag: 0, consumed: 0, watermarkMs: undefined, isDue: false, waitingFor: [] })
const look = (sourceLag: number, state?: string): Look => ({ partitions: [partition(sourceLag, state)], sourceLag, lag: sourceLag, occupancy: new Map(), parked: 0 })
const fed = (events: number) => ({ chunks: 1, items: 0, events, ended: false, input: '' })

test('the block says how far, how fast, in which states, and what was lost', () => {
  assert.deepEqual(progressBlock(PROGRESS, painter(false)), [
    'events     ████████████░░░░░░░░ 600 of 1,000 (60 %)   200/s   lag 20   2.0 s left',
    'commits    p50 6.0 ms · p99 19 ms   memory 300 MB   fed 620',
    'card       normal 5 · cooling off 1',
    'decisions  590   dead letters 12 (schema 9, semantic 3)',
  ])
})

test('entities that stand still are counted where there are any', () => {
  assert.equal(progressBlock({ ...PROGRESS, parked: 2 }, painter(false)).at(-1), 'decisions  590   dead letters 12 (schema 9, semantic 3)   parked 2')
  assert.match(progressLine({ ...PROGRESS, parked: 2 }), /semantic 3\)   parked 2$/)
})

test('a log gets one line, and the reason of a wait', () => {
  assert.equal(progressLine({ ...PROGRESS, total: undefined, notLive: ['card/2 recovering'] }), '5.0 s: 600  200/s  lag 20  commit p50 6.0 ms p99 19 ms  memory 300 MB  decisions 590  dead letters 12 (schema 9, semantic 3)  not live: card/2 recovering')
})

test('consumed is what was fed and is not behind; what earlier runs consumed is not this run\'s rate', () => {
  let nowMs = 0
  const meter = new ProgressMeter(new RunTelemetry(() => {}), 10_000, 4000, () => nowMs)
  nowMs = 100
  assert.equal(meter.at(look(0, 'recovering'), fed(4000)).consumed, 4000)
  nowMs = 1000
  const progress = meter.at(look(500), fed(6000))
  assert.equal(progress.consumed, 5500)
  assert.equal(progress.ratePerS, 1500)
  assert.equal(meter.consumedHere, 1500)
})

test('the screen erases exactly what it drew', () => {
  let text = ''
  const screen = new Screen({ out: () => {}, err: () => {}, isTty: true, columns: () => 10, rows: () => 24, paint: painter(false) }, (some) => (text += some))
  screen.draw(['a', 'long line that would wrap'])
  screen.draw(['b'])
  screen.clear()
  assert.equal(text, 'a\nlong lin…\n\r\u001b[2A\u001b[Jb\n\r\u001b[1A\u001b[J')
})
