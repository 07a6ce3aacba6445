// Effects at the end of a turn: all or nothing (A1), generations (A2), bounds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit, fromPromise, log, raise, setup, stopChild } from 'xstate'
import { reply, tell } from '../../../../system/authoring/effects.ts'
import { encodeEnvelope } from '../../../../system/partition/envelope.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { TASK_LEASE_MS } from '../../../../system/protocol/limits.ts'
import { Bench, codec, deedRecord, deedSchema, defineActor, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

interface Memo { readonly n: number }
const counting = assign(({ context }: { context: Memo }) => ({ n: context.n + 1 })) as never
const arm = (id: string, delay: number): never => raise({ type: 'tick' }, { id, delay }) as never
const target = defineActor({ name: 'target', version: 1, machine: createMachine({}) as never })

function planWith(machine: object, more: Readonly<Record<string, unknown>> = {}): TypePlan {
  const base = setup({ actors: { call: fromPromise(async () => 1) } })
  const actor = defineActor({
    name: 'one', version: 1, machine: base.createMachine({ context: { n: 0 }, ...machine } as never) as never, outputs: { out: 'outs' },
    sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, ...more,
  })
  return planOf([actor, target], 'one')
}

const deeds = (...types: readonly string[]): Parameters<Bench['fold']>[0] => [range('deeds', types.map((type, offset) => deedRecord(offset, { type, who: 'a', time: 100 + offset })))]
const command = (offset: number, id: string, type: string): ReturnType<typeof logRecord> => logRecord(offset, 'a', encodeEnvelope(codec, { kind: 'command', id, timeMs: 50, event: { type } }).slice())

test('A1: whatever one effect of a turn cannot do, the turn does nothing', async () => {
  const good = [counting, emit({ type: 'out' }), arm('t', 10), log('x', 'x'), tell('target', 'b', { type: 'hi' })]
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['an id that is none', tell('target', () => '', { type: 'hi' }), 'no entity id'],
    ['an event that cannot be encoded', tell('target', 'b', () => ({ type: 'hi', f: () => 1 })), 'f'],
    ['an output that JSON would change', emit(() => ({ type: 'out', n: NaN })), 'event.n is NaN'],
    ['a delay that is no number', raise({ type: 'tick' }, { id: 'u', delay: () => NaN }), 'delay'],
    ['a timer event that cannot be stored', raise(() => ({ type: 'tick', list: new Map() }), { id: 'u', delay: 5 }), "the event of timer 'u'.list is an instance of Map"],
    ['a reply that cannot be stored', reply(() => ({ now: Symbol('x') })), 'the reply.now is a symbol'],
  ]
  for (const [name, effect, reason] of bad) {
    const bench = new Bench(planWith({ on: { go: { actions: [...good, effect] } } }))
    const { batch } = await bench.fold(deeds('go'), 1000)
    assert.deepEqual(batch.verdicts.map((verdict) => verdict.class), ['action'], name)
    assert.ok(batch.deadLetters[0]?.failure.message.includes(reason), `${name}: ${batch.deadLetters[0]?.failure.message}`)
    assert.deepEqual([batch.outbox.records(), batch.logs, batch.turns, bench.states().size, bench.dues().clock], [[], [], 0, 0, []], name)
  }
})

test('effects of a good turn come out in order, in one commit', async () => {
  const bench = new Bench(planWith({ on: { go: { actions: [emit({ type: 'out' }), tell('target', 'b', { type: 'hi' }), log('x', 'note'), emit({ type: 'out' })] } } }))
  const { batch } = await bench.fold(deeds('go'), 1000)
  assert.deepEqual(batch.outbox.records().map(({ topic }) => topic), ['outs', 'app.target.inbox', 'outs'])
  assert.deepEqual(batch.logs, [{ entity: 'a', label: 'note', value: 'x' }])
})

test('A2: generations count per entity and commit, whatever other entities do', async () => {
  const on = { go: { actions: [arm('t', 10), arm('u', 10)] } }
  const alone = new Bench(planWith({ on }))
  await alone.fold(deeds('go', 'go'), 1000)
  const crowded = new Bench(planWith({ on }))
  const records = ['b', 'a', 'c', 'a'].map((who, offset) => deedRecord(offset, { type: 'go', who, time: 100 }))
  await crowded.fold([range('deeds', records)], 1000)
  const generations = (bench: Bench): unknown => [...bench.memory.entities.values()].filter(({ id }) => id === 'a').map(({ timers }) => [...timers].map(([id, timer]) => [id, timer.generation, timer.dueMs]))
  assert.deepEqual(generations(alone), [[['t', '1.3', 1010], ['u', '1.4', 1010]]])
  assert.deepEqual(generations(crowded), generations(alone))
})

