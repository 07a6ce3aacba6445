// Who leaves memory after a batch.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { unloadEntities } from '../../../../system/partition/loading.ts'
import { emptyMemory } from '../../../../system/partition/memory.ts'
import { BLANK_BYTES } from '../../../../system/partition/state-sizes.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import { codec, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'

test('what the cache has not taken yet is waited for only when memory is far over its bound', async () => {
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}), limits: { entityBytesMax: 2 * BLANK_BYTES } })], 'one')
  const memory = emptyMemory(plan, 0)
  let flushes = 0
  const states = { ...keyedStateStore({ get: async () => [], armed: async () => [] }, codec, plan, 0), mayLeave: () => flushes > 0, flush: async () => void (flushes += 1) }
  const waits: number[] = []
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    memory.entities.use(entityId(id))
    await unloadEntities(memory, states)
    waits.push(flushes)
  }
  assert.deepEqual([waits, memory.entities.size], [[0, 0, 0, 0, 1, 1], 2])
})
