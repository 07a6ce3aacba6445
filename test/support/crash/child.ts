// A process that runs the ledger on a data folder until all is consumed. Environment: STATELOG_CRASH = JSON of `CrashTask`.
import { writeSync } from 'node:fs'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import { verifyPartition } from '../../../system/inspect/verify.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { ledger } from './system.ts'

export interface CrashTask {
  readonly folder: string
  readonly partitions: number
  readonly deadly: readonly string[]
  /** After everything was consumed: stop in order, or be killed. `verify`: replay the journals instead of running. */
  readonly end: 'stop' | 'die' | 'verify'
}

const task = JSON.parse(process.env['STATELOG_CRASH'] ?? '{}') as CrashTask
const say = (words: object): void => void writeSync(1, `${JSON.stringify(words)}\n`)
const telemetry: Telemetry = {
  partition: ({ partition, state, reason }) => {
    if (state === 'failed') say({ failed: `${partition}: ${reason}` })
  },
  batch: () => {}, probe: () => {},
  log: (level, message) => {
    if (level === 'warn' || level === 'error') say({ [level]: message })
  },
}
const log = await openSqliteLog({ folder: task.folder, mode: 'runtime', clock: systemClock })
if (task.end === 'verify') {
  await verifyAll()
  process.exit(0)
}
const node = new StatelogNode({ system: ledger(task.partitions, new Set(task.deadly)), log, codec: cborCodec, clock: systemClock, random: systemRandom, telemetry, models: new Map(), settings: { batchRecordsMax: 20, commitWaitMs: 0 } })
await node.start()
const isConsumed = async (): Promise<boolean> => {
  const status = await node.status()
  return status.length === task.partitions && status.every(({ state, lag }) => state === 'live' && lag === 0)
}
while (!(await isConsumed())) await systemClock.sleep(20)
say({ consumed: true })
if (task.end === 'die') process.kill(process.pid, 'SIGKILL')
await node.stop()
await log.close()

async function verifyAll(): Promise<void> {
  const plan = planSystem(ledger(task.partitions, new Set(task.deadly))).get('account')
  for (let partition = 0; plan !== undefined && partition < task.partitions; partition += 1) {
    const { gone, outputMismatches, stateMismatches, entities } = await verifyPartition({ log, codec: cborCodec, clock: wallClock }, plan, partition)
    say({ partition, entities, wrong: [gone, ...outputMismatches, ...stateMismatches].filter((one) => one !== undefined) })
  }
}
