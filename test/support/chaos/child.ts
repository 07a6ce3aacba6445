// A process that runs the workload on a data folder until its inputs are used up, or until it is killed where it was told to die.
// Environment: STATELOG_CHAOS = JSON of `ChildTask`. Prints one line of JSON: where it died, or how often it came by each point.
import { writeSync } from 'node:fs'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { memoryCache } from '../../../adapters/memory/cache.ts'
import { systemRandom } from '../../../adapters/node/clock.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { fastClock } from './clocks.ts'
import type { KillPoint } from './points.ts'
import { isSettled } from './settled.ts'
import { START_MS } from './sources.ts'
import type { Variant } from './variant.ts'
import { line, workloadSystem } from './workload.ts'

/** How much faster than real the workload's time passes. */
export const TIME_FACTOR = 20

export interface ChildTask {
  readonly folder: string
  readonly variant: Variant
  readonly hasCache: boolean
  readonly batchRecordsMax: number
  readonly kill: { readonly point: KillPoint; readonly nth: number } | undefined
  /** Real time at which the workload's time began. */
  readonly originMs: number
  /** Drain after this long, ms; undefined: when nothing is left to do. */
  readonly drainAfterMs: number | undefined
}

const LOOK_EVERY_MS = 15
const say = (words: object): void => void writeSync(1, `${JSON.stringify(words)}\n`)

const task = JSON.parse(process.env['STATELOG_CHAOS'] ?? '{}') as ChildTask
const { kill, variant } = task
const hits: Partial<Record<KillPoint, number>> = {}
const clock = fastClock(task.originMs, START_MS + 86_400_000, TIME_FACTOR)
const telemetry: Telemetry = {
  partition: ({ group, partition, state, reason }) => {
    if (state === 'failed' || state === 'position-moved') say({ over: `${group}/${partition} is ${state}: ${reason}` })
  },
  batch: () => {},
  log: (level, message) => {
    if (level === 'error') say({ error: message })
  },
  probe: (point) => {
    hits[point] = (hits[point] ?? 0) + 1
    if (kill?.point !== point || hits[point] !== kill.nth) return
    say({ died: point })
    process.kill(process.pid, 'SIGKILL')
  },
}

const crash = kill?.point === 'mid-commit' ? { crash: { point: 'mid-commit', nth: kill.nth, signal: 'SIGKILL' } } as const : {}
const log = await openSqliteLog({ folder: task.folder, mode: 'runtime', clock, ...crash })
const node = new StatelogNode({
  system: workloadSystem(variant), log, codec: cborCodec, clock, random: systemRandom, telemetry, models: new Map([[line.name, loadedModel(line)]]),
  settings: { batchRecordsMax: task.batchRecordsMax, ...(variant.releasesMax === undefined ? {} : { releasesMax: variant.releasesMax }) },
  ...(task.hasCache ? { cache: memoryCache() } : {}),
})
await node.start()
say({ started: process.pid })
const startedMs = performance.now()
const isOver = async (): Promise<boolean> => (task.drainAfterMs !== undefined ? performance.now() - startedMs >= task.drainAfterMs : await isSettled(log, ['account', 'pool'], variant.partitions, () => node, clock.nowMs()))
while (!(await isOver())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
await node.stop()
await log.close()
say({ finished: hits })
