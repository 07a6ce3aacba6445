// I5 and I6 where the tail of the journal holds more records, inputs and bytes than a recovery reads ahead at once, and many of its entities were stored,
// came to their end, came back or left memory meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryCache } from '../../adapters/memory/cache.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { CachedStates } from '../../system/partition/cached-states.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { StateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { codec } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { makeTopics, Owner, silent } from '../support/partition/owner.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import type { TypeSpec } from '../support/partition/random-types.ts'
import { Tormentor, TORMENTS } from '../support/partition/tormentor.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 2
const NOW_MS = 2_000_000
const IDS = Array.from({ length: 24 }, (_, n) => `id-${n}`)
const LENGTHS = { minLength: 200, maxLength: 350 }
/** No state is written for its age, and the partition record never: the floor stays where it is. */
const SNAPSHOT_EVERY_MS = 100_000
const LARGE = 'x'.repeat(40_000)

interface Case {
  readonly spec: TypeSpec
  readonly entityBytesMax: number
  readonly first: readonly Deed[]
  readonly second: readonly Deed[]
  readonly sizes: readonly number[]
  readonly strikes: readonly { readonly afterBatches: number; readonly calls: number; readonly what: (typeof TORMENTS)[number] | 'die' }[]
}

const specs = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'), fc.constantFrom(undefined, 'stop', 'park'))
const cases: fc.Arbitrary<Case> = specs.chain((spec) => fc.record({
  spec: fc.constant({ ...spec, ends: true }), entityBytesMax: fc.constantFrom(0, 8_000, 15_000),
  first: deeds(spec.outOfOrderMs, 'p', IDS, LENGTHS), second: deeds(spec.outOfOrderMs, 'q', IDS, LENGTHS),
  sizes: fc.array(fc.constantFrom(0, 1, 1, 1, 1, 2, 10), { minLength: 1, maxLength: 20 }),
  strikes: fc.array(fc.record({ afterBatches: fc.integer({ min: 150, max: 200 }), calls: fc.integer({ min: 0, max: 400 }), what: fc.constantFrom('die' as const, ...TORMENTS) }), { minLength: 2, maxLength: 2 }),
}))

async function append(log: MemoryLog, topic: string, list: readonly Deed[]): Promise<void> {
  await log.append(list.map((deed, at) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(at % 5 === 0 ? { ...deed, text: LARGE } : deed)), headers: [], timestampMs: 0 })))
}

const counts = { tails: 0, stored: 0, gone: 0 }

async function prove({ spec, entityBytesMax, first, second, sizes, strikes }: Case, log: MemoryLog, cache: MemoryCache | undefined, statesOf: (plan: TypePlan) => StateStore): Promise<void> {
  const plan = planOfSpec(spec, true, SNAPSHOT_EVERY_MS, { entityBytesMax, foldInputsMax: 1e6 })
  const states = (): StateStore => statesOf(plan)
  await makeTopics(log, plan)
  await append(log, 'first', first)
  await append(log, 'second', second)
  const owner = new Owner(log, plan, { states, releasesMax: 1000, startMs: NOW_MS })
  await owner.acquire()
  const tormentor = new Tormentor(log, cache)
  let at = 0
  const batches = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      owner.clock.advance(7)
      await owner.batch(sizes[(at += 1) % sizes.length] ?? 1)
    }
  }
  for (const { afterBatches, calls, what } of strikes) {
    await batches(afterBatches)
    await tormentor.midway(calls, what, () => owner.acquire())
    const seen = await owner.dump(IDS)
    tormentor.heal()
    const { recovered, dump } = await owner.replay(IDS, states())
    assert.deepEqual(seen, dump, `after ${what} at call ${calls}`)
    assert.deepEqual([owner.rebased, recovered.rebased], [[], []])
    const tail = recovered.folded.filter(({ seq }) => seq >= (recovered.last?.floor.seq ?? 0)).length
    if (tail > 256) counts.tails += 1
    const { records } = await log.read(plan.state, 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })
    counts.stored += records.length
    counts.gone += records.filter(({ value }) => value === null).length
  }
  await log.close()
}

test('embedded: a long tail gives what the whole journal gives', async () => {
  await fc.assert(fc.asyncProperty(cases, async (one) => {
    const log = memoryLog({ keyed: true })
    const { keyed } = log
    assert.ok(keyed !== undefined)
    await prove(one, log, undefined, (plan) => keyedStateStore(keyed, codec, plan, 0))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('cached: the same, while the cache is tormented between two reads', async () => {
  await fc.assert(fc.asyncProperty(cases, async (one) => {
    const log = memoryLog()
    const cache = new MemoryCache()
    await prove(one, log, cache, (plan) => new CachedStates({ log, cache, codec, clock: systemClock, telemetry: silent }, plan, 0))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('the runs above had long tails, states and tombstones in them', () => {
  assert.ok(counts.tails >= 2 && counts.stored > 20 && counts.gone > 0, JSON.stringify(counts))
})
