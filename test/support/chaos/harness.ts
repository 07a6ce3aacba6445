// Harness: kills a process that runs the workload again and again, lets it finish, and has the log judged.
//
// A run is one data folder. Before each start some more input is fed; each start is told where to die; the last one may finish.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaClient, KafkaMedium } from '../../../adapters/node/medium.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import type { Log } from '../../../system/ports/log.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import { check } from './checker.ts'
import type { Report } from './checker-report.ts'
import { groupTopics } from './checker-types.ts'
import type { ChildTask } from './child.ts'
import type { Death } from './deaths.ts'
import { dumpLog } from './dump.ts'
import { appendAll, endRecords, outRecord } from './feed.ts'
import { kcatReader } from './kcat.ts'
import { isDrainPoint, visitsOf } from './points.ts'
import { sourceRecords } from './sources.ts'
import { ChildFailed, start } from './start.ts'
import type { Ended } from './start.ts'
import { deathsLeft } from './suspects.ts'
import type { Tally } from './tally.ts'
import type { Variant } from './variant.ts'
import { workloadSystem } from './workload.ts'

const INPUTS_PER_START = 150

export interface RunOptions {
  readonly seed: number
  readonly kills: number
  /** Worker threads that run the partitions; 0: the main thread does. */
  readonly workers: number
  /** Deaths of worker threads. */
  readonly terminations: number
  /** Path of Node or Bun. */
  readonly runtime: string
  readonly variant: Variant
  /** A memory cache over the embedded log; else states are read by key. */
  readonly hasCache: boolean
  /** Brokers of a cluster; undefined: the log stands in a folder. */
  readonly kafka?: string
  /** The package by which the cluster is reached. */
  readonly client?: KafkaClient
  /** A process that dies is missed after this long, where its successor is not known by name. */
  readonly sessionMs?: number
  /** Of all runs: points that had the fewest deaths come first. Counted on. */
  readonly tally: Tally
}

export interface RunResult {
  readonly report: Report
  readonly deaths: readonly Death[]
  readonly starts: number
  /** Threads that were replaced because the machine was too busy to run them. */
  readonly stalls: readonly string[]
  /** Kept when something was found. */
  readonly folder: string
}

/** One run: dies as often as asked, with an orderly end now and then, finishes, is judged. */
export async function run(options: RunOptions): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-chaos-'))
  try {
    const run = new Run(options, folder)
    const result = await run.toTheEnd()
    // A broken promise keeps its evidence.
    if (result.report.violations.length === 0) rmSync(folder, { recursive: true })
    return result
  } catch (thrown) {
    throw new ChildFailed(`seed ${options.seed}, ${folder}: ${String(thrown)}`)
  }
}

class Run {
  readonly #options: RunOptions
  readonly #folder: string
  readonly #random: SeededRandom
  readonly #originMs = Date.now()
  readonly #records: readonly OutRecord[]
  readonly #deaths: Death[] = []
  readonly #stalls: string[] = []
  #starts = 0
  #fed = 0
  #wasKilled = false

  constructor(options: RunOptions, folder: string) {
    const { seed, variant, tally } = options
    this.#options = options
    this.#folder = folder
    this.#random = new SeededRandom(seed)
    this.#records = sourceRecords({ seed, inputs: this.#startsMax * INPUTS_PER_START }).map((record) => outRecord(record, variant.partitions))
    tally.forgive()
  }

  get #startsMax(): number {
    return 3 * (this.#options.kills + this.#options.terminations)
  }

