// Refusals: verdicts, dead letters, directives; what a repeated batch already knows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit, raise } from 'xstate'
import { Escalation } from '../../../../system/partition/supervision.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Failure } from '../../../../system/protocol/failures.ts'
import { PARKED_ENTITIES_MAX, PARKED_PER_ENTITY_MAX } from '../../../../system/protocol/limits.ts'
import { Bench, deedRecord, deedSchema, defineActor, entityId, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

const throwing = assign(() => {
  throw new RangeError('trapped')
}) as never

function planWith(onFailure: Readonly<Record<string, string>> = {}, on: object = {}): TypePlan {
  const machine = createMachine({ on: {
    arm: { actions: raise({ type: 'tick' }, { id: 't', delay: 10 }) as never }, tick: { actions: throwing }, trap: { actions: throwing }, fine: { actions: emit({ type: 'out' }) as never }, ...on,
  } } as never)
  const actor = defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { out: 'outs' }, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, onFailure: onFailure as never, keepStopped: 100 })
  return planOf([actor], 'one')
}

const deeds = (...types: readonly string[]): Parameters<Bench['fold']>[0] => [range('deeds', types.map((type, offset) => deedRecord(offset, { type, who: 'a', time: 100 + offset })))]

test('skip: the input becomes a verdict and a dead letter with its record, the entity goes on', async () => {
  const bench = new Bench(planWith())
  const { batch } = await bench.fold(deeds('fine', 'trap', 'fine'), 1000)
  assert.deepEqual(batch.verdicts, [{ input: '0:1', class: 'action', directive: 'skip' }])
  const [letter] = batch.deadLetters
  assert.ok(letter?.subject.kind === 'record' && letter.subject.record?.offset === 1 && letter.entity === 'a' && letter.failure.message.includes('trapped') && letter.failure.stack !== undefined)
  assert.equal(batch.outbox.records().length, 2)
})

test('a record without an entity is refused once, by its own class', async () => {
  const { batch } = await new Bench(planWith()).fold([range('deeds', [logRecord(0, 'a', 'no JSON'), logRecord(1, null, '{}')])], 1000)
  assert.deepEqual(batch.verdicts.map((verdict) => [verdict.input, verdict.class]), [['0:0', 'decode'], ['0:1', 'key']])
  assert.deepEqual(batch.deadLetters.map(({ entity }) => entity), ['a', undefined])
})

test('stop: the entity ends, has nothing armed, and drops what comes until it expires', async () => {
  const bench = new Bench(planWith({ action: 'stop' }))
  const { batch } = await bench.fold(deeds('arm', 'trap', 'fine'), 1000)
  assert.deepEqual([...batch.drops], [['stopped', 1]])
  assert.deepEqual(bench.dues().clock.map(({ dueMs, kind }) => [dueMs, kind]), [[1100, 3]])
  await bench.fold([], 1100)
  assert.equal(bench.states().size, 0)
  const reborn = await bench.fold([range('deeds', [deedRecord(9, { type: 'fine', who: 'a', time: 200 })])], 1101)
  assert.equal(reborn.batch.outbox.records().length, 1)
})

test('stop on the very first event leaves a stopped entity that is stored', async () => {
  const bench = new Bench(planWith({ action: 'stop' }))
  await bench.fold(deeds('trap'), 1000)
  assert.deepEqual([...bench.states().keys()], ['a'])
})

test('escalate: the batch is thrown away with the reason', async () => {
  await assert.rejects(new Bench(planWith({ action: 'escalate' })).fold(deeds('fine', 'trap'), 1000), (thrown: unknown) => thrown instanceof Escalation && thrown.directive === 'escalate' && thrown.failure.class === 'action')
})

test('park: the input is a dead letter, the entity keeps its state and stands still, what comes after is put aside in order', async () => {
  const live = new Bench(planWith({ action: 'park' }))
  const first = await live.fold(deeds('arm', 'fine', 'trap', 'fine', 'trap'), 1000)
  assert.deepEqual(first.batch.verdicts, [{ input: '0:2', class: 'action', directive: 'park' }])
  assert.deepEqual(first.batch.deadLetters.map(({ entity, directive }) => [entity, directive]), [['a', 'park']])
  assert.deepEqual(first.batch.parked.map(({ subject }) => subject.offset), [3, 4])
  assert.equal(first.batch.outbox.records().length, 1)
  assert.deepEqual(live.dues(), { event: [], clock: [] }, 'nothing of it is due')
  assert.ok(live.memory.entities.peek(entityId('a'))?.timers.has('t'), 'but its timer is kept')
  const more = await live.fold([range('deeds', [deedRecord(9, { type: 'fine', who: 'a', time: 200 }), deedRecord(10, { type: 'fine', who: 'b', time: 200 })])], 2000)
  assert.deepEqual(more.batch.parked.map(({ subject }) => subject.offset), [9])
  assert.equal(more.batch.outbox.records().length, 1, 'others go on')
  assert.deepEqual(first.journal.parked.map(({ entity, count }) => [entity, count]), [['a', 2]])
  const twin = new Bench(planWith({ action: 'escalate' }))
  for (const folded of [first, more]) await twin.repeat(folded)
  assert.deepEqual([[...twin.states()], twin.dues()], [[...live.states()], live.dues()])
})

