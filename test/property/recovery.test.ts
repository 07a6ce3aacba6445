// Whatever was crashed, released, evicted, taken out, or done to the cache, also while a recovery ran: memory equals the fold of the journal from its start,
// and so does what those see who only look (I5, I6, P2, K5-K7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wallClock } from '../../adapters/memory/clock.ts'
import { MemoryCache } from '../../adapters/memory/cache.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { entityAtEnd } from '../../system/inspect/query.ts'
import { CachedStates } from '../../system/partition/cached-states.ts'
import { encodeEntity } from '../../system/partition/entity.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { StateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { headerOf } from '../../system/protocol/record.ts'
import { utf8Decode, utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, entityId, hex } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { makeTopics, Owner, silent } from '../support/partition/owner.ts'
import type { Dump } from '../support/partition/owner.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import type { TypeSpec } from '../support/partition/random-types.ts'
import { Tormentor, TORMENTS } from '../support/partition/tormentor.ts'
import type { Torment } from '../support/partition/tormentor.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 60
const NOW_MS = 2_000_000
/** Names that a cause, a key and a cache must keep apart. */
const IDS = ['x', 'e\u0301-%2F', '\u{1F469}\u200D\u{1F4BB} \u0000/1']

type Move =
  | { readonly kind: 'batch'; readonly recordsMax: number; readonly passedMs: number }
  | { readonly kind: 'evict' | 'crash' | 'release' | Torment }
  /** After so many calls of a recovery the cache is tormented, or the owner dies. */
  | { readonly kind: 'midway'; readonly calls: number; readonly what: Torment | 'die' }
  /** It cannot be folded, or its newest state cannot be stored. */
  | { readonly kind: 'takeOut'; readonly who: string }

function moves(torments: readonly Torment[]): fc.Arbitrary<readonly Move[]> {
  return fc.array(fc.oneof(
    { weight: 18, arbitrary: fc.record({ kind: fc.constant('batch' as const), recordsMax: fc.integer({ min: 0, max: 5 }), passedMs: fc.constantFrom(0, 1, 30, 200) }) as fc.Arbitrary<Move> },
    { weight: 9, arbitrary: fc.record({ kind: fc.constantFrom('evict' as const, 'crash', 'release') }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('midway' as const), calls: fc.integer({ min: 0, max: 12 }), what: fc.constantFrom('die' as const, ...torments) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOut' as const), who: fc.constantFrom(...IDS) }) },
    ...(torments.length === 0 ? [] : [{ weight: 9, arbitrary: fc.record({ kind: fc.constantFrom(...torments) }) }]),
  ), { minLength: 3, maxLength: 30, size: 'max' })
}

interface Case {
  readonly spec: TypeSpec
  readonly waits: boolean
  readonly snapshotEvery: number
  readonly entityBytesMax: number
  readonly releasesMax: number
  readonly moves: readonly Move[]
  readonly first: readonly Deed[]
  readonly second: readonly Deed[]
}

const specs = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'), fc.constantFrom(undefined, 'stop', 'park'))
const cases = (torments: readonly Torment[]): fc.Arbitrary<Case> => fc
  .tuple(specs, fc.boolean(), fc.constantFrom(0, 50, 100_000), fc.constantFrom(2, 1000), fc.constantFrom(0, 2500, 1 << 20), moves(torments))
  .chain(([spec, waits, snapshotEvery, releasesMax, entityBytesMax, list]) => fc.record({
    spec: fc.constant(spec), waits: fc.constant(waits), snapshotEvery: fc.constant(snapshotEvery), releasesMax: fc.constant(releasesMax), entityBytesMax: fc.constant(entityBytesMax), moves: fc.constant(list),
    first: deeds(spec.outOfOrderMs, 'p', IDS), second: deeds(spec.outOfOrderMs, 'q', IDS),
  }))

async function append(log: MemoryLog, topic: string, list: readonly Deed[]): Promise<void> {
  const outcome = await log.append(list.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: 0 })))
  assert.equal(outcome.kind, 'done')
}

const counts = new Map<string, number>()

interface World {
  readonly log: MemoryLog
  readonly plan: TypePlan
  readonly owner: Owner
  readonly replayStates: StateStore
  readonly tormentor: Tormentor
}

