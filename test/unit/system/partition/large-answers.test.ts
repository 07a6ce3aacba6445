// What tables and models answer stands in the journal record of its batch: it has room for it, however large the answers are (F6, I9, I10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, raise, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineSystem, defineTable, lookup } from '../../../../adapters/node/statelog.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../../system/partition/envelope.ts'
import { topicSpecs } from '../../../../system/partition/topology.ts'
import type { Outside } from '../../../../system/partition/turn-input.ts'
import { ANSWER_BYTES_PER_BATCH_MAX, ROW_BYTES_MAX } from '../../../../system/protocol/limits.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'
import { Bench, codec, deedRecord, deedSchema, defineActor, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed, Folded } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const INPUTS = 400
const ROW = 'x'.repeat(ROW_BYTES_MAX - 8)

/** `ask` looks a large row up, `tiny` a small one, `both` a small one first; `arm` asks after 10 ms. */
const machine = setup({ types: { context: {} as { rows: number }, events: {} as Deed } }).createMachine({
  context: { rows: 0 },
  on: {
    ask: { actions: lookup('rows', () => 'large') },
    tiny: { actions: lookup('rows', () => 'tiny') },
    both: { actions: lookup('rows', () => 'first') },
    arm: { actions: raise(({ event }: { event: Deed }) => ({ ...event, type: 'ask' }), { delay: 10 }) },
    'lookup.rows': [
      { guard: ({ event }: { event: Deed }) => event['key'] === 'first', actions: lookup('rows', () => 'large') },
      { actions: assign({ rows: ({ context }) => context.rows + 1 }) },
    ],
  },
} as never)
const source = { schema: deedSchema, key: (deed: Deed) => deed.who, time: (deed: Deed) => deed.time }
const actorOf = (more: object): ReturnType<typeof defineActor> => defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: source } as never, ...more })
const deeds = (type: string, first = type): readonly LogRecord[] => Array.from({ length: INPUTS }, (_, n) => deedRecord(n, { type: n < 100 ? first : type, who: `e${n}`, time: 100 }))

const outside: Outside = { ask: (questions) => questions.map(() => ({ kind: 'row', bytes: codec.encode(ROW).slice() })) }

/** Batches until all is taken and nothing is due. */
async function foldAll(bench: Bench, records: readonly LogRecord[], nowMs: number): Promise<readonly Folded[]> {
  const folded: Folded[] = []
  const { entities, watermarks } = bench.memory
  const isDue = (): boolean => (entities.clockDues.peek()?.dueMs ?? Infinity) <= nowMs || (entities.eventDues.peek()?.dueMs ?? Infinity) < (watermarks?.currentMs ?? -Infinity)
  for (let rest = records; rest.length > 0 || isDue();) {
    const one = await bench.fold(rest.length === 0 ? [] : [range('deeds', rest)], nowMs, { outside })
    rest = rest.slice(one.batch.consumed)
    folded.push(one)
  }
  return folded
}

const later = logRecord(INPUTS, null, null, { headers: [[SOURCE_CONTROL_HEADER, encodeSourceControl(codec, { watermark: 200 })]] })
const cases: Readonly<Record<string, { readonly records: readonly LogRecord[]; readonly more: object }>> = {
  'records that ask': { records: deeds('ask'), more: {} },
  'timers that ask': { records: deeds('arm'), more: {} },
  'held events that ask': { records: [...deeds('ask'), later], more: { order: 'eventTime' } },
}

for (const [name, { records, more }] of Object.entries(cases)) {
  test(`F6: ${name} for large rows share a batch only as far as its journal record has room, and repeat as they were`, async () => {
    const plan = planOf([actorOf(more)], 'one', { tables: [defineTable({ name: 'rows', find: () => [] })] })
    const [bench, again] = [new Bench(plan), new Bench(plan)]
    const folded = [...await foldAll(bench, records, 1000), ...await foldAll(bench, [], 2000)]
    const rows = folded.map(({ batch }) => batch.choices.length)
    assert.equal(rows.reduce((sum, count) => sum + count, 0), INPUTS)
    assert.ok(Math.max(...rows) * ROW_BYTES_MAX < 2 * ANSWER_BYTES_PER_BATCH_MAX, rows.join(' '))
    for (const one of folded) await again.repeat(one)
    assert.deepEqual([again.states(), again.dues()], [bench.states(), bench.dues()])
  })
}

test('small rows are asked for in two rounds, however many there are', async () => {
  const asked: number[] = []
  const small: Outside = { ask: (questions) => {
    asked.push(questions.length)
    return questions.map(() => ({ kind: 'row', bytes: codec.encode('x').slice() }))
  } }
  const plan = planOf([actorOf({})], 'one', { tables: [defineTable({ name: 'rows', find: () => [] })] })
  await new Bench(plan).fold([range('deeds', deeds('ask'))], 1000, { outside: small })
  assert.deepEqual(asked, [ANSWER_BYTES_PER_BATCH_MAX / ROW_BYTES_MAX, INPUTS - ANSWER_BYTES_PER_BATCH_MAX / ROW_BYTES_MAX])
})

for (const [name, records] of [['', deeds('ask')], [' after small ones', deeds('both', 'tiny')]] as const) {
  test(`I10: ${INPUTS} inputs that wait and look large rows up${name} do not end the partition`, async () => {
    const system = defineSystem({ name: 'j', actors: [actorOf({})], partitions: 1, tables: [defineTable({ name: 'rows', find: (keys) => keys.map((key) => (key === 'large' ? ROW : '')) })] })
    const log = memoryLog({ keyed: true })
    const { promise: taken, resolve } = Promise.withResolvers<string>()
    let inputs = 0
    const node = new StatelogNode({
      system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 },
      telemetry: { ...silent, batch: (batch) => (inputs += batch.inputs) < INPUTS || resolve('taken'), partition: ({ state, reason }) => state === 'failed' && resolve(reason ?? state) },
    })
    await log.ensureTopics(topicSpecs(node.plans))
    await log.append(records.map((deed) => ({ ...deed, topic: 'deeds', partition: 0 })))
    await node.start()
    const end = await taken
    await node.stop()
    assert.equal(end, 'taken')
  })
}
