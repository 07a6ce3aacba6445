// One run of a campaign: a cluster, a Redis, two processes, all faults at once while the input is fed; then everything is drained and judged.
//
// Owns: the order of these, and the run's folder. What befalls whom is drawn in `slot.ts` and `servers.ts`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openCluster } from '../../adapters/node/medium.ts'
import type { KafkaClient, KafkaMedium } from '../../adapters/node/medium.ts'
import type { CommittedLog } from '../../adapters/node/look.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { GivenAnswer, Said } from '../support/chaos/deaths.ts'
import { Progress } from '../support/chaos/progress.ts'
import { Tally } from '../support/chaos/tally.ts'
import { workloadSystem } from '../support/chaos/workload.ts'
import { Diary } from './diary.ts'
import { Feeder } from './feeder.ts'
import { judge } from './judgement.ts'
import type { Judgement } from './judgement.ts'
import { Room } from './room.ts'
import { Servers } from './servers.ts'
import { SESSION_MS, VARIANT } from './setting.ts'
import { Slot } from './slot.ts'
import type { RunLine } from './table.ts'

export interface CampaignRun {
  readonly seed: number
  readonly client: KafkaClient
  readonly brokers: 1 | 3
  readonly inputs: number
  /** Paths of Node and Bun. */
  readonly runtimes: readonly [string, string]
  /** Of this run; removed when nothing was found. */
  readonly folder: string
  /** No more is fed, nothing more befalls it: it drains and is judged. */
  readonly drain: AbortSignal
  /** Whatever runs is killed. */
  readonly stop: AbortSignal
  readonly says: (line: string) => void
}

export interface CampaignRunResult {
  readonly line: RunLine
  readonly judgement: Judgement | undefined
  /** What was found; '' for nothing. */
  readonly text: string
}

export class RunStopped extends TypeError {
  override readonly name = 'RunStopped'
}

/** Longer than anything that is armed. */
const QUIET_MS = 3000
const END_MS_MAX = 240_000
const SAY_MS = 10_000

/** One run from its beginning to its judgement. Throws RunStopped when `stop` came. */
export async function runOne(options: CampaignRun): Promise<CampaignRunResult> {
  rmSync(options.folder, { recursive: true, force: true })
  mkdirSync(options.folder, { recursive: true })
  const servers = await Servers.start(options.folder, options.brokers)
  const medium: KafkaMedium = { kind: 'kafka', brokers: servers.addresses, namespace: `campaign-${options.seed}.`, client: options.client }
  const run = new Run(options, servers, medium)
  let result: CampaignRunResult
  try {
    result = await run.toTheEnd()
  } finally {
    await run.close()
    await servers.stop()
  }
  if (result.text === '') rmSync(options.folder, { recursive: true })
  else writeFileSync(join(options.folder, 'report.txt'), `${result.text}\n`)
  return result
}

class Run {
  readonly #options: CampaignRun
  readonly #servers: Servers
  readonly #medium: KafkaMedium
  readonly #plans = planSystem(workloadSystem(VARIANT))
  readonly #answers: GivenAnswer[] = []
  readonly #startedAt = new Date()
  readonly #faultsOver = new AbortController()
  #slots: readonly Slot[] = []
  #faultSeconds = 0

  constructor(options: CampaignRun, servers: Servers, medium: KafkaMedium) {
    this.#options = options
    this.#servers = servers
    this.#medium = medium
  }

