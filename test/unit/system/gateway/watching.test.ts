import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import type { FlowDocument } from '../../../../system/gateway/flow-document.ts'
import { FlowSums } from '../../../../system/gateway/flow-sums.ts'
import { Watching } from '../../../../system/gateway/watching.ts'
import { parseLiveFlow } from '../../../../system/node/flow-answer.ts'
import type { LiveFlow } from '../../../../system/node/flow-answer.ts'
import type { FlowAnswer, QueryClient, Unanswered } from '../../../../system/node/query-client.ts'
import { parseAnswer } from '../../../../system/node/answers.ts'
import { parseQuestion } from '../../../../system/node/questions.ts'
import { Flow } from '../../../../system/partition/flow.ts'
import { FLOW_EVERY_MS, FLOW_LABELS_MAX } from '../../../../system/protocol/limits.ts'
import { defineActor, planOf } from '../../../support/partition/bench.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never })], 'one', { partitions: 2 })
const plans = new Map([['one', plan]])
const report = new Flow(plan.definition.machine).report()

function live(inputs: number, more: Partial<LiveFlow> = {}, epoch = 1): FlowAnswer {
  const flow: LiveFlow = { ...report, since: epoch, inputs, occupancy: [['a', inputs]], entities: inputs, parked: 0, lag: { sources: 0, inbox: 0 }, watermarkMs: undefined, ...more }
  return { kind: 'flow', at: { partition: 0, life: 'l', epoch, seq: inputs }, state: 'live', reason: '', owner: `owner-${epoch}`, flow }
}

const absent: Unanswered = { kind: 'refused', state: 'absent', reason: 'nobody owns the partition now' }
const recovering: FlowAnswer = { kind: 'flow', at: undefined, state: 'recovering', reason: '', owner: 'o', flow: undefined }

test('S1, S2: sums begin with the first answer, and go on over moves and restarts of owners without going back', () => {
  const sums = new FlowSums(1)
  const inputsAfter = (answer: FlowAnswer | Unanswered): number => {
    sums.take(0, answer)
    return sums.document().inputs
  }
  assert.deepEqual([live(100), live(130), absent, recovering, live(5, {}, 2), live(9, {}, 2), live(7, {}, 2), live(3, {}, 3)].map(inputsAfter), [0, 30, 30, 30, 35, 39, 39, 42])
  const row = sums.document().partitions['0']
  assert.deepEqual([row?.state, row?.owner, row?.epoch, row?.inputs, sums.document().occupancy], ['live', 'owner-3', 3, 42, { a: 3 }])
})

test('S2: of a partition that was not live when it was first heard of, everything counts', () => {
  const sums = new FlowSums(1)
  sums.take(0, recovering)
  sums.take(0, live(5))
  assert.equal(sums.document().inputs, 5)
})

test('a partition that does not answer shows its state, and what it last said at its epoch and seq', () => {
  const sums = new FlowSums(2)
  sums.take(0, live(4))
  sums.take(1, live(2))
  sums.take(1, { kind: 'refused', state: 'silent', reason: 'no answer within 1000 ms' })
  const { partitions, entities } = sums.document()
  assert.deepEqual([entities, partitions['0']?.state, partitions['1']?.state, partitions['1']?.seq, partitions['1']?.reason], [6, 'live', 'silent', 2, 'no answer within 1000 ms'])
})

test('by transition, class, configuration and time: what is new is added, partition by partition', () => {
  const sums = new FlowSums(2)
  const first: Partial<LiveFlow> = { taken: [['t', 5]], refused: [['guard', 1]], refusedIn: [['a', [['guard', 1]]]], drops: [['late', 1]], timed: [['t', 1, 50]] }
  const second: Partial<LiveFlow> = { taken: [['t', 9], ['u', 1]], refused: [['guard', 3], ['key', 1]], refusedIn: [['a', [['guard', 3]]], ['', [['key', 1]]]], drops: [['late', 4]], timed: [['t', 3, 250]] }
  for (const partition of [0, 1]) for (const more of [first, second]) sums.take(partition, live(1, more))
  const { taken, refused, refusedIn, drops, deadLetters, latencyMs } = sums.document()
  assert.deepEqual({ taken, refused, refusedIn, drops, deadLetters, latencyMs }, { taken: { t: 8, u: 2 }, refused: { guard: 4, key: 2 }, refusedIn: { a: { guard: 4 }, '': { key: 2 } }, drops: 6, deadLetters: 6, latencyMs: { t: 100 } })
})

