// Harness: kills a process that runs the workload again and again, lets it finish, and has the log judged.
//
// A run is one data folder. Before each start some more input is fed; each start is told where to die; the last one may finish.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import { check } from './checker.ts'
import type { Report } from './checker-report.ts'
import { groupTopics } from './checker-types.ts'
import type { ChildTask } from './child.ts'
import { dumpLog } from './dump.ts'
import { appendAll, endRecords, outRecord } from './feed.ts'
import { isDrainPoint, isNamedPoint, pointsOf, visitsOf } from './points.ts'
import type { KillPoint } from './points.ts'
import { sourceRecords } from './sources.ts'
import type { Variant } from './variant.ts'
import { workloadSystem } from './workload.ts'

const CHILD = join(import.meta.dirname, 'child.ts')
const INPUTS_PER_START = 150
const CHILD_MS_MAX = 30_000
/** Deaths in a row with the same suspect that blame nobody yet. */
const BLAME_FREE_MAX = 2

export interface RunOptions {
  readonly seed: number
  readonly kills: number
  /** Path of Node or Bun. */
  readonly runtime: string
  readonly variant: Variant
  /** A memory cache over the embedded log; else states are read by key. */
  readonly hasCache: boolean
  /** Deaths so far, over all runs: points that had the fewest come first. Counted on. */
  readonly tally: Map<KillPoint, number>
}

export interface RunResult {
  readonly report: Report
  readonly deaths: readonly KillPoint[]
  readonly starts: number
  /** Points that a start did not come by often enough. */
  readonly missed: readonly KillPoint[]
  /** Kept when something was found. */
  readonly folder: string
}

export class ChildFailed extends TypeError {
  override readonly name = 'ChildFailed'
}

/** One run: dies `kills` times, with an orderly end now and then, finishes, is judged. */
export async function run(options: RunOptions): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-chaos-'))
  const random = new SeededRandom(options.seed)
  const deaths: KillPoint[] = []
  /** Starts that did not come by their point often enough: the next one dies earlier. */
  const misses = new Map<KillPoint, number>()
  const originMs = Date.now()
  const attemptsMax = 3 * options.kills
  const records = sourceRecords({ seed: options.seed, inputs: (attemptsMax + 1) * INPUTS_PER_START }).map((record) => outRecord(record, options.variant.partitions))
  let starts = 0
  /** Deaths in a row that left something named unresolved. */
  let named = 0
  let calms = 0
  const calm = async (): Promise<void> => {
    await start(options, { folder, variant: options.variant, hasCache: options.hasCache, batchRecordsMax: 25, kill: undefined, originMs, drainAfterMs: random.between(100, 400) }, Infinity)
    calms += 1
    named = 0
  }
  try {
    for (; deaths.length < options.kills && starts < attemptsMax; starts += 1) {
      await feed(folder, options.variant, records.slice(starts * INPUTS_PER_START, (starts + 1) * INPUTS_PER_START))
      const point = nextPoint(options, misses, random)
      const missed = misses.get(point) ?? 0
      const kill = { point, nth: random.between(1, Math.max(1, Math.floor(visitsOf(point) / (missed + 1)))) }
      const drainAfterMs = isDrainPoint(point) ? random.between(30, 250) : random.between(800, 1500)
      const died = await start(options, { folder, variant: options.variant, hasCache: options.hasCache, batchRecordsMax: random.between(3, 30), kill, originMs, drainAfterMs }, random.between(10, 300))
      if (died && isNamedPoint(point)) named += 1
      if (died) {
        options.tally.set(point, (options.tally.get(point) ?? 0) + 1)
        deaths.push(point)
      } else {
        misses.set(point, missed + 1)
        named = 0
      }
      // Three in a row would rightly blame an input of which the test knows that it is innocent.
      if (named === BLAME_FREE_MAX) await calm()
    }
    await feed(folder, options.variant, options.variant.time === 'event' ? endRecords(['moves', 'rates'], options.variant.partitions) : [])
    await start(options, { folder, variant: options.variant, hasCache: options.hasCache, batchRecordsMax: 25, kill: undefined, originMs, drainAfterMs: undefined }, Infinity)
    const report = await judge(folder, options.variant)
    // A broken promise keeps its evidence.
    if (report.violations.length === 0) rmSync(folder, { recursive: true })
    return { report, deaths, starts: starts + calms + 1, missed: [...misses.keys()], folder }
  } catch (thrown) {
    throw new ChildFailed(`${folder}: ${String(thrown)}`)
  }
}

/** One of the points with the fewest deaths; one that was missed counts as if it had some, so that others get their chance. */
function nextPoint(options: RunOptions, misses: ReadonlyMap<KillPoint, number>, random: SeededRandom): KillPoint {
  const points = pointsOf(options.hasCache)
  const had = (point: KillPoint): number => (options.tally.get(point) ?? 0) + (misses.get(point) ?? 0)
  const least = Math.min(...points.map(had))
  const rare = points.filter((point) => had(point) === least)
  return rare[random.between(0, rare.length - 1)] ?? 'random'
}

/** Nobody else has the folder meanwhile. */
async function feed(folder: string, variant: Variant, records: readonly OutRecord[]): Promise<void> {
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
  await log.ensureTopics(topicSpecs(planSystem(workloadSystem(variant))))
  if (records.length > 0) await appendAll(log, records)
  await log.close()
}

async function judge(folder: string, variant: Variant): Promise<Report> {
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
  const dump = await dumpLog(log, groupTopics(variant))
  await log.close()
  return check(dump, { variant, isFinished: true })
}

/** Starts the workload; true when it was killed as asked. A start that fails by itself is an error. */
async function start(options: RunOptions, task: ChildTask, randomMs: number): Promise<boolean> {
  const { kill } = task
  const child = spawn(options.runtime, [CHILD], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, STATELOG_CHAOS: JSON.stringify(task) } })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const said: string[] = []
  let errors = ''
  child.stderr.on('data', (bytes: Uint8Array) => (errors += String(bytes)))
  const tooLong = setTimeout(() => child.kill('SIGABRT'), CHILD_MS_MAX)
  let random: ReturnType<typeof setTimeout> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (kill?.point === 'random' && line.startsWith('{"started"')) random = setTimeout(() => child.kill('SIGKILL'), randomMs)
  }
  const [code, signal] = await exited
  clearTimeout(tooLong)
  clearTimeout(random)
  const failed = said.find((one) => one.startsWith('{"over"') || one.startsWith('{"error"'))
  const died = signal === 'SIGKILL' && (kill?.point === 'random' || kill?.point === 'mid-commit' || said.some((one) => one.includes(`"died":"${kill?.point}"`)))
  if (failed === undefined && (died || code === 0)) return died
  throw new ChildFailed(`seed ${options.seed}, ${JSON.stringify(kill)}: ended with ${code ?? signal}: ${failed ?? ''} ${errors}`)
}

/** Deaths by point, one line each. */
export function table(tally: ReadonlyMap<KillPoint, number>, points: readonly KillPoint[]): string {
  return points.map((point) => `${point.padEnd(16)} ${tally.get(point) ?? 0}`).join('\n')
}
