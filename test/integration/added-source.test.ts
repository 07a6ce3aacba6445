// An upgrade that changes an actor type's sources finds its journal's verdicts and scores again, also after a crash.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { memoryLog } from '../../adapters/memory/log.ts'
import { encodeEnvelope } from '../../system/partition/envelope.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, entityId, planOf } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { makeTopics, Owner } from '../support/partition/owner.ts'

test('a command that was refused before a source was added stays refused in the fold of the new code', async () => {
  const refusing = { now: true }
  const add = ({ context }: { context: { n: number } }): number => {
    if (refusing.now) throw new RangeError('not yet')
    return context.n + 1
  }
  const machine = createMachine({ context: { n: 0 }, on: { add: { actions: assign({ n: add }) as never } } })
  const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
  const planWith = (version: number, ...topics: readonly string[]): TypePlan =>
    planOf([defineActor({ name: 'one', version, machine: machine as never, sources: Object.fromEntries(topics.map((topic) => [topic, source])) as never })], 'one')
  const log = memoryLog({ keyed: true })
  const { keyed } = log
  assert.ok(keyed !== undefined)
  const plan = planWith(1, 'deeds')
  await makeTopics(log, plan)
  const owner = new Owner(log, plan, { states: () => keyedStateStore(keyed, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 })
  await owner.acquire()
  const value = encodeEnvelope(codec, { kind: 'command', id: 'c1', timeMs: 5, event: { type: 'add' } })
  await log.append([{ topic: plan.inbox, partition: 0, key: utf8Encode('a'), value, headers: [], timestampMs: 0 }])
  await owner.batch(10)
  const machineOfA = (): unknown => owner.parts.memory.entities.peek(entityId('a'))?.machine
  assert.equal(machineOfA(), undefined)
  refusing.now = false
  for (const [version, ...topics] of [[2, 'early', 'deeds'], [3, 'deeds']] as const) {
    Object.assign(plan, planWith(version, ...topics))
    await makeTopics(log, plan)
    await owner.acquire()
    assert.equal(machineOfA(), undefined, `version ${version}`)
    assert.deepEqual([...owner.parts.position.next().keys()].slice(0, plan.inputs.length), plan.inputs)
  }
  await log.close()
})
