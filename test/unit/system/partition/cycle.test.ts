// What a cycle leaves behind when it is over.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { Cycle } from '../../../../system/partition/cycle.ts'
import type { PartitionDeps } from '../../../../system/partition/deps.ts'
import { emptyMemory } from '../../../../system/partition/memory.ts'
import type { PartitionParts } from '../../../../system/partition/parts.ts'
import { Position } from '../../../../system/partition/position.ts'
import type { Lease } from '../../../../system/ports/log.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'
import { codec, defineActor, planOf } from '../../../support/partition/bench.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never })], 'one')

test('a signal that outlives a cycle keeps nothing of it', async () => {
  const deps = { plan, codec, clock: new SimulatedClock(0), settings: { commitWaitMs: 0, idleMs: 1000 } } as unknown as PartitionDeps
  const lease = { partition: 0, poll: () => Promise.reject(new Unreachable('kafka/unreachable', 'no broker answers')) } as unknown as Lease
  const parts = { memory: emptyMemory(plan, 0), position: new Position(new Map()), snapshots: { isClean: true, isDue: () => false }, committer: { owesPromise: () => false } } as unknown as PartitionParts
  const stop = new AbortController()
  for (let acquisition = 0; acquisition < 3; acquisition += 1) await assert.rejects(new Cycle(deps, lease, parts).run(stop.signal), Unreachable)
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0)
})
