// What comes after a pause is taken at once; what comes soon after that waits for each other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { deedSchema } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const WAIT_MS = 600

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: setup({ types: { events: {} as Deed } }).createMachine({}), sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } })], partitions: 1 })
const deed = (time: number): OutRecord => ({ topic: 'deeds', partition: 0, key: utf8Encode('a'), value: utf8Encode(JSON.stringify({ type: 'deed', who: 'a', time })), headers: [], timestampMs: time })

test('a record after a pause waits for no other; those that come within the time of a commit are of one batch', async () => {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(system)))
  const batches: (readonly [inputs: number, atMs: number])[] = []
  let taken = Promise.withResolvers<void>()
  const batch = ({ inputs }: { readonly inputs: number }): void => {
    if (inputs === 0) return
    batches.push([inputs, performance.now()])
    taken.resolve()
  }
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: WAIT_MS }, telemetry: { ...silent, batch } })
  await node.start()
  const sentMs = performance.now()
  await log.append([deed(0)])
  await taken.promise
  taken = Promise.withResolvers()
  await log.append([deed(1)])
  await wallClock.sleep(10)
  await log.append([deed(2)])
  await taken.promise
  await node.stop()
  const [[first = 0, firstMs = 0] = [], [second = 0, secondMs = 0] = []] = batches
  assert.deepEqual([first, second], [1, 2])
  assert.ok(firstMs - sentMs < WAIT_MS * 0.9 && secondMs - firstMs > WAIT_MS / 2, `${firstMs - sentMs} ms, then ${secondMs - firstMs} ms`)
})
