// Turns and their scores: R1-R3.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, cancel, createMachine, emit, raise } from 'xstate'
import { infer } from '../../../../system/authoring/effects.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import type { Outside } from '../../../../system/partition/turn-input.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { QUESTIONS_PER_INPUT_MAX } from '../../../../system/protocol/limits.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { Bench, deedRecord, deedSchema, defineActor, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed, Folded } from '../../../support/partition/bench.ts'

const model = defineModel({ name: 'm', version: 2, kind: 'linear', features: ['n'], weights: [1], bias: 0 })

interface Memo { readonly n: number }
type Seen = Deed & { readonly n?: number; readonly score?: number; readonly fallback?: string }
const out = (by: string): never => emit(({ context, event }: { context: Memo; event: Seen }) => ({ type: 'out', by, n: context.n, ...(event.score === undefined ? {} : { score: event.score }), ...(event.fallback === undefined ? {} : { fallback: event.fallback }) })) as never
const counting = assign(({ context }: { context: Memo }) => ({ n: context.n + 1 })) as never
const asking = infer('m', ({ event }: { event: Seen }) => [event.n ?? 0]) as never
const throwing = assign(() => {
  throw new RangeError('no')
}) as never

function planWith(on: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}): TypePlan {
  const machine = createMachine({ context: { n: 0 }, on } as never)
  const actor = defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, outputs: { out: 'outs' }, ...more })
  return planOf([actor], 'one', { models: [model] })
}

const STEPS = { ask: { actions: [counting, out('ask'), asking] }, 'inference.m': { actions: [out('scored')] }, plain: { actions: [counting, out('plain')] } }

const deeds = (...list: readonly (readonly [who: string, type: string, more?: object])[]): Parameters<Bench['fold']>[0] =>
  [range('deeds', list.map(([who, type, more], offset) => deedRecord(offset, { type, who, time: 100 + offset, ...more })))]

const outputs = ({ batch }: Folded): readonly string[] => batch.outbox.records().map((record) => {
  const { by, n, score, fallback } = JSON.parse(utf8Decode(record.value ?? new Uint8Array()) ?? '') as Record<string, unknown>
  return [utf8Decode(record.key ?? new Uint8Array()), by, n, ...(score === undefined ? [] : [score]), ...(fallback === undefined ? [] : [fallback])].join(' ')
})

/** Answers with the first value of the vector, and remembers how many asked together. */
function counted(): Outside & { readonly rounds: number[] } {
  const rounds: number[] = []
  return { rounds, ask: (questions) => {
    rounds.push(questions.length)
    return questions.map((one) => ({ kind: 'score', score: one.kind === 'score' ? one.vector[0] ?? 0 : -1 }))
  } }
}

test('R2, R3: entities that wait are scored together, the next input of each waits behind, outputs stand in input order', async () => {
  const outside = counted()
  const folded = await new Bench(planWith(STEPS)).fold(deeds(['a', 'ask', { n: 1 }], ['b', 'ask', { n: 2 }], ['a', 'plain'], ['c', 'plain'], ['b', 'ask', { n: 4 }]), 1000, { outside })
  assert.deepEqual(outside.rounds, [2, 1])
  assert.deepEqual(outputs(folded), ['a ask 1', 'a scored 1 1', 'b ask 1', 'b scored 1 2', 'a plain 2', 'c plain 1', 'b ask 2', 'b scored 2 4'])
  assert.deepEqual(folded.batch.decisions, [['0:0', 1], ['0:1', 2], ['0:4', 4]])
})

test('several questions of one step are answered together, in their order, and asked about again by the answers', async () => {
  const outside = counted()
  const again = { 'inference.m': { actions: [out('scored'), infer('m', ({ event }: { event: Seen }) => [(event.score ?? 0) + 10]) as never], guard: ({ event }: { event: Seen }) => (event.score ?? 0) < 20 } }
  const folded = await new Bench(planWith({ go: { actions: [infer('m', [1]) as never, infer('m', [2]) as never] }, ...again })).fold(deeds(['a', 'go']), 1000, { outside })
  assert.deepEqual(outside.rounds, [2, 2, 2])
  assert.deepEqual(outputs(folded), ['a scored 0 1', 'a scored 0 2', 'a scored 0 11', 'a scored 0 12'])
})

test('R1: a turn that fails in its second round leaves nothing, and the inputs behind it go on', async () => {
  const failing = { ...STEPS, 'inference.m': { actions: [throwing] } }
  const bench = new Bench(planWith(failing))
  const folded = await bench.fold(deeds(['a', 'ask', { n: 1 }], ['a', 'plain'], ['a', 'ask', { n: 3 }], ['a', 'plain']), 1000, { outside: counted() })
  assert.deepEqual(outputs(folded), ['a plain 1', 'a plain 2'])
  assert.deepEqual(folded.batch.verdicts, [{ input: '0:0', class: 'action', directive: 'skip' }, { input: '0:2', class: 'action', directive: 'skip' }])
  assert.deepEqual(folded.batch.decisions.map(([input]) => input), ['0:0', '0:2'], 'what was answered stands in the journal all the same')
  assert.equal(folded.batch.turns, 2)
})

