// What a commit leaves, for whoever looks in the moment in which it is done.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, order: 'eventTime', sources: { deeds: source } as never })], 'one')

test('the seq of a commit and its watermark are there in one moment, also where no batch is in hand', async () => {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const owner = new Owner(log, plan, { states: () => keyedStateStore(log.keyed as never, codec, plan, 0), releasesMax: 100, startMs: 1000 })
  await owner.acquire()
  const { memory, committer } = owner.parts
  memory.watermarks?.observeEvent('deeds', 500)
  const [seq, watermarks] = [memory.seq + 1, memory.watermarks?.save() ?? []]
  const placed = (): readonly unknown[] => [memory.seq, memory.nowMs, memory.watermarks?.committedMs]
  const before = placed()
  const done = committer.commit({ kind: 'suspect', seq, nowMs: 2000, batch: undefined, inputs: [], watermarks, models: memory.models, idle: false, pace: 'steady' })
  assert.deepEqual(placed(), before)
  assert.deepEqual(await done.then(({ kind }) => [kind, ...placed()]), ['done', seq, 2000, 500])
  await owner.release()
})