async function make({ owner, tormentor }: World, move: Move): Promise<void> {
  switch (move.kind) {
    case 'batch':
      owner.clock.advance(move.passedMs)
      return owner.batch(move.recordsMax)
    case 'evict': return owner.evict()
    case 'release': await owner.release()
      return owner.acquire()
    case 'crash': return owner.acquire()
    case 'takeOut': return owner.acquire({ entity: entityId(move.who), failure: { class: 'size', message: 'its state cannot be stored', stage: 'snapshot' }, seq: undefined })
    case 'midway': return tormentor.midway(move.calls, move.what, () => owner.acquire())
    default: return tormentor.torment(move.kind)
  }
}

async function play(world: World, list: readonly Move[]): Promise<void> {
  const { owner, tormentor } = world
  for (const move of list) {
    counts.set(move.kind, (counts.get(move.kind) ?? 0) + 1)
    await make(world, move)
    assert.deepEqual(owner.rebased, [], 'the same code repeats every commit')
    // A read that fails is a torment of its own; later ones must go through.
    const seen = await owner.dump(IDS)
    tormentor.heal()
    const { recovered, dump } = await owner.replay(IDS, world.replayStates)
    assert.deepEqual(unblamed(seen), unblamed(dump), `after ${move.kind}`)
    assert.deepEqual(recovered.rebased, [])
    counts.set('parked', (counts.get('parked') ?? 0) + dump.parked.length)
  }
  await assertLooks(world, await owner.dump(IDS))
  await assertNames(world.log)
}

/** Without the states of those whose inputs owners died of: they may hold inputs that nobody decodes any more. */
function unblamed(dump: Dump): Dump {
  const isBlamed = (state: string): boolean => {
    const stored = codec.decode(Buffer.from(state, 'hex'))
    return stored.kind === 'ok' && (stored.value as { readonly p?: readonly unknown[] }).p?.[0] === 'crash'
  }
  return { ...dump, states: new Map([...dump.states].filter(([, state]) => !isBlamed(state))) }
}

/** Who only looks at one entity sees it as it is. */
async function assertLooks({ log, plan }: World, { states }: Dump): Promise<void> {
  for (const id of IDS.map(entityId)) {
    const { entity } = await entityAtEnd({ log, codec, clock: wallClock }, plan, 0, id)
    assert.equal(entity === undefined ? undefined : hex(encodeEntity(codec, plan.definition, entity)), states.get(id), `'${id}' for those who look`)
  }
}

/** I2: no name of an output stands twice. */
async function assertNames(log: MemoryLog): Promise<void> {
  const { records } = await log.read('outs', 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })
  const names = records.map(({ headers }) => utf8Decode(headerOf(headers, 'ce_id') ?? new Uint8Array()))
  assert.equal(new Set(names).size, names.length)
}

async function prove(one: Case, log: MemoryLog, cache: MemoryCache | undefined, statesOf: (plan: TypePlan) => StateStore): Promise<void> {
  const { spec, waits, snapshotEvery, entityBytesMax, releasesMax } = one
  const plan = planOfSpec(spec, waits, snapshotEvery, { entityBytesMax })
  const states = (): StateStore => statesOf(plan)
  await makeTopics(log, plan)
  await append(log, 'first', one.first)
  await append(log, 'second', one.second)
  const owner = new Owner(log, plan, { states, releasesMax, startMs: NOW_MS })
  await owner.acquire()
  await play({ log, plan, owner, replayStates: states(), tormentor: new Tormentor(log, cache) }, one.moves)
  await log.close()
}

test('embedded: memory equals the full replay after batches, evictions, crashes and releases', async () => {
  await fc.assert(fc.asyncProperty(cases([]), async (one) => {
    const log = memoryLog({ keyed: true })
    const { keyed } = log
    assert.ok(keyed !== undefined)
    await prove(one, log, undefined, (plan) => keyedStateStore(keyed, codec, plan, 0))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('cached: the same, while the cache is flushed, rolled back, corrupted, drops writes, changes lives, mixes up buckets and is away', async () => {
  await fc.assert(fc.asyncProperty(cases(TORMENTS), async (one) => {
    const log = memoryLog()
    const cache = new MemoryCache()
    await prove(one, log, cache, (plan) => new CachedStates({ log, cache, codec, clock: systemClock, telemetry: silent }, plan, 0))
  }), { seed: testSeed(), numRuns: RUNS })
})

test('the runs above made every move', () => {
  for (const kind of ['batch', 'evict', 'crash', 'release', 'midway', 'takeOut', 'parked', ...TORMENTS]) assert.ok((counts.get(kind) ?? 0) >= 10, `${kind}: ${counts.get(kind)}`)
})