test('without a score the input fails as model, unless the type has a fallback, which says why', async () => {
  const none: Outside = { ask: (questions) => questions.map(() => ({ kind: 'none', reason: 'away' })) }
  const failed = await new Bench(planWith(STEPS)).fold(deeds(['a', 'ask']), 1000, { outside: none })
  assert.equal(failed.batch.verdicts[0]?.class, 'model')
  const fallen = await new Bench(planWith(STEPS, { fallbacks: { m: 0.25 } })).fold(deeds(['a', 'ask']), 1000, { outside: none })
  assert.deepEqual(outputs(fallen), ['a ask 1', 'a scored 1 0.25 away'])
  assert.deepEqual(fallen.batch.decisions, [['0:0', 'away']])
})

test('a vector that is not finite is class feature and never reaches a model', async () => {
  const outside = counted()
  const folded = await new Bench(planWith({ go: { actions: [infer('m', [1, NaN]) as never] } })).fold(deeds(['a', 'go']), 1000, { outside })
  assert.deepEqual(outside.rounds, [])
  assert.equal(folded.batch.verdicts[0]?.class, 'feature')
})

test('one input may ask as often as the bound says, and not once more', async () => {
  const asker = (times: number): TypePlan => planWith({ go: { actions: Array.from({ length: times }, () => infer('m', [1]) as never) } })
  const folded = await new Bench(asker(QUESTIONS_PER_INPUT_MAX)).fold(deeds(['a', 'go']), 1000)
  assert.deepEqual(folded.batch.verdicts, [])
  const over = await new Bench(asker(QUESTIONS_PER_INPUT_MAX + 1)).fold(deeds(['a', 'go']), 1000)
  assert.deepEqual(over.batch.verdicts.map((verdict) => verdict.class), ['timeout'])
})

test('an outside that answers later, and one that answers too little', async () => {
  const later: Outside = { ask: async (questions) => questions.map(() => ({ kind: 'score', score: 9 })) }
  assert.deepEqual(outputs(await new Bench(planWith(STEPS)).fold(deeds(['a', 'ask']), 1000, { outside: later })), ['a ask 1', 'a scored 1 9'])
  const short = await new Bench(planWith(STEPS)).fold(deeds(['a', 'ask']), 1000, { outside: { ask: () => [] } })
  assert.equal(short.batch.verdicts[0]?.class, 'model')
})

test('a new entity whose machine cannot begin fails the input and stays unborn', async () => {
  const machine = createMachine({ context: () => {
    throw new RangeError('no beginning')
  } } as never)
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one')
  const bench = new Bench(plan)
  const folded = await bench.fold(deeds(['a', 'x']), 1000)
  assert.deepEqual(folded.batch.deadLetters.map(({ failure }) => failure.stage), ['initial'])
  assert.deepEqual(bench.states().size, 0)
})

const timers = { arm: { actions: [raise({ type: 'x' }, { id: 'x', delay: 10 }) as never, raise({ type: 'y' }, { id: 'y', delay: 10 }) as never] }, y: { actions: [out('y')] } }

test('a timer that an earlier turn of the same batch cancels does not fire', async () => {
  const bench = new Bench(planWith({ ...timers, x: { actions: [out('x'), cancel('y') as never] } }))
  await bench.fold(deeds(['a', 'arm']), 1000)
  const folded = await bench.fold([], 1010)
  assert.deepEqual(outputs(folded), ['a x 0'])
  assert.deepEqual(bench.dues().clock, [])
  assert.equal(folded.batch.fired.length, 1)
})

test('a timer that an earlier firing of the same batch arms anew waits for its own time', async () => {
  const bench = new Bench(planWith({ ...timers, x: { actions: [out('x'), raise({ type: 'y' }, { id: 'y', delay: 500 }) as never] } }))
  await bench.fold(deeds(['a', 'arm']), 1000)
  assert.deepEqual(outputs(await bench.fold([], 1010)), ['a x 0'])
  assert.deepEqual(bench.dues().clock.map(({ dueMs, id }) => [dueMs, id]), [[1510, 'y']])
  assert.deepEqual(outputs(await bench.fold([], 1509)), [])
  assert.deepEqual(outputs(await bench.fold([], 1510)), ['a y 0'])
})

test('a timer cancelled by a turn that first waits for its score is stale when its own turn comes', async () => {
  const bench = new Bench(planWith({ ...timers, x: { actions: [asking] }, 'inference.m': { actions: [out('scored'), cancel('y') as never] } }))
  await bench.fold(deeds(['a', 'arm']), 1000)
  const folded = await bench.fold([], 1010)
  assert.deepEqual(outputs(folded), ['a scored 0 0.5'])
  assert.deepEqual([...folded.batch.drops], [['stale-timer', 1]])
})
