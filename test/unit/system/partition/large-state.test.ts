// A state that fits its type's limit, and not the log.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const machine = createMachine({ context: { text: '' }, on: { grow: { actions: assign({ text: () => 'x'.repeat(30_000) }) } } } as never)
const system = defineSystem({ name: 'g', actors: [defineActor({ name: 'one', version: 1, machine, snapshotEvery: 0 })], partitions: 1 })

test('an entity whose state the log refuses is parked, and the others go on', async () => {
  const log = memoryLog({ keyed: true, recordBytesMax: 20_000 })
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: silent })
  await node.start()
  const ask = (id: string, type: string): Promise<unknown> => node.commands.ask('one', id, { type }, { deadlineMs: 5000 })
  await ask('a', 'begin')
  await assert.rejects(ask('a', 'grow'), /'a' is parked/)
  assert.equal(await ask('b', 'begin'), null)
  const partition = node.partition('one', 0)
  assert.deepEqual([partition?.state, partition?.live?.parts.memory.entities.peek(entityId('a'))?.parked?.class], ['live', 'size'])
  await node.stop()
})
