import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { infer } from '../../../../system/authoring/effects.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import { encodeEnvelope } from '../../../../system/partition/envelope.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const machine = createMachine({ context: { seen: [] as readonly unknown[] }, on: { note: { actions: assign({ seen: ({ context, event }) => [...context.seen, event['name']] }) } } } as never)
const scoring = createMachine({
  context: { by: [] as readonly unknown[] },
  on: { go: { actions: infer('risk', [1]) }, 'inference.risk': { actions: assign({ by: ({ context, event }) => [...context.by, event['version']] }) } },
} as never)
const risk = defineModel({ name: 'risk', version: 3, kind: 'linear', features: ['n'], weights: [1], bias: 0 })
const source = { schema: deedSchema, key: (deed: Deed) => deed.who }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { first: source, second: source } as never })], 'one', { partitions: 1 })
const scored = planOf([defineActor({ name: 'one', version: 1, machine: scoring as never, sources: { first: source } as never })], 'one', { partitions: 1, models: [risk] })

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

test('H1, I12: an activation stands where others hold it up, also for who took nothing from the inbox', async () => {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, scored)
  const inbox = { topic: scored.inbox, partition: 0, headers: [], timestampMs: 0 }
  // The command is later than what the entity takes, and the activation comes after the command.
  await log.append([
    { ...inbox, topic: 'first', key: utf8Encode('a'), value: utf8Encode(JSON.stringify({ type: 'go', who: 'a', time: 15 })) },
    { ...inbox, key: utf8Encode('other'), value: encodeEnvelope(codec, { kind: 'command', id: 'k', timeMs: 20, event: { type: 'go' } }) },
    { ...inbox, key: null, value: encodeEnvelope(codec, { kind: 'activation', model: 'risk', version: 4, hash: 'h4', timeMs: 20 }) },
  ])
  const owner = new Owner(log, scored, { states: () => keyedStateStore(log.keyed as KeyedReads, codec, scored, 0), releasesMax: 1000, startMs: 2_000_000 })
  await owner.acquire()
  await owner.batch(10)
  const { entries } = await historyOf(log.peer(), codec, scored, 'a', { entriesMax: 10 })
  assert.deepEqual(entries.flatMap(({ models }) => models.map((model) => model?.version)), [3])
  for (const rest of [async () => {}, () => owner.release()]) {
    const { entity } = await queryEntity({ log: log.peer(), codec, clock: wallClock }, scored, 'a')
    assert.deepEqual(entity?.context, { by: [3] })
    await rest()
  }
})
