import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryIndex } from '../../../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { IndexFeeder } from '../../../../system/inspect/index-feeder.ts'
import { encodeJournal } from '../../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../../system/partition/journal.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { IndexPlace } from '../../../../system/ports/entity-index.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { ending, showing } from '../../../support/partition/showing.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'].map(entityId)

/** The log of a type that took commands, and what an index says that is fed from it. */
async function stopped(t: TestContext, log = memoryLog({ keyed: true })) {
  const { gateway, node } = await served(t, { log })
  for (const id of IDS) await gateway.command('counter', id, { type: 'add', by: 1 }, 'k1', { deadlineMs: 5000 })
  await node.stop()
  const plan = node.plans.get('counter') as TypePlan
  const fed = async (from: MemoryLog, index = memoryIndex(), feeder = new IndexFeeder({ log: from, codec: cborCodec, clock: wallClock, index, stored: async () => undefined })) => {
    await feeder.round(plan)
    return {
      places: await Promise.all(Array.from({ length: plan.partitions }, (_, partition) => index.place(plan.group, partition))),
      ids: (await index.rows({ group: plan.group, rowsMax: 100 })).map(({ id }) => id),
    }
  }
  return { log, plan, fed }
}

/** The same log, where this is done before and after each read of a topic. */
function interrupted(log: MemoryLog, topic: string, { before = async () => {}, after = async () => {} }: { readonly before?: (partition: number) => Promise<unknown>; readonly after?: (partition: number) => Promise<unknown> }): MemoryLog {
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'read') {
        return async (...args: Parameters<MemoryLog['read']>) => {
          if (args[0] === topic) await before(args[1])
          const range = await target.read(...args)
          if (args[0] === topic) await after(args[1])
          return range
        }
      }
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

/** Stores the states of a partition again, which has the ones before removed. */
async function storeAgain(log: MemoryLog, { state: topic }: TypePlan, partition: number): Promise<void> {
  const { records } = await log.read(topic, partition, 0, Infinity, { recordsMax: 100, bytesMax: Infinity })
  await log.append(records.map((record) => ({ ...record, topic, partition })))
}

/** One more commit, which leaves nothing to be stored. */
async function commitAgain(log: MemoryLog, plan: TypePlan, partition: number, change: Partial<JournalRecord>): Promise<void> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  const last = await lastRecord(log, cborCodec, plan, partition, end) as JournalRecord
  const seq = last.seq + 1
  const value = encodeJournal(cborCodec, { ...last, seq, floor: { seq, offset: end }, ...change })
  await log.append([{ topic: plan.journal, partition, key: null, value, headers: [], timestampMs: 1 }])
}

const isWhole = (place: IndexPlace | undefined): boolean => (place?.seq ?? -1) > 0 && place?.behindMs === undefined

test('F2: an entity that is stored again while an index is read is in it; where that goes on and on, the lag says since when something may be missing', async (t) => {
  const { log, plan, fed } = await stopped(t)
  const before = await fed(interrupted(log, plan.state, { before: (partition) => storeAgain(log, plan, partition) }))
  assert.deepEqual(before.ids, IDS)
  assert.ok(before.places.every(isWhole))
  const begunMs = wallClock.nowMs()
  const restless = await fed(interrupted(log, plan.state, { after: (partition) => storeAgain(log, plan, partition) }))
  assert.deepEqual(restless.ids, IDS)
  for (const [partition, place] of restless.places.entries()) assert.ok(place?.seq === before.places[partition]?.seq && (place?.behindMs ?? 0) >= begunMs, JSON.stringify(place))
})

test('F5: a log that shows less than before takes nothing away, and what it shows is not promised; what is no more is read anew', async (t) => {
  const { log, plan, fed } = await stopped(t, memoryLog())
  const ends: Record<string, number[]> = {}
  const read = { records: 0 }
  const seen = interrupted(ending(log, ends), plan.state, { after: async () => (read.records += 1) })
  let laterMs = 0
  const index = memoryIndex()
  const feeder = new IndexFeeder({ log: seen, codec: cborCodec, clock: { ...wallClock, nowMs: () => wallClock.nowMs(), sleep: async () => {}, monotonicMs: () => wallClock.monotonicMs() + laterMs }, index, stored: async () => undefined })
  const first = await fed(seen, index, feeder)
  assert.ok(first.places.every(isWhole))
  ends[plan.state] = first.places.map((place) => (place?.next ?? 0) - 1)
  const short = await fed(seen, index, feeder)
  assert.deepEqual([short.ids, short.places.map((place) => [place?.next, place?.seq])], [IDS, first.places.map((place) => [place?.next, place?.seq])])
  assert.ok(short.places.every((place) => place?.behindMs !== undefined))
  for (let rounds = 0; rounds < 7; rounds += 1) {
    laterMs += 10_000
    await fed(seen, index, feeder)
  }
  const anew = await fed(seen, index, feeder)
  assert.deepEqual(anew.places.map((place) => place?.next), ends[plan.state])
  delete ends[plan.state]
  const again = await fed(seen, index, feeder)
  assert.deepEqual(again.ids, IDS)
  assert.ok(again.places.every(isWhole))
})

