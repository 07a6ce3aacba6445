// A partition that is behind gives way between two batches: what wakes it may come without end, and questions are asked from elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, log as tell, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { systemClock } from '../../../../adapters/node/clock.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { deedSchema } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const RECORDS = 200
const BATCH = 10

const machine = setup({ types: { context: {} as { n: number }, events: {} as Deed } }).createMachine({ context: { n: 0 }, on: { deed: { actions: assign({ n: ({ context }) => context.n + 1 }) } } })
const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine, snapshotEvery: 0, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } })], partitions: 1 })
const deed = (time: number): OutRecord => ({ topic: 'deeds', partition: 0, key: utf8Encode('a'), value: utf8Encode(JSON.stringify({ type: 'deed', who: 'a', time })), headers: [], timestampMs: time })

const FULL = [['records', { commitWaitMs: 0, batchRecordsMax: BATCH }], ['bytes', { commitWaitMs: 0, batchBytesMax: 600 }], ['bytes, and waits for more', { batchBytesMax: 600 }]] as const

for (const [what, settings] of FULL) {
  test(`between two batches that are full of ${what} everything else of the thread has its turn`, async () => {
    const log = memoryLog({ keyed: true })
    await log.ensureTopics(topicSpecs(planSystem(system)))
    await log.append(Array.from({ length: RECORDS }, (_, time) => deed(time)))
    const { promise, resolve } = Promise.withResolvers<void>()
    let [left, sinceTurn, most] = [RECORDS, 0, 0]
    const turn = (): void => {
      sinceTurn = 0
      if (left > 0) setImmediate(turn)
    }
    const batch = ({ inputs }: { readonly inputs: number }): void => {
      left -= inputs
      most = Math.max(most, sinceTurn += 1)
      if (left === 0) resolve()
    }
    const node = new StatelogNode({ system, log, codec: cborCodec, clock: systemClock, random: new SeededRandom(1), models: new Map(), settings, telemetry: { ...silent, batch } })
    await node.start()
    turn()
    await promise
    await node.stop()
    assert.ok(most <= 2, `${most} batches in one turn`)
  })
}

test('nor do timers that are due all at once keep the thread to themselves', async () => {
  const sleeper = setup({ types: { context: {} as { n: number }, events: {} as Deed }, delays: { later: 40 } }).createMachine({ initial: 'up', context: { n: 0 }, states: { up: { on: { deed: 'asleep' } }, asleep: { after: { later: 'awake' } }, awake: { entry: tell('awake') } } })
  const sleepers = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: sleeper, snapshotEvery: 0, sources: { deeds: { schema: deedSchema, key: (one: Deed) => one.who } } })], partitions: 1 })
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(sleepers)))
  await log.append(Array.from({ length: RECORDS }, (_, nth) => ({ ...deed(nth), key: utf8Encode(`s${nth}`), value: utf8Encode(JSON.stringify({ type: 'deed', who: `s${nth}`, time: nth })) })))
  let [awake, sinceTurn, most] = [0, 0, 0]
  const turn = (): void => {
    sinceTurn = 0
    if (awake < RECORDS) setImmediate(turn)
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  const batch = (): void => {
    most = Math.max(most, sinceTurn += 1)
    if (awake === RECORDS) resolve()
  }
  const woken = (): void => void (awake += 1)
  const node = new StatelogNode({ system: sleepers, log, codec: cborCodec, clock: systemClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0, releasesMax: BATCH }, telemetry: { ...silent, batch, log: woken } })
  await node.start()
  turn()
  await promise
  await node.stop()
  assert.ok(most <= 2, `${most} batches in one turn`)
})

test('and one that is told to stop meanwhile, at whatever moment, stops', async () => {
  for (let moments = 0; moments < 12; moments += 1) {
    const log = memoryLog({ keyed: true })
    await log.ensureTopics(topicSpecs(planSystem(system)))
    await log.append(Array.from({ length: BATCH }, (_, time) => deed(time)))
    const { promise: taken, resolve: batch } = Promise.withResolvers<unknown>()
    const node: StatelogNode = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0, batchRecordsMax: BATCH, idleMs: 60_000 }, telemetry: { ...silent, batch } })
    await node.start()
    await taken
    for (let passed = 0; passed < moments; passed += 1) await Promise.resolve()
    const over = new AbortController()
    const isStopped = await Promise.race([node.stop().then(() => true), wallClock.sleep(2000, over.signal).then(() => false)])
    over.abort()
    assert.ok(isStopped, `it waited for records, told after ${moments} moments`)
  }
})