test('park: a bad record of a known key parks its entity; one without a key is only refused', async () => {
  const bench = new Bench(planWith({ decode: 'park', key: 'park' }))
  const { batch } = await bench.fold([range('deeds', [logRecord(0, 'a', 'no JSON'), logRecord(1, null, '{}'), deedRecord(2, { type: 'fine', who: 'a', time: 5 })])], 1000)
  assert.deepEqual(batch.verdicts, [{ input: '0:0', class: 'decode', directive: 'park' }, { input: '0:1', class: 'key', directive: 'skip' }])
  assert.deepEqual(batch.parked.map(({ subject }) => subject.offset), [2])
})

test('park: over the bound of one entity its events are dead letters, over that of the partition it escalates', async () => {
  const bench = new Bench(planWith({ action: 'park' }))
  await bench.fold(deeds('trap'), 1000)
  bench.memory.parked.set(entityId('a'), { firstSeq: 1, count: PARKED_PER_ENTITY_MAX - 1, bytes: 0 })
  const { batch } = await bench.fold([range('deeds', [deedRecord(5, { type: 'fine', who: 'a', time: 7 }), deedRecord(6, { type: 'fine', who: 'a', time: 7 })])], 1000)
  assert.deepEqual([batch.parked.length, batch.verdicts], [1, [{ input: '0:6', class: 'size', directive: 'skip' }]])
  for (let n = 0; n < PARKED_ENTITIES_MAX; n += 1) bench.memory.parked.set(entityId(`p${n}`), { firstSeq: 1, count: 1, bytes: 1 })
  await assert.rejects(bench.fold([range('deeds', [deedRecord(9, { type: 'trap', who: 'z', time: 7 })])], 1000), /escalate: .*1000 entities are parked already/)
})

test('a timer whose turn fails is used up, and its dead letter names its cause', async () => {
  const bench = new Bench(planWith())
  await bench.fold(deeds('arm'), 1000)
  const { batch } = await bench.fold([], 1010)
  assert.deepEqual(batch.verdicts.map(({ input }) => input), ['timer-a-t-1.1'])
  assert.equal(batch.deadLetters[0]?.subject.kind, 'timer')
  assert.deepEqual(bench.dues().clock, [])
})

test('an input that the log refused the results of fails with what the log said', async () => {
  const forced = new Map<string, Failure>([['0:0', { class: 'size', message: 'too large', stage: 'commit' }]])
  const { batch } = await new Bench(planWith()).fold(deeds('fine', 'fine'), 1000, { forced })
  assert.deepEqual(batch.verdicts, [{ input: '0:0', class: 'size', directive: 'skip' }])
  assert.equal(batch.outbox.records().length, 1)
})

test('F3: a repeated batch takes the journalled verdict, whatever code and policy say now', async () => {
  const live = new Bench(planWith())
  const folded = await live.fold(deeds('trap', 'fine'), 1000)
  const mended = new Bench(planWith({ action: 'escalate' }, { trap: { actions: emit({ type: 'out' }) as never } }))
  const again = await mended.repeat(folded)
  assert.deepEqual(again.verdicts, folded.batch.verdicts)
  assert.deepEqual(again.outbox.records(), folded.batch.outbox.records())
})

test('timers that are armed again and again for the same moment end as class timeout, and the watermark goes on', async () => {
  const machine = createMachine({ on: { go: { actions: raise({ type: 'go' }, { id: 'again', delay: 0 }) as never } } } as never)
  const actor = defineActor({ name: 'one', version: 1, timers: 'event', machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })
  const plan = planOf([actor], 'one')
  const bench = new Bench(plan)
  const folded = await bench.fold([range('deeds', [deedRecord(0, { type: 'go', who: 'a', time: 100 }), deedRecord(1, { type: 'rest', who: 'b', time: 200 })])], 1000, { releasesMax: 10 })
  assert.deepEqual(folded.batch.verdicts.map((verdict) => verdict.class), ['timeout'])
  assert.deepEqual(bench.dues().event, [])
  const twin = new Bench(plan)
  await twin.repeat(folded)
  assert.deepEqual([...twin.states()], [...bench.states()])
})
