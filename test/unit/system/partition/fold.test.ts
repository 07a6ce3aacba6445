// A batch: what comes when (F1, F2), holding, lateness, duplicates, task results.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit, fromPromise, raise, setup } from 'xstate'
import { encodeEnvelope, encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../../system/partition/envelope.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { RETRY_DELAY_MS_MIN, TASK_ATTEMPTS_MAX, TASK_LEASE_MS } from '../../../../system/protocol/limits.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { Bench, codec, deedRecord, deedSchema, defineActor, entityId, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed, Folded } from '../../../support/partition/bench.ts'

const saying = emit(({ event }: { event: Partial<Deed> }) => ({ type: 'out', what: event.type, at: event.time })) as never
const armed = [saying, raise({ type: 'tick' }, { id: 't', delay: 10 })] as never

function planWith(more: Readonly<Record<string, unknown>>): TypePlan {
  const machine = createMachine({ on: { arm: { actions: armed }, tick: { actions: saying }, '*': { actions: saying } } } as never)
  const source = { schema: deedSchema, key: (deed: Deed) => deed.who, outOfOrder: 5, id: (deed: Deed) => deed['uid'] as string }
  return planOf([defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { out: 'outs' }, sources: { deeds: source } as never, ...more })], 'one')
}

let uid = 0
const deed = (offset: number, type: string, time: number, who = 'a', id = `u${(uid += 1)}`): LogRecord => deedRecord(offset, { type, time, who, uid: id })
const promise = (offset: number, watermark: number): LogRecord => logRecord(offset, null, null, { headers: [[SOURCE_CONTROL_HEADER, encodeSourceControl(codec, { watermark })]] })
const said = ({ batch }: Folded): readonly string[] => batch.outbox.records().map((record) => {
  const { what, at } = JSON.parse(utf8Decode(record.value ?? new Uint8Array()) ?? '') as { what: string; at: number }
  return `${what} ${at}`
})

test('order eventTime: events are held until the watermark has passed them, then stepped by time', async () => {
  const bench = new Bench(planWith({ order: 'eventTime' }))
  assert.deepEqual(said(await bench.fold([range('deeds', [deed(0, 'b', 104), deed(1, 'a', 100), deed(2, 'c', 105)])], 1000)), [])
  assert.deepEqual(bench.memory.watermarks?.currentMs, 100)
  assert.deepEqual(said(await bench.fold([range('deeds', [deed(3, 'd', 106)])], 1001)), ['a 100'], 'the watermark is 101: 100 is over, 101 would not be')
  assert.deepEqual(said(await bench.fold([range('deeds', [promise(4, 106)])], 1002)), ['b 104', 'c 105'])
  assert.deepEqual(said(await bench.fold([range('deeds', [promise(5, 107)])], 1003)), ['d 106'])
})

test('equal times go by the rank of their types, then by the ids that they were given', async () => {
  const bench = new Bench(planWith({ order: 'eventTime', rank: ['label', 'pay'] as never }))
  const records = [deed(0, 'other', 100, 'a', 'u0'), deed(1, 'pay', 100, 'a', 'u9'), deed(2, 'pay', 100, 'a', 'u1'), deed(3, 'label', 100, 'a', 'u5'), promise(4, 200)]
  const folded = await bench.fold([range('deeds', records)], 1000)
  assert.deepEqual(folded.batch.outbox.records().map((record) => utf8Decode(record.headers.find(([name]) => name === 'ce_id')?.[1] ?? new Uint8Array())), ['3', '2', '1', '0'].map((offset) => `app.one/deeds-0-${offset}/0`))
})

test('F2: an event-time timer fires before the first input that is later, and after inputs of its own moment', async () => {
  const bench = new Bench(planWith({ order: 'eventTime', timers: 'event' }))
  const folded = await bench.fold([range('deeds', [deed(0, 'arm', 100), deed(1, 'at', 110), deed(2, 'after', 111), promise(3, 200)])], 1000)
  assert.deepEqual(said(folded), ['arm 100', 'at 110', 'tick 110', 'after 111'])
})

test('F2: in order of arrival, too, timers that the watermark passed come before the input', async () => {
  const bench = new Bench(planWith({ timers: 'event' }))
  const folded = await bench.fold([range('deeds', [deed(0, 'arm', 100), deed(1, 'x', 115), deed(2, 'y', 116)])], 1000)
  assert.deepEqual(said(folded), ['arm 100', 'x 115', 'tick 110', 'y 116'], 'at 115 the watermark is 110, which is not past the timer')
})

test('F1: processing-time timers come first, at the time of the batch', async () => {
  const bench = new Bench(planWith({}))
  await bench.fold([range('deeds', [deed(0, 'arm', 100)])], 1000)
  assert.deepEqual(said(await bench.fold([range('deeds', [deed(1, 'x', 101)])], 1009)), ['x 101'])
  assert.deepEqual(said(await bench.fold([range('deeds', [deed(2, 'y', 102)])], 1010)), ['tick 1010', 'y 102'])
})

test('late events are applied, dropped with a count, or written to a topic as they were, as the type says', async () => {
  const late = { out: [] as readonly string[], drops: [] as readonly unknown[], topics: [] as readonly string[] }
  for (const policy of ['apply', 'drop', { output: 'latecomers' }] as const) {
    const bench = new Bench(planWith({ order: 'eventTime', late: policy }))
    await bench.fold([range('deeds', [promise(0, 200)])], 1000)
    const folded = await bench.fold([range('deeds', [deed(1, 'just', 200), deed(2, 'late', 199)])], 1001)
    const records = folded.batch.outbox.records()
    Object.assign(late, { drops: [...late.drops, [...folded.batch.drops]], topics: [...late.topics, records.map(({ topic }) => topic).join()] })
  }
  assert.deepEqual(late.drops, [[], [['late', 1]], [['late', 1]]])
  assert.deepEqual(late.topics, ['outs', '', 'latecomers'])
})

