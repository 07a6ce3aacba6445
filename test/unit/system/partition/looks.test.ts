// The live loop and those who look at it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { Unsettled } from '../../../../system/partition/looks.ts'
import { LOOKS_WAITING_MAX } from '../../../../system/protocol/limits.ts'
import { silent } from '../../../support/partition/owner.ts'

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: createMachine({}) })], partitions: 1 })

test('a look that is refused because the loop ends, and asks again at once, is refused again: it does not wait for ever', { timeout: 5000 }, async () => {
  const log = memoryLog({ keyed: true })
  const looks: Promise<unknown>[] = []
  let isBroken = false
  const probe = (point: string): void => {
    const glance = node.partition('one', 0)?.live
    if (isBroken && point === 'before-commit' && glance !== undefined && looks.length === 0) looks.push(glance.atRest(() => 1).catch(() => glance.atRest(() => 2)).catch((thrown: unknown) => thrown))
  }
  const node: StatelogNode = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, probe } })
  await node.start()
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  isBroken = true
  log.inject('q.one', 0, { kind: 'unknown', applied: true, reason: 'as the test asked' })
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 50 }).catch(() => undefined)
  await node.stop()
  assert.equal(looks.length, 1)
  assert.ok(await looks[0] instanceof Unsettled)
})

test('I9: looks that wait for the end of a batch are bounded; those over it are told to ask again', async () => {
  const log = memoryLog({ keyed: true })
  let looks: Promise<unknown>[] | undefined
  const probe = (point: string): void => {
    const glance = node.partition('one', 0)?.live
    if (point === 'before-commit' && glance !== undefined) looks ??= Array.from({ length: LOOKS_WAITING_MAX + 2 }, () => glance.atRest(() => 'seen').catch((thrown: unknown) => thrown))
  }
  const node: StatelogNode = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, probe } })
  await node.start()
  await node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  const told = await Promise.all(looks ?? [])
  assert.deepEqual([told.filter((one) => one === 'seen').length, told.filter((one) => one instanceof Unsettled).length], [LOOKS_WAITING_MAX, 2])
  assert.equal(await node.partition('one', 0)?.live?.atRest(() => 'again'), 'again')
  await node.stop()
})
