// A batch repeated from its journal record does what it did: F3, I5, I11. What tells promise about time holds: F5.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEnvelope } from '../../system/partition/envelope.ts'
import { hashOf } from '../../system/partition/outbox.ts'
import { Bench, codec, deedRecord, range, plainOutside } from '../support/partition/bench.ts'
import type { Deed, Folded } from '../support/partition/bench.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import type { TypeSpec } from '../support/partition/random-types.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 250
const NOW_MS = 2_000_000

/** One live batch: how many records of each topic it polls, how much time has passed. */
interface Step {
  readonly first: number
  readonly second: number
  readonly passedMs: number
}

const step: fc.Arbitrary<Step> = fc.record({ first: fc.integer({ min: 0, max: 6 }), second: fc.integer({ min: 0, max: 6 }), passedMs: fc.constantFrom(0, 1, 5, 30) })
const spec = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'))
const cases = fc.tuple(spec, fc.boolean(), fc.constantFrom(1, 2, 5, 1000), fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }))
  .chain(([one, waits, releasesMax, steps]) => fc.tuple(fc.constant({ spec: one, waits, releasesMax, steps }), deeds(one.outOfOrderMs, 'p'), deeds(one.outOfOrderMs, 'q')))

const counts = { batches: 0, cuts: 0, startCuts: 0, fired: 0, decisions: 0, choices: 0, verdicts: 0, outputs: 0, tells: 0, drops: 0 }

function count({ batch }: Folded): void {
  counts.batches += 1
  if (batch.cut !== undefined) counts[batch.cut.atStart ? 'startCuts' : 'cuts'] += 1
  counts.fired += batch.fired.length
  counts.decisions += batch.decisions.length
  counts.choices += batch.choices.length
  counts.verdicts += batch.verdicts.length
  counts.drops += batch.drops.size
  for (const record of batch.outbox.records()) counts[record.topic === 'outs' ? 'outputs' : 'tells'] += 1
}

/** Refusals that waited for a score come at once when they are repeated: what entities do stays the same, not who comes first. */
const sorted = (list: Iterable<unknown>): readonly string[] => [...list].map((one) => JSON.stringify(one)).sort()

async function assertRepeats(live: Bench, twin: Bench, folded: Folded): Promise<void> {
  count(folded)
  const again = await twin.repeat(folded)
  const { batch, journal } = folded
  assert.deepEqual(again.outbox.records(), batch.outbox.records())
  assert.equal(hashOf(again.outbox.records()), journal.hash)
  assert.deepEqual([...twin.states()], [...live.states()])
  assert.deepEqual(twin.dues(), live.dues())
  assert.deepEqual(twin.memory.watermarks?.save(), live.memory.watermarks?.save())
  assert.deepEqual(sorted(again.occupancy), sorted(batch.occupancy))
  assert.deepEqual(sorted(again.verdicts), sorted(batch.verdicts))
  // Who was refused is not asked again.
  const refused = new Set(batch.verdicts.map(({ input }) => input))
  assert.deepEqual(sorted(again.decisions), sorted(batch.decisions.filter(([input]) => !refused.has(input))))
  assert.deepEqual(sorted(again.choices.map(([input, row]) => [input, [...row]])), sorted(batch.choices.filter(([input]) => !refused.has(input)).map(([input, row]) => [input, [...row]])))
  assert.equal(again.consumed, batch.consumed)
}

/** Live batches over the topics as `steps` say, then whatever is left to run; `after` looks at each. */
async function run(bench: Bench, releasesMax: number, steps: readonly Step[], topics: readonly (readonly [string, readonly Deed[]])[], after: (folded: Folded) => Promise<void>): Promise<void> {
  const at = new Map<string, number>()
  let nowMs = NOW_MS
  for (const one of steps) {
    nowMs += one.passedMs
    const ranges = topics.flatMap(([topic, list]) => {
      const from = at.get(topic) ?? 0
      const records = list.slice(from, from + (topic === 'first' ? one.first : one.second)).map((deed, index) => deedRecord(from + index, deed))
      return records.length === 0 ? [] : [range(topic, records)]
    })
    const folded = await bench.fold(ranges, nowMs, { outside: plainOutside, releasesMax })
    for (const input of folded.inputs) at.set(input.topic, input.to)
    await after(folded)
  }
}

test('F3: a batch repeated from the bytes of its journal record gives the same outputs, states, dues and verdicts', async () => {
  await fc.assert(fc.asyncProperty(cases, async ([{ spec: one, waits, releasesMax, steps }, first, second]) => {
    const plan = planOfSpec(one, waits)
    const live = new Bench(plan)
    const twin = new Bench(plan)
    await run(live, releasesMax, steps, [['first', first], ['second', second]], (folded) => assertRepeats(live, twin, folded))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('the runs above reached everything that a journal record holds', () => {
  for (const [name, reached] of Object.entries(counts)) assert.ok(reached >= 20, `${name}: ${reached}`)
})

/** What a sender's records say about time, in order: each tell's own, and what it promises. */
function assertPromises(folded: readonly Folded[], spec: TypeSpec): void {
  let promised = -Infinity
  for (const { batch } of folded) {
    for (const record of batch.outbox.records()) {
      if (record.topic !== 'app.sink.inbox' || record.value === null) continue
      const envelope = decodeEnvelope(codec, record.value)
      assert.equal(envelope.kind, 'tell')
      if (envelope.kind !== 'tell') continue
      assert.ok(envelope.timeMs >= promised, `told of ${envelope.timeMs} after promising ${promised} (${spec.order})`)
      assert.ok((envelope.watermark ?? -Infinity) <= envelope.timeMs, `promised ${envelope.watermark} with an event of ${envelope.timeMs}`)
      promised = Math.max(promised, envelope.watermark ?? -Infinity)
    }
  }
}

test('F5: no tell is older than what its sender promised before, with event-time timers, scores and cuts', async () => {
  await fc.assert(fc.asyncProperty(cases, async ([{ spec: one, releasesMax, steps }, first, second]) => {
    const timed: TypeSpec = { ...one, timers: 'event' }
    const bench = new Bench(planOfSpec(timed))
    const folded: Folded[] = []
    await run(bench, releasesMax, steps, [['first', first], ['second', second]], async (batch) => void folded.push(batch))
    assertPromises(folded, timed)
  }), { seed: testSeed(), numRuns: RUNS })
})