test('F5: what is read anew is promised in the same round', async (t) => {
  const { log, plan, fed } = await stopped(t)
  const index = memoryIndex()
  const first = await fed(log, index)
  for (const [partition, place] of first.places.entries()) await index.apply({ group: plan.group, partition, from: place?.next, rows: [], gone: [], place: { ...place as IndexPlace, next: 9999 } })
  const again = await fed(log, index)
  assert.deepEqual([again.ids, again.places.map((place) => [place?.next, place?.seq])], [IDS, first.places.map((place) => [place?.next, place?.seq])])
  assert.ok(again.places.every(isWhole))
})

test('F5: a journal that shows nothing for a moment takes nothing away; one that is no more does', async (t) => {
  const { log, plan, fed } = await stopped(t, memoryLog())
  const ends: Record<string, number[]> = {}
  let laterMs = 0
  const index = memoryIndex()
  const feeder = new IndexFeeder({ log: ending(log, ends), codec: cborCodec, clock: { ...wallClock, nowMs: () => wallClock.nowMs(), sleep: async () => {}, monotonicMs: () => wallClock.monotonicMs() + laterMs }, index, stored: async () => undefined })
  const first = await fed(log, index, feeder)
  ends[plan.journal] = [0, 0]
  const short = await fed(log, index, feeder)
  assert.deepEqual([short.ids, short.places.map((place) => [place?.life, place?.seq])], [IDS, first.places.map((place) => [place?.life, place?.seq])])
  assert.ok(short.places.every((place) => place?.behindMs !== undefined))
  for (let rounds = 0; rounds < 7; rounds += 1) {
    laterMs += 10_000
    await fed(log, index, feeder)
  }
  assert.deepEqual((await fed(log, index, feeder)).ids, [])
  delete ends[plan.journal]
  const again = await fed(log, index, feeder)
  assert.deepEqual(again.ids, IDS)
  assert.ok(again.places.every(isWhole))
})

test('F2: states that the newest commit wrote are waited for, also where the end of their topic does not tell of them', async (t) => {
  const { log, plan, fed } = await stopped(t)
  const ends: number[] = []
  for (const partition of [0, 1]) {
    const stateFrom = await log.offsetsAt(plan.state, partition, 'latest')
    log.skipOffsets(plan.state, partition, 1)
    await storeAgain(log, plan, partition)
    await commitAgain(log, plan, partition, { stateFrom, saved: [1] })
    ends.push(stateFrom)
  }
  for (const more of [-1, 0, 1]) {
    const { places } = await fed(ending(log, { [plan.state]: ends.map((end) => end + more) }))
    assert.deepEqual(places.map((place) => place?.seq), [undefined, undefined], `${more}`)
    assert.ok(places.every((place) => place?.behindMs !== undefined))
  }
  assert.ok((await fed(log)).places.every(isWhole))
  for (const partition of [0, 1]) await commitAgain(log, plan, partition, { stateFrom: await log.offsetsAt(plan.state, partition, 'latest'), saved: [] })
  assert.ok((await fed(log)).places.every(isWhole), 'it wrote none')
  for (const partition of [0, 1]) await commitAgain(log, plan, partition, { stateFrom: await log.offsetsAt(plan.state, partition, 'latest'), saved: [1], tombstones: [entityId('z')], nowMs: 0 })
  assert.ok((await fed(log)).places.every(isWhole), 'tombstones do not stay for ever')
})

test('F2: while the log shows less than it has, an index does not say that nothing is missing', async (t) => {
  const log = memoryLog({ keyed: true })
  const { gateway, node } = await served(t, { log })
  for (const id of IDS) await gateway.command('counter', id, { type: 'add', by: 1 }, 'k1', { deadlineMs: 5000 })
  await node.stop()
  const plan = node.plans.get('counter') as TypePlan
  const shown = { topic: plan.state, end: 1 }
  const index = memoryIndex()
  const feeder = new IndexFeeder({ log: showing(log, shown), codec: cborCodec, clock: wallClock, index, stored: async () => undefined })
  const places = async () => Promise.all(Array.from({ length: plan.partitions }, (_, partition) => index.place(plan.group, partition)))
  await feeder.round(plan)
  assert.deepEqual((await places()).map((place) => place?.seq), [undefined, undefined], 'nothing is promised of what was not read to its end')
  shown.end = Infinity
  await feeder.round(plan)
  const whole = await places()
  assert.ok(whole.every((place) => (place?.seq ?? -1) > 0 && place?.behindMs === undefined))
  assert.deepEqual((await index.rows({ group: plan.group, rowsMax: 100 })).map(({ id }) => id), IDS)

  await node.stop()
  shown.end = Math.max(...whole.map((place) => place?.next ?? 0))
  const again = await served(t, { log })
  for (const id of IDS) await again.gateway.command('counter', id, { type: 'add', by: 1 }, 'k2', { deadlineMs: 5000 })
  await again.node.stop()
  await feeder.round(plan)
  for (const [partition, place] of (await places()).entries()) {
    assert.equal(place?.seq, whole[partition]?.seq, 'as before')
    assert.notEqual(place?.behindMs, undefined, 'and it lacks something since')
  }
  shown.end = Infinity
  await feeder.round(plan)
  for (const [partition, place] of (await places()).entries()) assert.ok((place?.seq ?? -1) > (whole[partition]?.seq ?? 0) && place?.behindMs === undefined)
})