test('as many events as the limit says are held, one more is class size', async () => {
  const bench = new Bench(planWith({ order: 'eventTime', limits: { heldMax: 2 } }))
  const { batch } = await bench.fold([range('deeds', [deed(0, 'x', 100), deed(1, 'x', 100), deed(2, 'x', 100), deed(3, 'x', 100, 'b')])], 1000)
  assert.deepEqual(batch.verdicts, [{ input: '0:2', class: 'size', directive: 'skip' }])
})

test('an id seen within the window is dropped, by count and by event time', async () => {
  const bench = new Bench(planWith({ dedup: { count: 2, within: 50 } }))
  const ids = async (...list: readonly (readonly [id: string, time: number])[]): Promise<number> => {
    const { batch } = await bench.fold([range('deeds', list.map(([id, time], offset) => deed(offset, 'x', time, 'a', id)))], 1000)
    return batch.drops.get('duplicate') ?? 0
  }
  assert.equal(await ids(['p', 100], ['p', 100], ['q', 100], ['p', 100]), 2)
  assert.equal(await ids(['r', 100], ['p', 100]), 0, 'two newer ids pushed it out')
  assert.equal(await ids(['s', 149], ['p', 149]), 1)
  assert.equal(await ids(['t', 150], ['p', 150]), 0, 'it was seen 50 ms ago, which is not within 50 ms')
})

function tasks(): Bench {
  const machine = setup({ actors: { call: fromPromise(async () => 1) } }).createMachine({
    initial: 'busy', states: { busy: { invoke: { id: 'call', src: 'call', onDone: { target: 'idle', actions: saying }, onError: { target: 'idle', actions: saying } } }, idle: {} },
  })
  return new Bench(planOf([defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { out: 'outs' }, sources: { deeds: { schema: deedSchema, key: (one: Deed) => one.who } } as never })], 'one'))
}
const result = (offset: number, key: string, ok: boolean): LogRecord => logRecord(offset, 'a', encodeEnvelope(codec, { kind: 'task', task: 'call', key, timeMs: 5, ok, value: 1 }).slice())

test('a task result with another key is dropped with a count, the current one reaches the machine once', async () => {
  const bench = tasks()
  const { batch } = await bench.fold([range('deeds', [deed(0, 'x', 100)])], 1000)
  const key = batch.taskStarts[0]?.key ?? ''
  const stale = await bench.fold([range(bench.plan.inbox, [result(0, 'one/a/call/0-1', true)])], 1001)
  assert.deepEqual([said(stale), [...stale.batch.drops]], [[], [['stale-task', 1]]])
  const done = await bench.fold([range(bench.plan.inbox, [result(1, key, true), result(2, key, true)])], 1002)
  assert.deepEqual([said(done), [...done.batch.drops]], [['xstate.done.actor.call 5'], [['stale-task', 1]]])
  assert.deepEqual(bench.dues().clock, [])
})

test('a failed task is tried again after a growing wait, and its last failure is an event', async () => {
  const bench = tasks()
  let nowMs = 1000
  const { batch } = await bench.fold([range('deeds', [deed(0, 'x', 100)])], nowMs)
  const key = batch.taskStarts[0]?.key ?? ''
  for (let attempt = 1; attempt < TASK_ATTEMPTS_MAX; attempt += 1) {
    assert.deepEqual(said(await bench.fold([range(bench.plan.inbox, [result(attempt, key, false)])], nowMs)), [])
    const waitMs = RETRY_DELAY_MS_MIN * [1, 2, 4][attempt - 1]!
    assert.deepEqual(bench.dues().clock.map(({ dueMs }) => dueMs), [nowMs + waitMs])
    nowMs += waitMs
    assert.deepEqual((await bench.fold([], nowMs)).batch.taskStarts.map((start) => start.key), [key])
    assert.deepEqual(bench.dues().clock.map(({ dueMs }) => dueMs), [nowMs + TASK_LEASE_MS])
  }
  assert.deepEqual(said(await bench.fold([range(bench.plan.inbox, [result(9, key, false)])], nowMs)), ['xstate.error.actor.call 5'])
})

test('F4: an entity whose loaded state contains the commit is left alone', async () => {
  const plan = planWith({})
  const live = new Bench(plan)
  const folded = await live.fold([range('deeds', [deed(0, 'x', 100, 'a'), deed(1, 'x', 100, 'b')])], 1000)
  const twin = new Bench(plan)
  const loaded = twin.memory.entities.use('b' as never)
  Object.assign(loaded, { savedSeq: folded.journal.seq, seq: folded.journal.seq })
  const again = await twin.repeat(folded)
  assert.equal(again.skipped, 1)
  assert.equal(again.outbox.records().length, 1)
})

test('B2: what is due of an entity that was not loaded, because what was due before it went, has the next batch', async () => {
  const bench = new Bench(planWith({ order: 'eventTime', timers: 'event' }))
  await bench.fold([range('deeds', [deed(0, 'arm', 100, 'a'), deed(1, 'arm', 101, 'b'), promise(2, 105)])], 1000)
  const { entities } = bench.memory
  const b = entities.use(entityId('b'))
  entities.clean(b, 0)
  entities.forget(b)
  const cut = await bench.fold([range('deeds', [promise(3, 200)])], 1001)
  assert.deepEqual([said(cut), cut.batch.consumed, cut.batch.cut?.after?.entity], [['tick 110'], 0, 'a'])
  entities.add(b)
  assert.deepEqual(said(await bench.fold([range('deeds', [promise(3, 200)])], 1002)), ['tick 111'])
})
