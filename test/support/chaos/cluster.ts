// Cluster: the workload on a memory log, by one or several nodes in one process, in simulated time: a seed gives the run.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { SnapshotCache } from '../../../system/ports/cache.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { groupTopics } from './checker-types.ts'
import { drive } from './clocks.ts'
import type { Outside } from './clocks.ts'
import { dumpLog } from './dump.ts'
import type { LogDump } from './dump.ts'
import { appendAll, endRecords, outRecord } from './feed.ts'
import { isSettled } from './settled.ts'
import { sourceRecords, START_MS } from './sources.ts'
import type { Variant } from './variant.ts'
import { line, workloadSystem } from './workload.ts'

export interface ClusterOptions {
  readonly seed: number
  readonly variant: Variant
  readonly nodes: number
  /** Undefined: states are read by key. */
  readonly cache?: SnapshotCache
  /** Set when the cache takes the machine's own time. */
  readonly outside?: Outside
  readonly batchRecordsMax?: number
  /** Where one is wanted that does more than stand still until it is moved. */
  readonly clock?: SimulatedClock
  readonly telemetry?: Partial<Telemetry>
}

export interface RunOptions extends ClusterOptions {
  readonly inputs: number
  readonly calm?: boolean
  /** Parts in which the inputs are fed. */
  readonly parts?: number
  /** Called before each step of the clock. */
  readonly between?: (cluster: Cluster) => void
  readonly prepared?: (cluster: Cluster) => void
}

export interface ClusterRun {
  readonly dump: LogDump
  readonly log: MemoryLog
  readonly simulatedMs: number
}

export const SILENT: Telemetry = { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} }
const PARTS = 40
/** Of a cluster's clock at its beginning: a day after its inputs. */
export const NOW_MS = START_MS + 86_400_000
const SETTLE_MS_MAX = 600_000

/** Nodes over one log; whoever uses it moves the clock. */
export class Cluster {
  readonly log: MemoryLog
  readonly clock: SimulatedClock
  readonly random: SeededRandom
  readonly nodes: StatelogNode[] = []
  readonly #options: ClusterOptions

  constructor(options: ClusterOptions) {
    this.#options = options
    this.clock = options.clock ?? new SimulatedClock(NOW_MS)
    this.random = new SeededRandom(options.seed)
    this.log = memoryLog({ clock: this.clock, keyed: options.cache === undefined })
  }

  async start(): Promise<void> {
    await this.log.ensureTopics(topicSpecs(planSystem(workloadSystem(this.#options.variant))))
    for (let index = 0; index < this.#options.nodes; index += 1) this.nodes.push(this.#node())
    for (const node of this.nodes) await node.start()
  }

  /** Drains a node and starts another in its place. Resolves only while the clock moves. */
  async restart(index: number): Promise<void> {
    const next = this.#node()
    await this.nodes[index]?.stop()
    this.nodes[index] = next
    await next.start()
  }

  /** Runs until the condition holds. */
  async until(isDone: () => boolean | Promise<boolean>, between: () => void = () => {}): Promise<void> {
    await drive(this.clock, isDone, SETTLE_MS_MAX, between, this.#options.outside)
  }

  /** Runs until nothing is left to do. */
  async settle(between: () => void = () => {}): Promise<void> {
    const owner = (type: string, partition: number): StatelogNode | undefined => this.nodes[this.log.holder(`chaos.${type}`, partition)]
    await this.until(() => isSettled(this.log, ['account', 'pool'], this.#options.variant.partitions, owner, this.clock.nowMs()), between)
  }

  /** Stops all nodes. Owners may be torn away meanwhile (who leaves makes the others exchange partitions): a last node alone drains what they left. */
  async stop(): Promise<void> {
    await this.#stopAll()
    const last = this.#node()
    this.nodes.push(last)
    await last.start()
    await this.settle()
    await this.#stopAll()
  }

  async #stopAll(): Promise<void> {
    let isStopped = false
    void Promise.all(this.nodes.splice(0).map((node) => node.stop())).then(() => {
      isStopped = true
    })
    await this.until(() => isStopped)
  }

  #node(): StatelogNode {
    const { variant, telemetry, cache, batchRecordsMax } = this.#options
    return new StatelogNode({
      system: workloadSystem(variant), log: this.log.peer(), codec: cborCodec, clock: this.clock, random: new SeededRandom(this.random.uint32()),
      models: new Map([[line.name, loadedModel(line)]]), telemetry: { ...SILENT, ...telemetry },
      settings: { batchRecordsMax: batchRecordsMax ?? 25, ...(variant.releasesMax === undefined ? {} : { releasesMax: variant.releasesMax }) },
      ...(cache === undefined ? {} : { cache }),
    })
  }
}

/** Feeds the seed's inputs bit by bit, runs to their end, drains, and dumps the log. */
export async function runCluster(options: RunOptions): Promise<ClusterRun> {
  const { variant } = options
  const cluster = new Cluster(options)
  const { log, clock, random } = cluster
  await cluster.start()
  options.prepared?.(cluster)
  const between = (): void => options.between?.(cluster)
  const records = sourceRecords({ seed: options.seed, inputs: options.inputs, calm: options.calm === true }).map((record) => outRecord(record, variant.partitions))
  const chunk = Math.ceil(records.length / (options.parts ?? PARTS))
  for (let at = 0; at < records.length; at += chunk) {
    await appendAll(log, records.slice(at, at + chunk))
    const untilMs = clock.monotonicMs() + random.between(20, 150)
    await cluster.until(() => clock.monotonicMs() >= untilMs, between)
  }
  if (variant.time === 'event') await appendAll(log, endRecords(['moves', 'rates'], variant.partitions))
  await cluster.settle(between)
  // A drain that a fault ends leaves its states to the next owner, and there is none.
  log.onCommit(() => undefined)
  await cluster.stop()
  return { dump: await dumpLog(log, groupTopics(variant)), log, simulatedMs: clock.monotonicMs() }
}