  async toTheEnd(): Promise<RunResult> {
    const { variant } = this.#options
    while (this.#left('process') + this.#left('thread') > 0 && this.#fed < this.#startsMax) {
      const room = await this.#feed(this.#records.slice(this.#fed * INPUTS_PER_START, (this.#fed + 1) * INPUTS_PER_START))
      this.#fed += 1
      // More would rightly blame an input of which the test knows that it is innocent.
      if (room === 0) await this.#start([], this.#random.between(100, 400))
      const deaths = this.#nextDeaths(room === 0 ? 2 : room)
      const drainAfterMs = deaths.some(({ point }) => isDrainPoint(point)) ? this.#random.between(30, 250) : this.#random.between(300, 800)
      const died = await this.#start(deaths, drainAfterMs)
      for (const death of deaths) if (!died.includes(death)) this.#options.tally.missed(death)
    }
    await this.#feed(variant.time === 'event' ? endRecords(['moves', 'rates'], variant.partitions) : [])
    await this.#start([], undefined)
    return { report: await this.#judged(), deaths: this.#deaths, starts: this.#starts, stalls: this.#stalls, folder: this.#folder }
  }

  #left(victim: Death['victim']): number {
    const { kills, terminations } = this.#options
    return (victim === 'process' ? kills : terminations) - this.#deaths.filter((death) => death.victim === victim).length
  }

  /** One death, or a thread's and then the process's. */
  #nextDeaths(room: number): readonly Death[] {
    const [kills, terminations] = [this.#left('process'), this.#left('thread')]
    if (this.#random.between(1, kills + terminations) > terminations) return [this.#death('process')]
    const isAlone = room < 2 || kills === 0 || this.#random.next() < 0.5
    return isAlone ? [this.#death('thread')] : [this.#death('thread'), this.#death('process')]
  }

  #death(victim: Death['victim']): Death {
    const { tally, hasCache } = this.#options
    const point = tally.rarest(victim, hasCache, this.#random, this.#options.kafka === undefined)
    return { victim, point, nth: this.#random.between(1, Math.max(1, Math.floor(visitsOf(point) / (tally.misses(victim, point) + 1)))), afterMs: this.#random.between(10, 300) }
  }

  /** The deaths that came. */
  async #start(deaths: readonly Death[], drainAfterMs: number | undefined): Promise<Ended['deaths']> {
    const { variant, hasCache, workers, runtime, tally, sessionMs } = this.#options
    const task: ChildTask = { folder: this.#folder, kafka: this.#medium, variant, hasCache, workers, batchRecordsMax: deaths.length === 0 ? 25 : this.#random.between(3, 30), deaths, originMs: this.#originMs, drainAfterMs, ...(sessionMs === undefined ? {} : { sessionMs }) }
    const ended = await start(runtime, task)
    this.#starts += 1
    const { start: begun, threads, stalls } = ended.recoveries
    if (this.#wasKilled && begun !== undefined) tally.recoveries.process.push(begun)
    tally.recoveries.thread.push(...threads)
    for (const death of ended.deaths) tally.died(death)
    this.#deaths.push(...ended.deaths)
    this.#stalls.push(...stalls)
    this.#wasKilled = ended.isKilled
    return ended.deaths
  }

  /** Nobody else has the folder meanwhile. Answers how many deaths may follow. */
  async #feed(records: readonly OutRecord[]): Promise<number> {
    const plans = planSystem(workloadSystem(this.#options.variant))
    const log = await this.#open()
    await log.ensureTopics(topicSpecs(plans))
    if (records.length > 0) await appendAll(log, records)
    const room = await deathsLeft(log, plans)
    await log.close()
    return room
  }

  get #medium(): KafkaMedium | undefined {
    const { kafka, client } = this.#options
    return kafka === undefined ? undefined : { kind: 'kafka', brokers: kafka, namespace: `${basename(this.#folder)}.`, ...(client === undefined ? {} : { client }) }
  }

  #open(): Promise<Log> {
    const medium = this.#medium
    return medium === undefined ? openSqliteLog({ folder: this.#folder, mode: 'runtime', clock: wallClock }) : openCluster(medium, wallClock)
  }

  async #judged(): Promise<Report> {
    const { variant } = this.#options
    const log = await this.#open()
    const medium = this.#medium
    const dump = await dumpLog(log, groupTopics(variant), medium === undefined ? undefined : kcatReader(medium))
    await log.close()
    return check(dump, { variant, isFinished: true })
  }
}
