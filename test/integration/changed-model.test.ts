// An upgrade that brings another model repeats what was decided with the old one as it was: scores, version and hash.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit } from 'xstate'
import { memoryLog } from '../../adapters/memory/log.ts'
import { infer } from '../../system/authoring/effects.ts'
import { defineModel } from '../../system/models/definition.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, entityId, planOf } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { makeTopics, Owner } from '../support/partition/owner.ts'

const modelOf = (version: number) => defineModel({ name: 'm', version, kind: 'linear', features: ['x'], weights: [version], bias: 0 })
const [old, young] = [1, 2].map((version) => `${version}:${modelOf(version).hash}`)

test('after a crash the fold of the new code knows which model scored', async () => {
  const machine = createMachine({
    context: { by: '' },
    on: {
      judge: { actions: infer('m', () => [1]) as never },
      'inference.m': { actions: [assign({ by: ({ event }: { event: { version?: number; hash?: string } }) => `${event.version}:${event.hash}` }) as never, emit(({ event }) => ({ type: 'judged', event })) as never] },
    },
  })
  const planWith = (version: number): TypePlan =>
    planOf([defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { judged: 'judged' }, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one', { models: [modelOf(version)] })
  const log = memoryLog({ keyed: true })
  const { keyed } = log
  assert.ok(keyed !== undefined)
  const plan = planWith(1)
  await makeTopics(log, plan)
  const owner = new Owner(log, plan, { states: () => keyedStateStore(keyed, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 })
  const judge = async (): Promise<void> => {
    await log.append([{ topic: 'deeds', partition: 0, key: utf8Encode('a'), value: utf8Encode(JSON.stringify({ type: 'judge', who: 'a', time: 5 })), headers: [], timestampMs: 0 }])
    await owner.batch(10)
  }
  const by = (): unknown => {
    const entity = owner.parts.memory.entities.peek(entityId('a'))
    return entity?.machine === undefined ? undefined : plan.definition.machine.context(entity.machine)
  }
  await owner.acquire()
  await judge()
  assert.deepEqual(by(), { by: old })
  Object.assign(plan, planWith(2))
  await owner.acquire()
  assert.deepEqual([by(), owner.rebased], [{ by: old }, []])
  await judge()
  assert.deepEqual(by(), { by: young })
  await owner.acquire()
  assert.deepEqual([by(), owner.rebased], [{ by: young }, []])
  await log.close()
})
