// Runs a system over a memory log until it rests, for tests of what reads a log afterwards.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { completionOf } from '../../../adapters/node/completion.ts'
import { openFeeder } from '../../../adapters/node/feeder.ts'
import { lookAt } from '../../../adapters/node/look.ts'
import type { Look } from '../../../adapters/node/look.ts'
import type { FeedItem } from '../../../system/authoring/scenario.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { heat, meters } from './system.ts'

/** A log in which the system consumed every chunk. With `drain: false` its owner vanishes: states lag behind the journal. */
export async function ranOver(chunks: AsyncIterable<readonly FeedItem[]>, { drain }: { readonly drain: boolean }): Promise<MemoryLog> {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(meters)))
  const feeder = await openFeeder({ log, codec: cborCodec, clock: systemClock, system: meters, folder: 'memory', input: 'test' })
  await feeder.feed(chunks, { rate: undefined, stop: new AbortController().signal, room: async () => {} })
  const node = new StatelogNode({ system: meters, log, codec: cborCodec, clock: systemClock, random: systemRandom, telemetry: silentTelemetry, models: new Map([['heat', loadedModel(heat)]]), settings: { commitWaitMs: 0, batchRecordsMax: 40 } })
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
