// A log that does not answer for a while costs time: partitions wait for it, and a task's result that may stand in it is not turned into a failure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setup } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineSystem } from '../../../../system/authoring/system.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { TaskRunner } from '../../../../system/node/tasks.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'
import type { AppendOutcome, Log } from '../../../../system/ports/log.ts'
import { codec, deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { fastClock } from '../../../support/chaos/clocks.ts'
import { silent } from '../../../support/partition/owner.ts'

const machine = setup({}).createMachine({ context: { n: 0 }, on: { '*': {} } })
const actor = defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })

test('a partition whose log is away when it is acquired waits, and lives when the log is back', { timeout: 20_000 }, async () => {
  const log = memoryLog({ keyed: true })
  let away = 3
  const unsteady = new Proxy(log, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'read' && name !== 'offsetsAt') return value.bind(target) as unknown
      return (...args: unknown[]) => {
        away -= 1
        if (away >= 0) return Promise.reject(new Unreachable('kafka/unreachable', 'no broker answers'))
        return (value as (...all: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  const states: string[] = []
  const node = new StatelogNode({
    system: defineSystem({ name: 'app', actors: [actor], partitions: 1 }), log: unsteady as unknown as Log, codec, clock: fastClock(Date.now(), Date.now(), 10), random: new SeededRandom(1), models: new Map(),
    telemetry: { ...silent, partition: ({ state }) => void states.push(state) },
  })
  await node.start()
  while (node.partition('one', 0)?.state !== 'live' && !states.includes('failed')) await wallClock.sleep(10)
  assert.equal(states.includes('failed'), false, states.join(', '))
  assert.equal(states.includes('waiting'), true, states.join(', '))
  await node.stop()
})

test('a result of which nobody knows whether it was written is not followed by a failure', async () => {
  const plan = planOf([actor], 'one')
  const appends: number[] = []
  const log = { append: async (records: readonly unknown[]): Promise<AppendOutcome> => {
    appends.push(records.length)
    return { kind: 'unknown', reason: 'not confirmed' }
  } } as unknown as Log
  const said: string[] = []
  const tasks = new TaskRunner(log, codec, wallClock, { ...silent, log: (_level, message) => void said.push(message) })
  const task = { ...plan, definition: { ...plan.definition, machine: { ...plan.definition.machine, runTask: async () => 42 } } }
  tasks.start(task as never, [{ entity: entityId('a'), task: 't', src: 's', input: undefined, key: 'k' } as never])
  while (said.length === 0) await wallClock.sleep(5)
  assert.deepEqual([appends, said.length], [[1], 1])
})