  async toTheEnd(): Promise<CampaignRunResult> {
    const log = await openCluster(this.#medium, wallClock)
    const progress = new Progress(log, this.#plans)
    const diary = new Diary(join(this.#options.folder, 'diary.txt'), progress)
    const feeder = new Feeder({ log, progress, seed: this.#options.seed, inputs: this.#options.inputs, partitions: VARIANT.partitions })
    let judgement: Judgement | undefined
    let failure = ''
    try {
      await this.#work(log, progress, diary, feeder)
      const told = performance.now()
      judgement = await judge(this.#medium, this.#answers)
      diary.note(`judged in ${Math.round(performance.now() - told)} ms`)
      failure = judgement.report.text()
      if (failure !== '') writeFileSync(join(this.#options.folder, 'answers.jsonl'), this.#answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''))
    } catch (thrown) {
      if (this.#options.stop.aborted) throw new RunStopped('stopped before its end')
      failure = `the run did not come to its end: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
    } finally {
      this.#faultsOver.abort()
      progress.end()
      await Promise.all(this.#slots.map((slot) => slot.kill()))
      await log.close()
    }
    return { line: this.#line(diary, judgement), judgement, text: failure }
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.kill()))
  }

  async #work(log: CommittedLog, progress: Progress, diary: Diary, feeder: Feeder): Promise<void> {
    const { seed, drain, stop, brokers } = this.#options
    await log.ensureTopics(topicSpecs(this.#plans))
    const over = AbortSignal.any([this.#faultsOver.signal, drain, stop])
    const sinceMs = performance.now()
    this.#slots = this.#makeSlots(log, diary)
    const ticking = setInterval(() => this.#options.says(`${feeder.fed.toLocaleString('en')} inputs, ${progress.lag.toLocaleString('en')} behind, ${diary.killed} kills, ${Object.values(diary.zombies).reduce((sum, one) => sum + one, 0)} zombies, ${diary.brokerKills} broker kills, ${Object.values(diary.redisFaults).reduce((sum, one) => sum + one, 0)} faults of Redis`), SAY_MS)
    const fed = feeder.feed(over).finally(() => this.#faultsOver.abort())
    const faults = [...this.#slots.map((slot) => slot.run(over)), this.#servers.failRedis(4 * seed + 2, diary, over), ...(brokers === 3 ? [this.#servers.killBrokers(4 * seed + 3, diary, over)] : [])]
    const watching = progress.watch()
    try {
      // Whatever fails first ends the run.
      await Promise.race([watching, Promise.all([fed, ...faults])])
      this.#faultSeconds = Math.round((performance.now() - sinceMs) / 1000)
      diary.note('the faults are over')
      await Promise.race([watching, this.#untilQuiet(progress)])
    } finally {
      clearInterval(ticking)
      progress.end()
    }
    await Promise.all(this.#slots.map((slot) => slot.finish()))
    diary.note('drained')
  }

  #makeSlots(log: CommittedLog, diary: Diary): readonly Slot[] {
    const { seed, runtimes } = this.#options
    const [room, tally, originMs] = [new Room(log, this.#plans), new Tally(), Date.now()]
    const hears = (said: Said): void => void (said.kind === 'answer' && this.#answers.push(said.answer))
    return runtimes.map((runtime, at) => new Slot({
      name: `${basename(runtime)} ${at}`, runtime, seed: 4 * seed + at, diary, room, tally, worker: { isApart: true, hears },
      task: { folder: '', kafka: this.#medium, variant: VARIANT, hasCache: true, redis: this.#servers.redis.url, workers: 0, originMs, drainAfterMs: 'when told', instance: `process-${at}`, sessionMs: SESSION_MS, asks: true },
    }))
  }

  async #untilQuiet(progress: Progress): Promise<void> {
    const untilMs = performance.now() + END_MS_MAX
    while (progress.quietMs < QUIET_MS) {
      if (this.#options.stop.aborted) throw new RunStopped('stopped before its end')
      if (performance.now() > untilMs) throw new TypeError(`I10: not everything was consumed within ${END_MS_MAX / 1000} s after the faults were over: ${progress.lag} records are left`)
      for (const slot of this.#slots) slot.assertWell()
      await sleep(100)
    }
  }

  #line(diary: Diary, judgement: Judgement | undefined): RunLine {
    const { seed, client, brokers, runtimes } = this.#options
    const counts = judgement?.report.counts ?? new Map<string, number>()
    return {
      seed, client, brokers, runtimes: runtimes.map((path) => basename(path)), startedAt: this.#startedAt.toISOString(), faultSeconds: this.#faultSeconds, seconds: Math.round((Date.now() - this.#startedAt.getTime()) / 1000),
      inputs: judgement?.inputs ?? 0, keys: judgement?.keys ?? 0, outputs: counts.get('outputs') ?? 0, answers: counts.get('answers') ?? 0, judged: Object.fromEntries(counts),
      killsByPoint: diary.kills, zombiesBySeconds: diary.zombies, brokerKills: diary.brokerKills, redisFaults: diary.redisFaults,
      recoveriesMs: diary.recoveriesMs, unfinishedRecoveries: diary.unfinished,
      violations: judgement === undefined ? { run: 1 } : Object.fromEntries(judgement.report.found),
    }
  }
}
