// Embedded: the workload on a data folder in this process, in time that passes faster; for torments that must reach into the process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemRandom } from '../../../adapters/node/clock.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../../adapters/sqlite/log.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import type { SnapshotCache } from '../../../system/ports/cache.ts'
import { groupTopics } from './checker-types.ts'
import { SILENT } from './cluster.ts'
import { workloadClock } from './clocks.ts'
import { dumpLog } from './dump.ts'
import type { LogDump } from './dump.ts'
import { appendAll, endRecords, outRecord } from './feed.ts'
import { isSettled } from './settled.ts'
import { sourceRecords } from './sources.ts'
import type { Variant } from './variant.ts'
import { line, workloadSystem } from './workload.ts'

export interface EmbeddedOptions {
  readonly seed: number
  readonly variant: Variant
  readonly inputs: number
  readonly restarts: number
  readonly cache: SnapshotCache
}

const LOOK_EVERY_MS = 15

/** Runs to the end of the calm inputs with some restarts; `look` gets the log before the folder goes. */
export async function runEmbedded<T>(options: EmbeddedOptions, look: (log: SqliteLog, dump: LogDump) => Promise<T>): Promise<T> {
  const { variant, cache } = options
  const folder = mkdtempSync(join(tmpdir(), 'statelog-torment-'))
  const clock = workloadClock(Date.now())
  const log = await openSqliteLog({ folder, mode: 'runtime', clock })
  try {
    const system = workloadSystem(variant)
    await log.ensureTopics(topicSpecs(planSystem(system)))
    const records = sourceRecords({ seed: options.seed, inputs: options.inputs, calm: true }).map((record) => outRecord(record, variant.partitions))
    const share = Math.ceil(records.length / (options.restarts + 1))
    for (let start = 0; start <= options.restarts; start += 1) {
      const isLast = start === options.restarts
      const node = new StatelogNode({
        system, log, codec: cborCodec, clock, random: systemRandom, telemetry: SILENT, cache, models: new Map([[line.name, loadedModel(line)]]),
        settings: { batchRecordsMax: 10, ...(variant.releasesMax === undefined ? {} : { releasesMax: variant.releasesMax }) },
      })
      await node.start()
      await appendAll(log, [...records.slice(start * share, (start + 1) * share), ...(isLast ? endRecords(['moves', 'rates'], variant.partitions) : [])])
      const untilMs = performance.now() + 400
      const isOver = async (): Promise<boolean> => (isLast ? isSettled(log, ['account', 'pool'], variant.partitions, () => node, clock.nowMs()) : performance.now() > untilMs)
      while (!(await isOver())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      await node.stop()
    }
    return await look(log, await dumpLog(log, groupTopics(variant)))
  } finally {
    await log.close()
    rmSync(folder, { recursive: true })
  }
}
