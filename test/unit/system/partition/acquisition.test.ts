// Acquisition: what an owner makes of a partition that the next owner takes from it meanwhile, and how often it looks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one')

/** The same log, on which looking for the end of `topic` takes as long as `meanwhile`. */
function slowEnd(log: MemoryLog, topic: string, meanwhile: () => Promise<void>): MemoryLog {
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'offsetsAt') {
        return async (...[of, ...more]: Parameters<MemoryLog['offsetsAt']>): Promise<number> => {
          if (of === topic) await meanwhile()
          return target.offsetsAt(of, ...more)
        }
      }
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

/** The owner acquires the partition once the group has given it to its nth member. */
async function given(log: MemoryLog, owner: Owner, member: number): Promise<void> {
  const acquiring = owner.acquire()
  // It leaves its last group first.
  await Promise.resolve()
  log.move(plan.group, 0, member)
  await acquiring
}

test('an owner whose successor commits while it reads where it stands is fenced; nobody has moved a position', async () => {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const options = { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 }
  await new Owner(log, plan, options).acquire()
  const successor = new Owner(log.peer(), plan, options)
  let isTaken = false
  const takenMeanwhile = slowEnd(log.peer(), plan.journal, async () => {
    if (isTaken) return
    isTaken = true
    await given(log, successor, 2)
  })
  await assert.rejects(given(log, new Owner(takenMeanwhile, plan, options), 1), { message: 'not acquired: {"kind":"fenced"}' })
  assert.equal(successor.parts.memory.epoch, 2)
})

test('an owner looks once where the journal ends: it knows what it wrote behind that itself', async () => {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const options = { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 }
  await new Owner(log, plan, options).acquire()
  let looks = 0
  const next = new Owner(slowEnd(log.peer(), plan.journal, async () => void (looks += 1)), plan, options)
  await given(log, next, 1)
  assert.equal(next.parts.memory.epoch, 2)
  // Its latest and its earliest offset.
  assert.equal(looks, 2)
})

test('an owner whose record of the journal the log refuses gives up with the reason: the next try would be refused too', async () => {
  const log = memoryLog({ keyed: true, recordBytesMax: 50 })
  await makeTopics(log, plan)
  const options = { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 }
  await assert.rejects(new Owner(log, plan, options).acquire(), { name: 'OperationError', code: 'partition/refused', message: /the limit is 50/ })
})
