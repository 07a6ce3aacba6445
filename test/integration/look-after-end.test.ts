// A look kept from before a partition's loop ended is refused: it neither waits for ever nor sees a memory that nobody owns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../adapters/node/statelog.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { Unsettled } from '../../system/partition/looks.ts'
import type { Glance } from '../../system/partition/partition.ts'
import { silent } from '../support/partition/owner.ts'

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: createMachine({}) })], partitions: 1 })

async function withGlance(end: (node: StatelogNode, log: ReturnType<typeof memoryLog>) => Promise<void>): Promise<Glance> {
  const log = memoryLog({ keyed: true })
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: silent })
  await node.start()
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  const glance = node.partition('one', 0)?.live
  assert.ok(glance !== undefined)
  await end(node, log)
  await node.stop()
  return glance
}

test('after an orderly end', async () => {
  const glance = await withGlance(async () => {})
  await assert.rejects(glance.atRest(() => 1), Unsettled)
})

test('after a commit whose outcome is not known', async () => {
  const glance = await withGlance(async (node, log) => {
    log.inject('q.one', 0, { kind: 'unknown', applied: true, reason: 'as the test asked' })
    await assert.rejects(node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 50 }), { code: 'command/deadline' })
  })
  await assert.rejects(glance.atRest(() => 1), Unsettled)
})
