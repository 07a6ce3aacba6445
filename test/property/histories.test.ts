// G1, K1, F1, F2: whatever an owner did, crashed and released before: pages of a history are all of it, wherever they were read from, and so is what is read on piece by
// piece; and an index of entities shows states that were committed, none older than it says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryIndex } from '../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { EntityTail } from '../../system/inspect/entity-tail.ts'
import { historyOf } from '../../system/inspect/history.ts'
import type { HistoryEntry } from '../../system/inspect/history.ts'
import { historyPage } from '../../system/inspect/history-page.ts'
import { IndexFeeder } from '../../system/inspect/index-feeder.ts'
import { numbersOf } from '../../system/inspect/numbers.ts'
import { decodeEntity } from '../../system/partition/entity.ts'
import { keyedStateStore } from '../../system/partition/state-store.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { KeyedReads, Log } from '../../system/ports/log.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, entityId } from '../support/partition/bench.ts'
import { makeTopics, Owner } from '../support/partition/owner.ts'
import { deeds, planOfSpec, typeSpec } from '../support/partition/random-types.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 20
/** Nobody else has a turn to wait for. */
const clock: Clock = { ...wallClock, nowMs: () => wallClock.nowMs(), monotonicMs: () => wallClock.monotonicMs(), sleep: async () => {} }
const IDS = ['x', 'y', 'z']

const move = fc.record({ kind: fc.constantFrom('batch', 'batch', 'batch', 'batch', 'crash', 'release'), recordsMax: fc.integer({ min: 0, max: 5 }), passedMs: fc.constantFrom(0, 1, 30, 400) })
const look = fc.record({ moves: fc.array(move, { minLength: 1, maxLength: 5 }), entriesMax: fc.integer({ min: 1, max: 4 }), asksOwner: fc.boolean(), isFresh: fc.boolean() })
const specs = typeSpec(fc.constantFrom('arrival', 'eventTime'), fc.constantFrom('processing', 'event'), fc.constantFrom(undefined, 'stop', 'park'))
const cases = fc.tuple(specs, fc.boolean(), fc.constantFrom(0, 50, 100_000), fc.array(look, { minLength: 1, maxLength: 6 }))
  .chain(([spec, waits, snapshotEvery, looks]) => fc.record({ spec: fc.constant({ ...spec, ends: true }), waits: fc.constant(waits), snapshotEvery: fc.constant(snapshotEvery), looks: fc.constant(looks), first: deeds(spec.outOfOrderMs, 'p'), second: deeds(spec.outOfOrderMs, 'q') }))

const counts = { entries: 0, tailed: 0, rows: 0, behind: 0, whole: 0 }

/** What an index should say of a stored form; null: nothing. */
function shownOf(plan: TypePlan, id: string, hexed: string | undefined): string {
  if (hexed === undefined) return 'null'
  const read = decodeEntity(codec, plan.definition, entityId(id), 0, Uint8Array.from(Buffer.from(hexed, 'hex')))
  const state = read.kind === 'ok' ? read.entity.machine : undefined
  return state === undefined ? JSON.stringify([null, {}]) : JSON.stringify([plan.definition.machine.configuration(state), numbersOf(plan.definition.machine.context(state))])
}

async function pagesOf(log: Log, plan: TypePlan, who: string, entriesMax: number): Promise<readonly HistoryEntry[]> {
  const all: HistoryEntry[] = []
  for (;;) {
    const { entries, older, reason } = await historyPage(log, codec, clock, plan, entityId(who), { entriesMax, before: all.at(-1), deadlineMs: 60_000 })
    all.push(...entries)
    if (older === 'none') return all
    assert.equal(older, 'more', reason)
  }
}

