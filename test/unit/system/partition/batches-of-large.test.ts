// What one batch loads and makes dirty is bounded, as far as those before tell (I9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { topicSpecs } from '../../../../system/partition/topology.ts'
import { BATCH_ENTITY_BYTES_MAX, BATCH_UNKNOWN_MAX } from '../../../../system/protocol/limits.ts'
import { deedRecord, deedSchema } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

test('the first batch of an owner is small, and so are those that follow where states are large', async () => {
  const [stateBytes, inputs] = [200_000, 300]
  const large = createMachine({ context: { text: '' }, on: { grow: { actions: assign({ text: () => 'x'.repeat(stateBytes) }) } } } as never)
  const actor = defineActor({ name: 'one', version: 1, machine: large, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who, time: (deed: Deed) => deed.time } as never } })
  const log = memoryLog({ keyed: true })
  const batches: number[] = []
  const { promise: taken, resolve } = Promise.withResolvers<void>()
  const telemetry = { ...silent, batch: (batch: { readonly inputs: number }): void => {
    batches.push(batch.inputs)
    if (batches.reduce((sum, count) => sum + count, 0) === inputs) resolve()
  } }
  const node = new StatelogNode({ system: defineSystem({ name: 'g', actors: [actor], partitions: 1 }), log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry })
  await log.ensureTopics(topicSpecs(node.plans))
  await log.append(Array.from({ length: inputs }, (_, n) => ({ ...deedRecord(n, { type: 'grow', who: `e${n}`, time: 1 }), topic: 'deeds', partition: 0 })))
  await node.start()
  await taken
  await node.stop()
  const [first = 0, ...rest] = batches
  assert.ok(first <= BATCH_UNKNOWN_MAX && Math.max(...rest) * 3 * stateBytes < BATCH_ENTITY_BYTES_MAX, batches.join(' '))
})
