// Runs a system over a memory log until it rests, for tests of what reads a log afterwards.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { completionOf } from '../../../adapters/node/completion.ts'
import { openFeeder } from '../../../adapters/node/feeder.ts'
import { Tempo } from '../../../adapters/node/tempo.ts'
import { lookAt } from '../../../adapters/node/look.ts'
import type { Look } from '../../../adapters/node/look.ts'
import type { FeedItem } from '../../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { meters } from './system.ts'

export interface RanOver {
  /** False: its owner vanishes: states lag behind the journal. */
  readonly drain: boolean
  /** Default: the meters. */
  readonly system?: SystemDefinition
  readonly batchRecordsMax?: number
}

/** A log in which the system consumed every chunk. */
export async function ranOver(chunks: AsyncIterable<readonly FeedItem[]>, { drain, system = meters, batchRecordsMax = 40 }: RanOver): Promise<MemoryLog> {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(system)))
  const feeder = await openFeeder({ log, codec: cborCodec, clock: systemClock, system, folder: 'memory', input: 'test' })
  await feeder.feed(chunks, { tempo: new Tempo(undefined), stop: new AbortController().signal, room: async () => {} })
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: systemClock, random: systemRandom, telemetry: silentTelemetry, models: new Map(system.models.map((model) => [model.name, loadedModel(model)])), settings: { commitWaitMs: 0, batchRecordsMax } })
  await node.start()
  let before: Look | undefined
  for (;;) {
    const now = await lookAt(log, node)
    const completion = completionOf(before, now, feeder.promisedMs)
    if (completion.kind === 'consumed') break
    if (completion.kind === 'failed') throw new TypeError(completion.reason)
    before = now
    await systemClock.sleep(5)
  }
  // Without a drain the log is left as a killed owner leaves it; commits of the one that still lives are fenced off by leaving.
  const peer = log.peer()
  if (drain) await node.stop()
  else await log.close()
  return peer
}
