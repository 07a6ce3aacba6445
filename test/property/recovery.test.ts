// Whatever was crashed, released, evicted, or done to the cache: memory equals the fold of the journal from its start (I5, I6, P2, K5-K7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryCache } from '../../adapters/memory/cache.ts'
import type { CacheCopy } from '../../adapters/memory/cache.ts'
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
import { testSeed } from '../support/seed.ts'

const RUNS = 60
const NOW_MS = 2_000_000
const IDS = ['x', 'y', 'z']

type Move =
  | { readonly kind: 'batch'; readonly recordsMax: number; readonly passedMs: number }
  | { readonly kind: 'evict' | 'crash' | 'release' | 'flush' | 'copy' | 'rollBack' | 'drop' | 'corrupt' | 'relive' | 'swap' | 'unreachable' }

const batch = fc.record({ kind: fc.constant('batch' as const), recordsMax: fc.integer({ min: 0, max: 5 }), passedMs: fc.constantFrom(0, 1, 30, 200) })
const plainMove = (kinds: readonly Exclude<Move['kind'], 'batch'>[]): fc.Arbitrary<Move> => fc.record({ kind: fc.constantFrom(...kinds) })
const moves = (torments: readonly Exclude<Move['kind'], 'batch'>[]): fc.Arbitrary<readonly Move[]> => fc.array(fc.oneof(
  { weight: 6, arbitrary: batch as fc.Arbitrary<Move> },
  { weight: 3, arbitrary: plainMove(['evict', 'crash', 'release']) },
  ...(torments.length === 0 ? [] : [{ weight: 3, arbitrary: plainMove(torments) }]),
), { minLength: 3, maxLength: 30, size: 'max' })

const specs = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'))
const cases = (torments: readonly Exclude<Move['kind'], 'batch'>[]): fc.Arbitrary<{ readonly plan: TypePlan; readonly releasesMax: number; readonly moves: readonly Move[]; readonly first: readonly Deed[]; readonly second: readonly Deed[] }> => fc
  .tuple(specs, fc.boolean(), fc.constantFrom(0, 50, 100_000), fc.constantFrom(2, 1000), moves(torments))
  .chain(([spec, waits, snapshotEvery, releasesMax, list]) => fc.record({
    plan: fc.constant(planOfSpec(spec, waits, snapshotEvery)), releasesMax: fc.constant(releasesMax), moves: fc.constant(list), first: deeds(spec.outOfOrderMs, 'p'), second: deeds(spec.outOfOrderMs, 'q'),
  }))

async function append(log: MemoryLog, topic: string, list: readonly Deed[]): Promise<void> {
  const outcome = await log.append(list.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: 0 })))
  assert.equal(outcome.kind, 'done')
}

const counts = new Map<string, number>()

function torment(cache: MemoryCache, kind: Move['kind'], copies: CacheCopy[]): void {
  const stored = cache.addresses()
  const [some] = stored
  switch (kind) {
    case 'flush': return cache.flush()
    case 'copy': return void copies.push(cache.copy())
    case 'rollBack': return cache.rollBack(copies[0] ?? new Map())
    case 'drop': return cache.dropWrites(1)
    case 'relive': return some === undefined ? undefined : cache.relive(some.at, 'another life')
    case 'swap': for (const one of stored) for (const other of stored) cache.swap(one.at, other.at)
      return
    case 'unreachable': return cache.unreachable('gone fishing')
    case 'corrupt': for (const { at, ids } of stored) for (const id of ids) cache.corrupt(at, id, 0.6)
  }
}

interface World {
  readonly owner: Owner
  readonly replayStates: StateStore
  readonly cache: MemoryCache | undefined
}

async function play(world: World, list: readonly Move[]): Promise<void> {
  const { owner, cache } = world
  const copies: CacheCopy[] = []
  for (const move of list) {
    counts.set(move.kind, (counts.get(move.kind) ?? 0) + 1)
    if (move.kind === 'batch') {
      owner.clock.advance(move.passedMs)
      await owner.batch(move.recordsMax)
    } else if (move.kind === 'evict') owner.evict()
    else if (move.kind === 'crash' || move.kind === 'release') {
      if (move.kind === 'release') await owner.release()
      await owner.acquire()
      assert.deepEqual(owner.rebased, [], 'the same code repeats every commit')
    } else if (cache !== undefined) torment(cache, move.kind, copies)
    // A read that fails is a torment of its own; later ones must go through.
    const seen = await owner.dump(IDS)
    cache?.unreachable(undefined)
    const { recovered, dump } = await owner.replay(IDS, world.replayStates)
    assert.deepEqual(seen, dump, `after ${move.kind}`)
    assert.deepEqual(recovered.rebased, [])
  }
}

test('embedded: memory equals the full replay after batches, evictions, crashes and releases', async () => {
  await fc.assert(fc.asyncProperty(cases([]), async ({ plan, releasesMax, moves: list, first, second }) => {
    const log = memoryLog({ keyed: true })
    await makeTopics(log, plan)
    await append(log, 'first', first)
    await append(log, 'second', second)
    const { keyed } = log
    assert.ok(keyed !== undefined)
    const states = (): StateStore => keyedStateStore(keyed, codec, plan, 0)
    const owner = new Owner(log, plan, { states, releasesMax, startMs: NOW_MS })
    await owner.acquire()
    await play({ owner, replayStates: states(), cache: undefined }, list)
    await log.close()
  }), { seed: testSeed(), numRuns: RUNS })
})

test('cached: the same, while the cache is flushed, rolled back, corrupted, drops writes, changes lives, mixes up buckets and is away', async () => {
  const torments = ['flush', 'copy', 'rollBack', 'drop', 'corrupt', 'relive', 'swap', 'unreachable'] as const
  await fc.assert(fc.asyncProperty(cases(torments), async ({ plan, releasesMax, moves: list, first, second }) => {
    const log = memoryLog()
    await makeTopics(log, plan)
    await append(log, 'first', first)
    await append(log, 'second', second)
    const cache = new MemoryCache()
    const states = (): StateStore => new CachedStates({ log, cache, codec, clock: systemClock, telemetry: silent }, plan, 0)
    const owner = new Owner(log, plan, { states, releasesMax, startMs: NOW_MS })
    await owner.acquire()
    await play({ owner, replayStates: states(), cache }, list)
    await log.close()
  }), { seed: testSeed(), numRuns: RUNS })
})

test('the runs above made every move', () => {
  for (const kind of ['batch', 'evict', 'crash', 'release', 'flush', 'copy', 'rollBack', 'drop', 'corrupt', 'relive', 'swap', 'unreachable']) assert.ok((counts.get(kind) ?? 0) >= 10, `${kind}: ${counts.get(kind)}`)
})
