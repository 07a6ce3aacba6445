import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const machine = createMachine({ context: { seen: [] as readonly unknown[] }, on: { note: { actions: assign({ seen: ({ context, event }) => [...context.seen, event['name']] }) } } } as never)
const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { first: source, second: source } as never })], 'one', { partitions: 1 })

test('H1, I12: an entity took its inputs of several topics in the order of the whole batch, in which others hold some of them up', async () => {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const note = (who: string, time: number, name: string) => ({ type: 'note', who, time, name })
  // What is ahead of its time in a topic stands before what is late there: 'late' is taken after 'second'.
  for (const [topic, deeds] of [['first', [note('other', 20, ''), note('a', 10, 'late')]], ['second', [note('a', 15, 'second')]]] as const) {
    await log.append(deeds.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: 0 })))
  }
  const owner = new Owner(log, plan, { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 1000, startMs: 2_000_000 })
  await owner.acquire()
  await owner.batch(10)
  const seen = (context: unknown): readonly unknown[] => (context as { readonly seen: readonly unknown[] }).seen
  const { entries } = await historyOf(log.peer(), codec, plan, 'a', { entriesMax: 10 })
  assert.deepEqual(entries.map(({ event }) => event['name']), ['second', 'late'])
  for (const rest of [async () => {}, () => owner.release()]) {
    const { entity } = await queryEntity({ log: log.peer(), codec, clock: wallClock }, plan, 'a')
    assert.deepEqual([seen(entity?.context), seen(entries.at(-1)?.context)], [['second', 'late'], ['second', 'late']])
    await rest()
  }
})
