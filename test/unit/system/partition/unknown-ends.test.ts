// How soon an owner that does not know what became of its commit asks again (I10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { RETRY_DELAY_MS_MIN } from '../../../../system/protocol/limits.ts'
import { silent } from '../../../support/partition/owner.ts'

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine: createMachine({}) })], partitions: 1 })

test('the first time at once, and then after pauses that grow until something was committed', async () => {
  const log = memoryLog({ keyed: true })
  const pauses: number[] = []
  const clock = { ...wallClock, sleep: (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms >= RETRY_DELAY_MS_MIN && ms < 1000) pauses.push(ms)
    return wallClock.sleep(ms >= RETRY_DELAY_MS_MIN && ms < 1000 ? 1 : ms, signal)
  } }
  let left = 0
  const probe = (point: string): void => {
    if (point !== 'before-commit' || left === 0) return
    left -= 1
    log.inject('q.one', 0, { kind: 'unknown', applied: false, reason: 'as the test asked' })
  }
  const node = new StatelogNode({ system, log, codec: cborCodec, clock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, probe } })
  await node.start()
  const ask = (): Promise<unknown> => node.commands.ask('one', 'a', { type: 'hello' }, { deadlineMs: 5000 })
  await ask()
  const told: number[][] = []
  for (const times of [1, 3, 1]) {
    pauses.length = 0
    left = times
    await ask()
    told.push([...pauses])
  }
  await node.stop()
  assert.deepEqual(told, [[], [RETRY_DELAY_MS_MIN, 2 * RETRY_DELAY_MS_MIN], []])
})