test('configurations in which inputs were refused are bounded over all partitions and owners', () => {
  const sums = new FlowSums(2)
  for (const [partition, from] of [[0, 0], [1, FLOW_LABELS_MAX]] as const) {
    sums.take(partition, live(0))
    sums.take(partition, live(1, { refusedIn: Array.from({ length: FLOW_LABELS_MAX }, (_, n) => [`s${from + n}`, [['guard', 1]]] as const) }))
  }
  const { refusedIn } = sums.document()
  assert.deepEqual([Object.keys(refusedIn).length, refusedIn['...']], [FLOW_LABELS_MAX, { guard: FLOW_LABELS_MAX + 1 }])
})

test('F2: transitions beyond the bound stay under one name, whoever is taken more often later', () => {
  const sums = new FlowSums(2)
  const takenOf = (from: number, count: number): Partial<LiveFlow> => ({ taken: Array.from({ length: FLOW_LABELS_MAX - 1 }, (_, n) => [`t${from + n}`, count] as const) })
  for (const [partition, from] of [[0, 0], [1, FLOW_LABELS_MAX]] as const) for (const count of [0, 2]) sums.take(partition, live(1, takenOf(from, count)))
  const before = sums.document().taken
  sums.take(1, live(1, takenOf(FLOW_LABELS_MAX, 100)))
  const after = sums.document().taken
  const total = (taken: Readonly<Record<string, number>>): number => Object.values(taken).reduce((sum, count) => sum + count, 0)
  assert.deepEqual([total(before), total(after)], [4 * (FLOW_LABELS_MAX - 1), 4 * (FLOW_LABELS_MAX - 1) + 98 * (FLOW_LABELS_MAX - 1)])
  assert.deepEqual(Object.keys(after), Object.keys(before))
  for (const [name, count] of Object.entries(before)) assert.ok((after[name] ?? 0) >= count, name)
})