for (const isKeyed of [true, false]) {
  test(`histories and the index of a random owner (${isKeyed ? 'states read by key' : 'states found by a scan'})`, async () => {
    await fc.assert(fc.asyncProperty(cases, async ({ spec, waits, snapshotEvery, looks, first, second }) => {
      const log = memoryLog({ keyed: true })
      const plan = planOfSpec(spec, waits, snapshotEvery)
      await makeTopics(log, plan)
      for (const [topic, list] of [['first', first], ['second', second]] as const) {
        await log.append(list.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: 0 })))
      }
      const owner = new Owner(log, plan, { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 1000, startMs: 2_000_000 })
      const peer = log.peer()
      const reader: Log = isKeyed ? peer : Object.assign(peer, { keyed: undefined })
      const committed = new Map<number, ReadonlyMap<string, string>>()
      let asksOwner = false
      const stored = async () => (asksOwner ? { life: owner.parts.memory.life, seq: owner.parts.memory.seq, dirtySeq: owner.parts.memory.entities.oldestDirtySeq(), stateEnd: owner.parts.committer.stateEnd } : undefined)
      let index = memoryIndex()
      const tails = IDS.map((who) => ({ who, tail: new EntityTail({ log: reader, codec, clock }, plan, entityId(who)), upTo: -1, last: undefined as HistoryEntry | undefined }))
      await owner.acquire()
      for (const { moves, entriesMax, isFresh, ...asked } of looks) {
        asksOwner = asked.asksOwner
        for (const { kind, recordsMax, passedMs } of moves) {
          owner.clock.advance(passedMs)
          if (kind === 'release') await owner.release()
          if (kind === 'batch') await owner.batch(recordsMax)
          else await owner.acquire()
          committed.set(owner.parts.memory.seq, (await owner.dump(IDS)).states)
        }
        for (const who of IDS) {
          const { entries } = await historyOf(reader, codec, plan, who, { entriesMax: 1e6 })
          assert.deepEqual(await pagesOf(reader, plan, who, entriesMax), [...entries].reverse())
          counts.entries += entries.length
        }
        for (const one of tails) {
          const taken = await one.tail.read({ deadlineMs: 60_000 }, one.last)
          assert.ok(taken !== undefined && taken.seq === owner.parts.memory.seq, JSON.stringify(taken?.seq))
          const { entries } = await historyOf(reader, codec, plan, one.who, { entriesMax: 1e6 })
          const from = Math.max(one.upTo, taken.fromSeq)
          assert.deepEqual(taken.entries.filter(({ seq }) => seq > from), entries.filter(({ seq }) => seq > from))
          counts.tailed += taken.entries.length
          Object.assign(one, { upTo: taken.seq, last: taken.entries.at(-1) ?? one.last })
        }
        if (isFresh) index = memoryIndex()
        await new IndexFeeder({ log: reader, codec, clock, index, stored }).round(plan)
        const place = await index.place(plan.group, 0)
        const upTo = place?.seq ?? -1
        const known = [...committed].filter(([seq]) => seq <= upTo).at(-1)?.[0] ?? -1
        const rows = new Map((await index.rows({ group: plan.group, rowsMax: 10 })).map((row) => [row.id as string, row]))
        for (const who of IDS) {
          const row = rows.get(who)
          const shown = row === undefined ? 'null' : JSON.stringify([row.configuration ?? null, row.numbers])
          const possible = [...(known === -1 ? [[-1, undefined] as const] : []), ...committed].filter(([seq]) => seq >= known).map(([, states]) => shownOf(plan, who, states?.get(who)))
          assert.ok(possible.includes(shown), `'${who}' is shown as ${shown}, and was after commit ${known} ${possible.join(', ')}`)
          counts.rows += row === undefined ? 0 : 1
        }
        counts[place?.behindMs === undefined ? 'whole' : 'behind'] += 1
        if (place?.behindMs === undefined) assert.equal(upTo, owner.parts.memory.seq)
      }
      await log.close()
    }), { seed: testSeed(), numRuns: RUNS })
  })
}

test('the looks above saw something', () => {
  console.log(JSON.stringify({ seed: testSeed(), ...counts }))
  assert.ok(counts.entries > RUNS && counts.tailed > RUNS && counts.rows > RUNS && counts.behind > RUNS / 4 && counts.whole > RUNS / 4, JSON.stringify(counts))
})
