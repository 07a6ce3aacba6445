import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batch } from '../../../../system/partition/batch.ts'
import { DURATION_BOUNDS_MS, Durations } from '../../../../system/partition/durations.ts'
import { bounded, Flow, OTHERS, timesOf } from '../../../../system/partition/flow.ts'
import type { CommittedFlow } from '../../../../system/partition/flow.ts'
import type { Tally } from '../../../../system/partition/tally.ts'
import type { PreparedMachine } from '../../../../system/ports/engine.ts'
import type { FailureClass } from '../../../../system/protocol/failures.ts'
import { FLOW_DURATIONS_KEPT, FLOW_LABELS_MAX, FLOW_TIMED_EVERY, FLOW_WATCHED_MS } from '../../../../system/protocol/limits.ts'
import { logRecord, range } from '../../../support/partition/bench.ts'

const MACHINE = { transitions: ['a:go:0', 'b:go:0', 'a:go:0'] } as unknown as PreparedMachine
const NO_TIMES = { oldestMs: undefined, newestMs: undefined }
const recordInput = { subject: { kind: 'record', topic: 't', partition: 0, offset: 0, record: logRecord(0, 'k', null, { timestampMs: 900 }) } } as const

function committed(flow: Flow, tally: Tally | undefined, more: Partial<CommittedFlow> = {}, consumed = 1): void {
  const batch = new Batch(1, 0)
  batch.consumed = consumed
  flow.committed({ batch, times: NO_TIMES, tally, behind: 0, outputs: 2, commitMs: 3, cycleMs: 7, nowMs: 1000, ...more })
}

test('N1: what a tally holds counts when its batch is committed, and not at all when it is not', () => {
  const flow = new Flow(MACHINE)
  flow.watch(0)
  flow.tally(1)?.turn([0, 1], recordInput)
  assert.deepEqual(flow.report().taken, [])
  const second = flow.tally(2)
  second?.turn([2, 2], recordInput)
  committed(flow, second)
  const { taken, inputs, outputs } = flow.report()
  assert.deepEqual([taken, inputs, outputs], [[['a:go:0', 2]], 1, 2], 'two transitions of one id count as one')
})

test('N2: transitions are counted for a while after somebody looked, the rest always', () => {
  const flow = new Flow(MACHINE)
  assert.equal(flow.tally(0), undefined)
  flow.watch(10)
  assert.notEqual(flow.tally(10 + FLOW_WATCHED_MS - 1), undefined)
  assert.equal(flow.tally(10 + FLOW_WATCHED_MS), undefined)
  committed(flow, undefined)
  assert.deepEqual([flow.report().inputs, flow.report().batches, flow.report().taken], [1, 1, []])
})

test('one turn of many is timed, from the time of its record to the commit', () => {
  const flow = new Flow(MACHINE)
  flow.watch(0)
  const tally = flow.tally(0)
  for (let turn = 0; turn < FLOW_TIMED_EVERY; turn += 1) tally?.turn([1], recordInput)
  committed(flow, tally)
  assert.deepEqual(flow.report().timed, [['b:go:0', 1, 100]])
})

test('dead letters count by class, and by the configuration of their entity, which are bounded (N3)', () => {
  const flow = new Flow(MACHINE)
  const batch = new Batch(1, 0)
  const letter = (configuration: string, failure: FailureClass) => batch.deadLetters.push({ configuration, failure: { class: failure, message: '', stage: '' }, subject: { kind: 'timer', cause: '', event: { type: '' } }, entity: undefined, directive: 'skip' })
  letter('', 'decode')
  for (let n = 0; n < FLOW_LABELS_MAX + 50; n += 1) letter(`s${n}`, 'guard')
  committed(flow, undefined, { batch })
  const { refused, refusedIn } = flow.report()
  assert.deepEqual(refused, [['decode', 1], ['guard', FLOW_LABELS_MAX + 50]])
  assert.equal(refusedIn.length, FLOW_LABELS_MAX)
  assert.deepEqual([refusedIn[0], refusedIn.at(-1)], [['', [['decode', 1]]], [OTHERS, [['guard', 52]]]])
  assert.equal(refusedIn.reduce((sum, [, counts]) => sum + counts.reduce((total, [, count]) => total + count, 0), 0), FLOW_LABELS_MAX + 51)
})

test('beyond the bound the smallest are one', () => {
  const counts = bounded(Array.from({ length: FLOW_LABELS_MAX + 1 }, (_, n) => [`s${n}`, n + 1] as const))
  assert.deepEqual([counts.length, counts[0], counts.at(-1)], [FLOW_LABELS_MAX, [`s${FLOW_LABELS_MAX}`, FLOW_LABELS_MAX + 1], [OTHERS, 3]])
})

test('N3: a transition counts under one name as long as it is counted, however many there are', () => {
  const ids = Array.from({ length: FLOW_LABELS_MAX + 2 }, (_, n) => `t${n}`)
  const flow = new Flow({ transitions: ids } as unknown as PreparedMachine)
  const turn = (places: readonly number[]): ReadonlyMap<string, number> => {
    flow.watch(0)
    const tally = flow.tally(0)
    for (const place of places) tally?.turn([place], recordInput)
    committed(flow, tally)
    const { taken } = flow.report()
    assert.ok(taken.length <= FLOW_LABELS_MAX)
    return new Map(taken)
  }
  const late = FLOW_LABELS_MAX + 1
  const before = turn(ids.map((_, place) => place))
  assert.deepEqual([before.get(OTHERS), before.get(`t${late}`), before.size], [3, undefined, FLOW_LABELS_MAX])
  const after = turn(Array.from({ length: 50 }, () => late))
  assert.deepEqual([after.get(OTHERS), after.get(`t${late}`), after.get('t0')], [53, undefined, 1], 'what was summed stays summed')
})

test('delays are those of the oldest record of a batch, and none where nothing came', () => {
  const flow = new Flow(MACHINE)
  const times = timesOf([range('a', [logRecord(0, 'k', null, { timestampMs: 940 }), logRecord(1, 'k', null, { timestampMs: 990 })]), range('b', [logRecord(0, 'k', null, { timestampMs: 960 })])])
  assert.deepEqual(times, { oldestMs: 940, newestMs: 990 })
  committed(flow, undefined, { times })
  committed(flow, undefined, {}, 0)
  const { delayMs, newestMs } = flow.report()
  assert.deepEqual([delayMs.sumMs, newestMs, timesOf([])], [60, 990, NO_TIMES])
})

test('durations fall into the bucket of the least bound that holds them; percentiles are those of the newest', () => {
  const durations = new Durations()
  for (const ms of [0, 1, 1.1, 100, 60_000, 60_001]) durations.add(ms)
  const { counts, sumMs } = durations.report()
  assert.deepEqual([counts.length, counts[0], counts[1], counts[DURATION_BOUNDS_MS.indexOf(100)], counts.at(-2), counts.at(-1), sumMs], [DURATION_BOUNDS_MS.length + 1, 2, 1, 1, 1, 1, 120_103.1])
  for (let n = 1; n <= FLOW_DURATIONS_KEPT; n += 1) durations.add(n)
  assert.deepEqual([durations.report().p50Ms, durations.report().p99Ms, new Durations().report().p99Ms], [128, 254, 0])
})