/** Lets whoever is awake run to where it waits. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

class Script {
  readonly clock = new SimulatedClock(1_000_000)
  asked = 0
  answer: (partition: number) => Promise<FlowAnswer | Unanswered> = () => Promise.resolve(live(1))
  readonly watching = new Watching({ flow: (_: string, partition: number) => this.#flow(partition) } as unknown as QueryClient, this.clock, plans)

  #flow(partition: number): Promise<FlowAnswer | Unanswered> {
    this.asked += 1
    return this.answer(partition)
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.clock.advance(10)
      await settled()
    }
  }
}

test('W1: nobody asks while nobody watches; all who watch share one look, every 200 ms', async () => {
  const script = new Script()
  await script.pass(1000)
  assert.equal(script.asked, 0)
  const over = new AbortController()
  const seen: FlowDocument[][] = [[], []]
  const watchers = seen.map(async (list) => {
    for await (const document of script.watching.watch(['one'], over.signal)) list.push(document)
  })
  await settled()
  await script.pass(5 * FLOW_EVERY_MS)
  assert.ok(script.asked >= 10 && script.asked <= 12, `${script.asked} questions of two partitions`)
  assert.deepEqual(seen.map((list) => list.length), [1, 1], 'nothing changed')
  script.answer = () => Promise.resolve(live(2))
  await script.pass(FLOW_EVERY_MS)
  assert.deepEqual(seen.map((list) => list.at(-1)?.types['one']?.inputs), [2, 2])
  over.abort()
  await Promise.all(watchers)
  await script.pass(FLOW_EVERY_MS)
  const { asked } = script
  await script.pass(5 * FLOW_EVERY_MS)
  assert.equal(script.asked, asked)
})

test('W1: a partition that hangs is asked once at a time, and the others go on', async () => {
  const script = new Script()
  let [hanging, inputs] = [0, 0]
  script.answer = (partition) => {
    if (partition === 0) return Promise.resolve(live(inputs += 1))
    hanging += 1
    return new Promise(() => {})
  }
  const over = new AbortController()
  let newest: FlowDocument | undefined
  let looks = 0
  const watcher = (async () => {
    for await (const document of script.watching.watch(['one'], over.signal)) [newest, looks] = [document, looks + 1]
  })()
  await script.pass(5 * FLOW_EVERY_MS)
  assert.equal(looks, 0, 'not before it is silent')
  await script.pass(5 * FLOW_EVERY_MS)
  assert.deepEqual([hanging, newest?.types['one']?.partitions['1']?.state, (newest?.types['one']?.inputs ?? 0) >= 3], [1, 'unknown', true])
  over.abort()
  await watcher
})

test('W3: an owner that answers late is slow, with what it said last, and silent only when it has not answered for long', async () => {
  const script = new Script()
  let isHanging = false
  script.answer = (partition) => (isHanging && partition === 1 ? script.clock.sleep(1000).then(() => late) : Promise.resolve(live(7)))
  const late: Unanswered = { kind: 'refused', state: 'silent', reason: 'no answer within 1000 ms' }
  const over = new AbortController()
  let newest: FlowDocument | undefined
  const watcher = (async () => {
    for await (const document of script.watching.watch(['one'], over.signal)) newest = document
  })()
  const row = () => newest?.types['one']?.partitions['1']
  await script.pass(FLOW_EVERY_MS)
  assert.equal(row()?.state, 'live')
  isHanging = true
  await script.pass(1500)
  assert.deepEqual([row()?.state, row()?.seq, row()?.entities], ['slow', 7, 7])
  assert.match(row()?.reason ?? '', /^it has not answered for more than 1 s: what is told of it is from before$/)
  await script.pass(6000)
  assert.deepEqual([row()?.state, row()?.reason], ['silent', 'no answer within 1000 ms'])
  isHanging = false
  await script.pass(2000)
  assert.equal(row()?.state, 'live')
  over.abort()
  await watcher
})

test('W2: who is slow is given the newest, and misses what was between', async () => {
  const script = new Script()
  let inputs = 0
  script.answer = () => Promise.resolve(live(inputs += 1))
  const looks = script.watching.watch(['one'], new AbortController().signal)
  const first = looks.next()
  await script.pass(10)
  const before = (await first).value?.types['one']?.inputs ?? 0
  await script.pass(10 * FLOW_EVERY_MS)
  const { value } = await looks.next()
  assert.ok(value !== undefined && (value.types['one']?.inputs ?? 0) - before >= 16, JSON.stringify(value))
  await looks.return()
})

test('the question and its answer are read to the last field', () => {
  assert.deepEqual([parseQuestion({ kind: 'flow', isWatched: true }), parseQuestion({ kind: 'flow' }), parseQuestion({ kind: 'flow', isWatched: 1 })], [{ kind: 'flow', isWatched: true }, undefined, undefined])
  const answer = live(3)
  assert.deepEqual(parseAnswer(answer, 0), answer)
  assert.deepEqual(parseAnswer(recovering, 0), recovering)
  const { flow } = answer
  assert.ok(flow !== undefined)
  const many = Array.from({ length: FLOW_LABELS_MAX + 1 }, (_, n) => [`s${n}`, 1])
  const wrong: Record<string, unknown>[] = [
    { inputs: -1 }, { inputs: '1' }, { inputs: NaN }, { occupancy: [['a']] }, { occupancy: [[1, 1]] }, { occupancy: many }, { taken: [['t', -1]] }, { refused: {} }, { refusedIn: [['a', [['guard', '1']]]] },
    { timed: [['t', 1]] }, { commitMs: undefined }, { commitMs: { ...flow.commitMs, counts: [1] } }, { lag: { sources: 1 } }, { lag: 1 }, { watermarkMs: 'x' }, { newestMs: Infinity }, { since: undefined },
  ]
  for (const change of wrong) assert.equal(parseLiveFlow({ ...flow, ...change }), undefined, JSON.stringify(change))
  for (const change of [{ at: undefined }, { flow: undefined }, { at: { ...answer.at, partition: 1 } }, { owner: 1 }, { state: undefined }]) assert.equal(parseAnswer({ ...answer, ...change }, 0), undefined, JSON.stringify(change))
})
