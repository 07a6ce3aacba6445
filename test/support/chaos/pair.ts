// Pair: two processes run the workload on a cluster; one or the other is killed and started again, or stopped for a while and then goes on as a zombie.
//
// Owns: when they die and stand still. What they did is judged when both have drained.
import { wallClock } from '../../../adapters/memory/clock.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaClient, KafkaMedium } from '../../../adapters/node/medium.ts'
import type { CommittedLog } from '../../../adapters/node/look.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import type { Broker } from '../../../adapters/services/kafka.ts'
import { check } from './checker.ts'
import type { Report } from './checker-report.ts'
import { groupTopics } from './checker-types.ts'
import { TIME_FACTOR } from './clocks.ts'
import { dumpLog } from './dump.ts'
import { appendAll, endRecords, outRecord } from './feed.ts'
import { sourceRecords } from './sources.ts'
import { kcatReader } from './kcat.ts'
import { ChildFailed } from './start.ts'
import type { Variant } from './variant.ts'
import { Worker } from './worker.ts'
import { workloadSystem } from './workload.ts'

export interface PairOptions {
  readonly seed: number
  readonly kafka: string
  /** The package by which the cluster is reached. */
  readonly client?: KafkaClient
  readonly variant: Variant
  /** Of the two processes; paths of Node or Bun. */
  readonly runtimes: readonly [string, string]
  readonly workers: number
  readonly kills: number
  readonly zombies: number
  readonly sessionMs: number
  /** Brokers that are killed and started again, and how often. */
  readonly brokers?: readonly Broker[]
  readonly brokerKills?: number
  /** Where states are cached; undefined: in the memory of each process. */
  readonly redis?: RedisUnderFaults
  readonly redisFaults?: number
}

export interface RedisUnderFaults {
  readonly url: string
  /** One of its ways to fail; resolves when it is over. */
  fail(random: SeededRandom): Promise<unknown>
}

export interface PairResult {
  readonly report: Report
  readonly kills: number
  readonly zombies: number
  readonly brokerKills: number
  readonly redisFaults: number
  /** From the kill of a broker until the slowest partition had committed something that was fed after it, ms. */
  readonly failoverMs: readonly number[]
  readonly namespace: string
}

const CHUNK = 40
const FEED_MS = 150
const INPUTS_MIN = 800
/** Longer than anything that is armed: reminders, ends of stopped entities. */
const QUIET_MS = 30_000 / TIME_FACTOR + 1500
const END_MS_MAX = 120_000

export async function runPair(options: PairOptions): Promise<PairResult> {
  const pair = new Pair(options)
  try {
    return await pair.run()
  } finally {
    await pair.close()
  }
}

class Pair {
  readonly #options: PairOptions
  readonly #random: SeededRandom
  readonly #medium: KafkaMedium
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #originMs = Date.now()
  readonly #workers: (Worker | undefined)[] = [undefined, undefined]
  #records: readonly OutRecord[] = []
  #fed = 0
  #kills = 0
  #zombies = 0
  #brokerKills = 0
  #redisFaults = 0
  readonly #failoverMs: number[] = []

  constructor(options: PairOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#medium = { kind: 'kafka', brokers: options.kafka, namespace: `pair-${options.seed}-${this.#originMs.toString(36)}.`, ...(options.client === undefined ? {} : { client: options.client }) }
    this.#plans = planSystem(workloadSystem(options.variant))
  }

