// Y1, I12: who looks at an entity from the log alone, while its owner commits, releases, crashes and takes it out between any two reads of the look, sees it
// as it was after a commit, and says which.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { entityAtEnd } from '../../system/inspect/query.ts'
import { encodeEntity } from '../../system/partition/entity.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { KeyedReads, Log } from '../../system/ports/log.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, entityId, hex } from '../support/partition/bench.ts'
import { makeTopics, Owner } from '../support/partition/owner.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 50
const IDS = ['x', 'y', 'z']

interface Move {
  readonly kind: 'batch' | 'crash' | 'release'
  readonly recordsMax: number
  readonly passedMs: number
}

const move: fc.Arbitrary<Move> = fc.record({ kind: fc.constantFrom('batch' as const, 'batch', 'batch', 'batch', 'crash', 'release'), recordsMax: fc.integer({ min: 0, max: 5 }), passedMs: fc.constantFrom(0, 1, 30, 400) })
/** Before the look, and between its reads. */
const look = fc.record({ before: fc.array(move, { maxLength: 4 }), who: fc.constantFrom(...IDS), calls: fc.integer({ min: 0, max: 12 }), during: fc.array(move, { minLength: 1, maxLength: 4 }) })
const specs = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'), fc.constantFrom(undefined, 'stop', 'park'))
const cases = fc.tuple(specs, fc.boolean(), fc.constantFrom(0, 50, 100_000), fc.array(look, { minLength: 1, maxLength: 10 }))
  .chain(([spec, waits, snapshotEvery, looks]) => fc.record({ spec: fc.constant({ ...spec, ends: true }), waits: fc.constant(waits), snapshotEvery: fc.constant(snapshotEvery), looks: fc.constant(looks), first: deeds(spec.outOfOrderMs, 'p'), second: deeds(spec.outOfOrderMs, 'q') }))

const counts = { looks: 0, during: 0, seen: 0, gone: 0 }

/** An owner, what each of its commits left, and someone who looks. */
class World {
  readonly #plan: TypePlan
  readonly #owner: Owner
  readonly #reader: Log
  readonly #history = new Map<number, ReadonlyMap<string, string>>()
  #callsLeft = Infinity
  #during: readonly Move[] = []

  constructor(log: MemoryLog, plan: TypePlan, isKeyed: boolean) {
    this.#plan = plan
    const keyed = log.keyed as KeyedReads
    this.#owner = new Owner(log, plan, { states: () => keyedStateStore(keyed, codec, plan, 0), releasesMax: 1000, startMs: 2_000_000 })
    const beside = <Args extends readonly unknown[], Answer>(call: (...args: Args) => Promise<Answer>) => async (...args: Args): Promise<Answer> => {
      await this.#called()
      return call(...args)
    }
    const peer = log.peer()
    this.#reader = Object.assign(peer, {
      read: beside(peer.read.bind(peer)), offsetsAt: beside(peer.offsetsAt.bind(peer)), keyed: isKeyed ? { get: beside(keyed.get), armed: beside(keyed.armed) } : undefined,
    })
  }

  async #called(): Promise<void> {
    this.#callsLeft -= 1
    if (this.#callsLeft !== -1) return
    counts.during += 1
    await this.make(this.#during)
  }

  async make(moves: readonly Move[]): Promise<void> {
    for (const { kind, recordsMax, passedMs } of moves) {
      this.#owner.clock.advance(passedMs)
      if (kind === 'release') await this.#owner.release()
      if (kind === 'batch') await this.#owner.batch(recordsMax)
      else await this.#owner.acquire()
      this.#history.set(this.#owner.parts.memory.seq, (await this.#owner.dump(IDS)).states)
    }
  }

  async look(who: string, calls: number, during: readonly Move[]): Promise<void> {
    this.#during = during
    this.#callsLeft = calls
    const { memory, entity } = await entityAtEnd({ log: this.#reader, codec, clock: wallClock }, this.#plan, 0, entityId(who))
    this.#callsLeft = Infinity
    const seq = Math.max(memory.seq, entity?.seq ?? 0)
    // Between two commits of a release nobody looked; they change no entity.
    const at = Math.max(...[...this.#history.keys()].filter((known) => known <= seq))
    const seen = entity === undefined ? undefined : hex(encodeEntity(codec, this.#plan.definition, entity))
    assert.equal(seen, this.#history.get(at)?.get(who), `'${who}' as of ${seq}`)
    counts.looks += 1
    counts[seen === undefined ? 'gone' : 'seen'] += 1
  }
}

for (const isKeyed of [true, false]) {
  test(`a look beside commits sees a commit (${isKeyed ? 'states read by key' : 'states found by a scan'})`, async () => {
    await fc.assert(fc.asyncProperty(cases, async ({ spec, waits, snapshotEvery, looks, first, second }) => {
      const log = memoryLog({ keyed: true })
      const plan = planOfSpec(spec, waits, snapshotEvery)
      await makeTopics(log, plan)
      for (const [topic, list] of [['first', first], ['second', second]] as const) {
        await log.append(list.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: 0 })))
      }
      const world = new World(log, plan, isKeyed)
      await world.make([{ kind: 'crash', recordsMax: 0, passedMs: 0 }])
      for (const { before, who, calls, during } of looks) {
        await world.make(before)
        await world.look(who, calls, during)
      }
      await log.close()
    }), { seed: testSeed(), numRuns: RUNS })
  })
}

test('the looks above were overtaken', () => {
  assert.ok(counts.during > RUNS && counts.seen > RUNS && counts.gone > RUNS / 5, JSON.stringify(counts))
})
