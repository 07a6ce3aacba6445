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
  readonly inputs: number
  readonly nodes: number
  readonly calm?: boolean
  /** Undefined: states are read by key. */
  readonly cache?: SnapshotCache
  readonly batchRecordsMax?: number
  readonly telemetry?: Partial<Telemetry>
  /** Called before each step of the clock, while inputs are fed or worked on. */
  readonly between?: (cluster: Cluster) => void
  readonly prepared?: (cluster: Cluster) => void
}

export interface Cluster {
  readonly log: MemoryLog
  readonly clock: SimulatedClock
  readonly random: SeededRandom
  readonly nodes: readonly StatelogNode[]
  /** Everything is fed. */
  readonly isFed: boolean
  /** Drains a node and starts another in its place. */
  restart(index: number): Promise<void>
}

export interface ClusterRun {
  readonly dump: LogDump
  readonly log: MemoryLog
  readonly simulatedMs: number
}

const SILENT: Telemetry = { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} }
const STEPS = 40

/** Runs to the end of the inputs, drains, and dumps the log. */
export async function runCluster(options: ClusterOptions): Promise<ClusterRun> {
  const { variant } = options
  const clock = new SimulatedClock(START_MS + 86_400_000)
  const log = memoryLog({ clock, keyed: options.cache === undefined })
  const system = workloadSystem(variant)
  await log.ensureTopics(topicSpecs(planSystem(system)))
  const random = new SeededRandom(options.seed)
  const nodes: StatelogNode[] = []
  const make = (): StatelogNode => new StatelogNode({
    system, log: log.peer(), codec: cborCodec, clock, random: new SeededRandom(random.uint32()), models: new Map([[line.name, loadedModel(line)]]),
    telemetry: { ...SILENT, ...options.telemetry },
    settings: { batchRecordsMax: options.batchRecordsMax ?? 25, ...(variant.releasesMax === undefined ? {} : { releasesMax: variant.releasesMax }) },
    ...(options.cache === undefined ? {} : { cache: options.cache }),
  })
  for (let index = 0; index < options.nodes; index += 1) nodes.push(make())
  for (const node of nodes) await node.start()
  let isFed = false
  const cluster: Cluster = {
    log, clock, random, nodes,
    get isFed() {
      return isFed
    },
    restart: async (index) => {
      const old = nodes[index]
      await old?.stop()
      const next = make()
      nodes[index] = next
      await next.start()
    },
  }
  options.prepared?.(cluster)
  const between = (): void => options.between?.(cluster)
  const records = sourceRecords({ seed: options.seed, inputs: options.inputs, calm: options.calm === true }).map((record) => outRecord(record, variant.partitions))
  const chunk = Math.ceil(records.length / STEPS)
  for (let at = 0; at < records.length; at += chunk) {
    await appendAll(log, records.slice(at, at + chunk))
    const untilMs = clock.monotonicMs() + random.between(20, 150)
    await drive(clock, () => clock.monotonicMs() >= untilMs, 10_000, between)
  }
  if (variant.time === 'event') await appendAll(log, endRecords(['moves', 'rates'], variant.partitions))
  isFed = true
  const owner = (type: string, partition: number): StatelogNode | undefined => nodes[log.holder(`chaos.${type}`, partition)]
  await drive(clock, () => isSettled(log, ['account', 'pool'], variant.partitions, owner, clock.nowMs()), 600_000, between)
  let isStopped = false
  void Promise.all(nodes.map((node) => node.stop())).then(() => {
    isStopped = true
  })
  await drive(clock, () => isStopped, 60_000)
  return { dump: await dumpLog(log, groupTopics(variant)), log, simulatedMs: clock.monotonicMs() }
}