  async run(): Promise<PairResult> {
    const { variant, seed, kills, zombies, brokerKills = 0, redisFaults = 0 } = this.#options
    const log = await openCluster(this.#medium, wallClock)
    try {
      await log.ensureTopics(topicSpecs(this.#plans))
      this.#records = sourceRecords({ seed, inputs: 20_000 }).map((record) => outRecord(record, variant.partitions))
      this.#start(0)
      this.#start(1)
      // Enough that whatever a log can hold is in it, also where appending is slow.
      while (this.#fed < INPUTS_MIN) await this.#feedFor(log, FEED_MS)
      while (this.#kills < kills || this.#zombies < zombies || this.#brokerKills < brokerKills || this.#redisFaults < redisFaults) await this.#strike(log)
      await appendAll(log, variant.time === 'event' ? endRecords(['moves', 'rates'], variant.partitions) : [])
      await this.#untilConsumed(log)
      await Promise.all(this.#workers.map((worker) => worker?.end('SIGTERM')))
      const report = check(await dumpLog(log, groupTopics(variant), kcatReader(this.#medium)), { variant, isFinished: true })
      return { report, kills: this.#kills, zombies: this.#zombies, brokerKills: this.#brokerKills, redisFaults: this.#redisFaults, failoverMs: this.#failoverMs, namespace: this.#medium.namespace }
    } finally {
      await log.close()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker?.end('SIGKILL')))
  }

  #start(slot: 0 | 1): void {
    const { variant, workers, runtimes, sessionMs, redis } = this.#options
    this.#workers[slot] = new Worker(runtimes[slot], {
      folder: '', kafka: this.#medium, variant, hasCache: true, ...(redis === undefined ? {} : { redis: redis.url }), workers, batchRecordsMax: this.#random.between(5, 40), deaths: [], originMs: this.#originMs,
      drainAfterMs: 'when told', instance: `process-${slot}`, sessionMs,
    })
  }

  /** One of them dies, or stands still for longer than its session. */
  async #strike(log: CommittedLog): Promise<void> {
    const { kills, zombies, sessionMs, brokerKills = 0, redisFaults = 0 } = this.#options
    const left = [brokerKills - this.#brokerKills, redisFaults - this.#redisFaults, kills - this.#kills + zombies - this.#zombies] as const
    const pick = this.#random.between(1, left[0] + left[1] + left[2])
    if (pick <= left[0]) return this.#killBroker(log)
    if (pick <= left[0] + left[1]) return this.#failRedis(log)
    const slot = this.#random.between(0, 1) as 0 | 1
    const worker = this.#workers[slot]
    worker?.assertWell()
    const isKill = this.#zombies >= zombies || (this.#kills < kills && this.#random.next() < kills / (kills + zombies))
    if (isKill) {
      await worker?.end('SIGKILL')
      this.#kills += 1
      await this.#feedFor(log, this.#random.next() < 0.5 ? 50 : this.#random.between(100, 2 * sessionMs))
      this.#start(slot)
      await this.#feedFor(log, this.#random.between(600, 2500))
      return
    }
    if (worker === undefined) return
    worker.pause()
    await this.#feedFor(log, this.#random.between(sessionMs, sessionMs * 3))
    worker.goOn()
    this.#zombies += 1
    await this.#feedFor(log, this.#random.between(300, 2000))
  }

  /** One broker of several dies; work goes on when its partitions and coordinators have moved. It comes back with what it had. */
  async #killBroker(log: CommittedLog): Promise<void> {
    const { brokers = [] } = this.#options
    const broker = brokers[this.#random.between(0, brokers.length - 1)]
    if (broker === undefined) return
    broker.kill()
    const killedMs = performance.now()
    this.#brokerKills += 1
    await this.#feedFor(log, 300)
    const ends = await this.#ends(log)
    await this.#untilBeyond(log, ends)
    this.#failoverMs.push(Math.round(performance.now() - killedMs))
    await broker.restart()
    await this.#feedFor(log, 3000)
  }

  async #failRedis(log: CommittedLog): Promise<void> {
    await Promise.all([this.#options.redis?.fail(this.#random), this.#feedFor(log, 600)])
    this.#redisFaults += 1
    await this.#feedFor(log, this.#random.between(200, 1200))
  }

  /** Where each input of each partition ends now. */
  async #ends(log: CommittedLog): Promise<readonly (readonly [TypePlan, number, string, number])[]> {
    const ends: [TypePlan, number, string, number][] = []
    for (const plan of this.#plans.values()) for (let partition = 0; partition < plan.partitions; partition += 1) for (const topic of plan.inputs) ends.push([plan, partition, topic, await log.offsetsAt(topic, partition, 'latest')])
    return ends
  }

  async #untilBeyond(log: CommittedLog, ends: readonly (readonly [TypePlan, number, string, number])[]): Promise<void> {
    for (const [plan, partition, topic, end] of ends) {
      while (((await log.committed({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, partition))?.positions.get(topic) ?? 0) < end) {
        for (const worker of this.#workers) worker?.assertWell()
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  async #feedFor(log: CommittedLog, ms: number): Promise<void> {
    const untilMs = performance.now() + ms
    while (performance.now() < untilMs) {
      const chunk = this.#records.slice(this.#fed, this.#fed + CHUNK)
      this.#fed += chunk.length
      // While a broker is away an append may be cut short: what was written of it counts, as from any producer.
      if (chunk.length > 0 && this.#options.brokers !== undefined) await log.append(chunk)
      else if (chunk.length > 0) await appendAll(log, chunk)
      await new Promise((resolve) => setTimeout(resolve, FEED_MS))
    }
  }

  /** Nothing is left of any input, and nothing moves. */
  async #untilConsumed(log: CommittedLog): Promise<void> {
    const untilMs = performance.now() + END_MS_MAX
    let before = ''
    let sinceMs = performance.now()
    while (performance.now() < untilMs) {
      for (const worker of this.#workers) worker?.assertWell()
      const positions: number[] = []
      let behind = 0
      for (const plan of this.#plans.values()) {
        for (let partition = 0; partition < plan.partitions; partition += 1) {
          const committed = await log.committed({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, partition)
          for (const topic of plan.inputs) {
            const position = committed?.positions.get(topic) ?? 0
            positions.push(position)
            behind += (await log.offsetsAt(topic, partition, 'latest')) - position
          }
        }
      }
      const now = positions.join()
      if (now !== before || behind > 0) sinceMs = performance.now()
      before = now
      if (performance.now() - sinceMs > QUIET_MS) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new ChildFailed(`not everything was consumed within ${END_MS_MAX / 1000} s: positions ${before}`)
  }
}