test('timers count the time that the type says, and a delay below zero is none', async () => {
  for (const [timers, due] of [['processing', 1000], ['event', 100]] as const) {
    const bench = new Bench(planWith({ on: { go: { actions: [arm('t', 10), arm('u', -5)] } } }, { timers }))
    await bench.fold(deeds('go'), 1000)
    const { event, clock } = bench.dues()
    assert.deepEqual((timers === 'event' ? event : clock).map(({ dueMs, id }) => [dueMs, id]), [[due, 'u'], [due + 10, 't']])
  }
})

test('as many timers as the limit says may be armed, and not one more', async () => {
  const bench = new Bench(planWith({ on: { two: { actions: [arm('a', 9), arm('b', 9)] }, third: { actions: [arm('c', 9)] } } }, { limits: { timersMax: 2 } }))
  const { batch } = await bench.fold(deeds('two', 'two', 'third'), 1000)
  assert.deepEqual(batch.verdicts, [{ input: '0:2', class: 'size', directive: 'skip' }])
  assert.equal(bench.dues().clock.length, 2)
})

const working = { initial: 'idle', states: { idle: { on: { start: 'busy' } }, busy: { invoke: { id: 'call', src: 'call', input: { n: 1 }, onDone: 'idle' }, on: { quit: 'idle', drop: { actions: stopChild('call') } } } } }

test('a task starts with a key of its own and is due again when its lease ends; leaving its state ends it', async () => {
  const bench = new Bench(planWith(working))
  const { batch } = await bench.fold(deeds('start'), 1000)
  assert.deepEqual(batch.taskStarts, [{ entity: 'a', task: 'call', key: 'one/a/call/1-1', src: 'call', input: { n: 1 } }])
  assert.deepEqual(bench.dues().clock.map(({ dueMs, kind, id }) => [dueMs, kind, id]), [[1000 + TASK_LEASE_MS, 2, 'call']])
  const again = await bench.fold([], 1000 + TASK_LEASE_MS)
  assert.deepEqual(again.batch.taskStarts.map(({ key }) => key), ['one/a/call/1-1'], 'the same key: it is the same task')
  await bench.fold([range('deeds', [deedRecord(1, { type: 'quit', who: 'a', time: 101 })])], 40_000)
  assert.deepEqual(bench.dues().clock, [])
})

test('a machine that ends has nothing armed any more, expires, and is gone then', async () => {
  const bench = new Bench(planWith({ initial: 'one', states: { one: { on: { arm: { actions: arm('t', 9999) }, end: 'over' } }, over: { type: 'final' } } }, { keepStopped: 500 }))
  await bench.fold(deeds('arm', 'end', 'arm'), 1000)
  assert.deepEqual(bench.dues().clock.map(({ dueMs, kind }) => [dueMs, kind]), [[1500, 3]])
  const late = await bench.fold([range('deeds', [deedRecord(3, { type: 'arm', who: 'a', time: 200 })])], 1499)
  assert.deepEqual([...late.batch.drops], [['stopped', 1]])
  const gone = await bench.fold([], 1500)
  assert.equal(gone.batch.fired.length, 1)
  assert.equal(bench.states().size, 0)
  assert.deepEqual([...gone.batch.occupancy.values()], [-1])
})

test('a command is answered once, and the same answer again when it is repeated', async () => {
  const bench = new Bench(planWith({ on: { ask: { actions: [counting, reply(({ context }: { context: Memo }) => context.n)] }, hush: {} } as never }))
  const first = await bench.fold([range(bench.plan.inbox, [command(0, 'c1', 'ask'), command(1, 'c2', 'hush')])], 1000)
  assert.deepEqual(first.batch.replies, [{ entity: 'a', command: 'c1', value: 1 }, { entity: 'a', command: 'c2', value: null }])
  const again = await bench.fold([range(bench.plan.inbox, [command(2, 'c1', 'ask'), command(3, 'c2', 'hush')])], 1001)
  assert.deepEqual(again.batch.replies, first.batch.replies)
  assert.deepEqual([...again.batch.drops], [['duplicate', 2]])
})
