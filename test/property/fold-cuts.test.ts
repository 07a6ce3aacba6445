// However inputs are cut into batches, an entity's outputs are the same: I3, F2.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../system/partition/envelope.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { LogRecord } from '../../system/protocol/record.ts'
import { utf8Decode } from '../../system/protocol/utf8.ts'
import { Bench, codec, deedRecord, logRecord, range, plainOutside } from '../support/partition/bench.ts'
import type { Deed, Folded } from '../support/partition/bench.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 100
const NOW_MS = 2_000_000
/** After everything: the sources promise that nothing older than this comes. */
const END_MS = 1_900_000

/** A source's records, closed by a promise. */
function records(list: readonly Deed[]): readonly LogRecord[] {
  const promise = encodeSourceControl(codec, { watermark: END_MS })
  return [...list.map((deed, offset) => deedRecord(offset, deed)), logRecord(list.length, null, null, { headers: [[SOURCE_CONTROL_HEADER, promise]] })]
}

/** Folds everything in batches of `size` records a topic. */
async function run(plan: TypePlan, topics: ReadonlyMap<string, readonly LogRecord[]>, size: number, releasesMax: number): Promise<readonly Folded[]> {
  const bench = new Bench(plan)
  const folded: Folded[] = []
  const at = new Map<string, number>()
  for (let left = true; left; ) {
    const ranges = [...topics].flatMap(([topic, list]) => {
      const from = at.get(topic) ?? 0
      return from < list.length ? [range(topic, list.slice(from, from + size))] : []
    })
    left = ranges.length > 0
    if (!left) break
    const one = await bench.fold(ranges, NOW_MS, { outside: plainOutside, releasesMax })
    folded.push(one)
    for (const input of one.inputs) at.set(input.topic, input.to)
  }
  folded.push(...(await bench.settle(NOW_MS, { outside: plainOutside, releasesMax })))
  return folded
}

/** Per entity the sequence of (type, payload): comparable outputs. */
function comparable(folded: readonly Folded[]): ReadonlyMap<string, readonly string[]> {
  const outputs = new Map<string, string[]>()
  for (const { batch } of folded) {
    for (const record of batch.outbox.records()) {
      if (record.topic !== 'outs') continue
      const key = utf8Decode(record.key ?? new Uint8Array()) ?? ''
      outputs.set(key, [...(outputs.get(key) ?? []), utf8Decode(record.value ?? new Uint8Array()) ?? ''])
    }
  }
  return new Map([...outputs].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const counts = { outputs: 0, cuts: 0, decisions: 0, letters: 0 }

async function assertSame(plan: TypePlan, topics: ReadonlyMap<string, readonly LogRecord[]>): Promise<void> {
  const whole = await run(plan, topics, 1000, 1000)
  const expected = comparable(whole)
  for (const [size, releasesMax] of [[1, 1000], [7, 1000], [1000, 3], [7, 1]] as const) {
    const other = await run(plan, topics, size, releasesMax)
    assert.deepEqual(comparable(other), expected, `batches of ${size}, at most ${releasesMax} releases`)
    for (const { batch } of other) {
      counts.cuts += batch.cut === undefined ? 0 : 1
      counts.decisions += batch.decisions.length
      counts.letters += batch.deadLetters.length
    }
  }
  counts.outputs += [...expected.values()].reduce((sum, list) => sum + list.length, 0)
}

test('order eventTime: batches of 1, 7 and all, cut or not, of two disordered topics give the same outputs', async () => {
  const cases = typeSpec(fc.constant('eventTime'), fc.constant('event')).chain((spec) => fc.tuple(fc.constant(spec), deeds(spec.outOfOrderMs, 'p'), deeds(spec.outOfOrderMs, 'q')))
  await fc.assert(fc.asyncProperty(cases, async ([spec, first, second]) => {
    await assertSame(planOfSpec(spec), new Map([['first', records(first)], ['second', records(second)]]))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('order arrival: batches of 1, 7 and all, cut or not, of one topic give the same outputs', async () => {
  const cases = typeSpec(fc.constant('arrival'), fc.constant('event')).chain((spec) => fc.tuple(fc.constant(spec), deeds(spec.outOfOrderMs, 'p')))
  await fc.assert(fc.asyncProperty(cases, async ([spec, first]) => {
    await assertSame(planOfSpec(spec), new Map([['first', records(first)], ['second', records([])]]))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('the runs above reached outputs, cuts, decisions and dead letters', () => {
  for (const [name, count] of Object.entries(counts)) assert.ok(count >= 200, `${name}: ${count}`)
})
