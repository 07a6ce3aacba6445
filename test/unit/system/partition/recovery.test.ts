// What a recovery may have to fold is bounded over crashes too (R1, R2), and who has ended stays ended. Random recoveries: test/property/recovery.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { isBlank } from '../../../../system/partition/entity.ts'
import { recover } from '../../../../system/partition/recovery.ts'
import type { Recovered } from '../../../../system/partition/recovery.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { StateStore } from '../../../../system/partition/state-store.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'
import { codec, deedRecord, deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner, silent } from '../../../support/partition/owner.ts'

const FOLD_INPUTS_MAX = 30
const ENTITIES = 20
const sources = { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } }
const machine = createMachine({ initial: 'a', states: { a: { after: { 1000: 'b' } }, b: { after: { 1000: 'a' } } } })
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: sources as never, snapshotEvery: '1h', limits: { foldInputsMax: FOLD_INPUTS_MAX } })], 'one')
const deeds = Array.from({ length: ENTITIES }, (_, n) => deedRecord(n, { type: 'x', who: `e${n}`, time: 1 }))

interface Found {
  /** That the recovery ran. */
  readonly turns: number
  readonly folded: Recovered['folded']
}

async function worldOf(type: TypePlan): Promise<{ readonly log: MemoryLog; readonly states: () => StateStore; readonly owner: Owner }> {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, type)
  const { keyed } = log
  assert.ok(keyed !== undefined)
  const states = (): StateStore => keyedStateStore(keyed, codec, type, 0)
  const owner = new Owner(log, type, { states, releasesMax: 1000, startMs: 1000 })
  await owner.acquire()
  return { log, states, owner }
}

/** An owner that took a deed of each entity, and wrote no state; and what a recovery would find. */
async function started(): Promise<{ readonly owner: Owner; readonly found: () => Promise<Found> }> {
  const { log, states, owner } = await worldOf(plan)
  await log.append(deeds.map((deed) => ({ ...deed, topic: 'deeds', partition: 0 })))
  await owner.batch(100)
  const found = async (): Promise<Found> => {
    let turns = 0
    const recovered = await recover({ log, codec, plan, partition: 0, states: states(), telemetry: silent, onFolded: (_, batch) => void (turns += batch.turns) })
    assert.ok(recovered.kind === 'recovered')
    return { turns, folded: recovered.folded }
  }
  return { owner, found }
}

test('what is folded again counts as it did live: inputs and their bytes, and firings', async () => {
  const { owner, found } = await started()
  owner.clock.advance(1000)
  await owner.batch(100)
  const { folded } = await found()
  const bytes = deeds.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0)
  assert.deepEqual(folded.map(({ turns }) => turns), [ENTITIES, ENTITIES])
  assert.deepEqual(folded.map((record) => record.bytes >= bytes), [true, false])
})

test('R1: firings of owners that died count for the bound on what the next one folds', async () => {
  const { owner, found } = await started()
  // Each owner lives for one round of firings.
  for (let lives = 0; lives < 10; lives += 1) {
    await owner.acquire()
    owner.clock.advance(1000)
    await owner.batch(100)
  }
  const { turns } = await found()
  assert.ok(turns <= 3 * FOLD_INPUTS_MAX, `${turns} turns`)
})

test('I5: an entity that ended in the tail does not come back when its tombstone was compacted away', async () => {
  const closing = createMachine({ initial: 'open', states: { open: { on: { go: 'half' } }, half: { on: { close: 'closed' } }, closed: { type: 'final' } } })
  const mortal = planOf([defineActor({ name: 'one', version: 1, machine: closing as never, sources: sources as never, snapshotEvery: '10s', keepStopped: 100 })], 'one')
  const { log, states, owner } = await worldOf(mortal)
  const take = async (type: string, who: string): Promise<void> => {
    await log.append([{ ...deedRecord(0, { type, who, time: 1 }), topic: 'deeds', partition: 0 }])
    await owner.batch(100)
  }
  await take('go', 'a')
  await owner.release()
  await owner.acquire()
  await take('close', 'a')
  owner.clock.advance(200)
  await owner.batch(100)
  // It dies. The next one writes the tombstone, while the partition record, dirty since then, holds the floor.
  owner.clock.advance(9500)
  await owner.acquire()
  owner.clock.advance(5000)
  await take('go', 'b')
  const read = log.read.bind(log)
  log.read = async (...args) => {
    const found = await read(...args)
    return { ...found, records: found.records.filter(({ value }) => value !== null) }
  }
  const recovered = await recover({ log, codec, plan: mortal, partition: 0, states: states(), telemetry: silent })
  assert.ok(recovered.kind === 'recovered')
  const ended = recovered.memory.entities.peek(entityId('a'))
  assert.ok(ended === undefined || isBlank(ended))
})

test('a tail of many small batches asks for its states once, and not again for those that have none', async () => {
  const roomy = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: sources as never, snapshotEvery: '1h', limits: { foldInputsMax: 1000 } })], 'one')
  const { log, states, owner } = await worldOf(roomy)
  for (const deed of [...deeds, ...deeds]) {
    await log.append([{ ...deed, topic: 'deeds', partition: 0 }])
    await owner.batch(1)
  }
  const asked: number[] = []
  const store = states()
  const counting: StateStore = { ...store, load: (ids) => {
    asked.push(ids.length)
    return store.load(ids)
  } }
  const recovered = await recover({ log, codec, plan: roomy, partition: 0, states: counting, telemetry: silent })
  assert.ok(recovered.kind === 'recovered')
  assert.equal(recovered.folded.filter(({ turns }) => turns > 0).length, 2 * ENTITIES)
  assert.deepEqual(asked, [ENTITIES])
})

test('I9: entities that a recovery meets leave memory again where they are larger than its bound, and no more are loaded ahead than have room', async () => {
  const [entityBytesMax, entities, stateBytes] = [4 << 20, 600, 10_000]
  const growing = createMachine({ context: { text: '' }, initial: 'a', states: { a: { on: { touch: 'b' } }, b: { on: { touch: 'a' } } }, on: { grow: { actions: assign({ text: () => 'x'.repeat(stateBytes) }) } } } as never)
  const large = planOf([defineActor({ name: 'one', version: 1, machine: growing as never, sources: sources as never, snapshotEvery: '1h', limits: { entityBytesMax, foldInputsMax: 10_000 } })], 'one')
  const { log, states, owner } = await worldOf(large)
  for (const type of ['grow', 'touch', 'touch']) {
    for (let n = 0; n < entities; n += 20) {
      await log.append(Array.from({ length: 20 }, (_, at) => ({ ...deedRecord(n + at, { type, who: `e${n + at}`, time: 1 }), topic: 'deeds', partition: 0 })))
      await owner.batch(20)
    }
  }
  let [most, loaded] = [0, 0]
  const store = states()
  const counting: StateStore = { ...store, load: async (ids) => {
    const found = await store.load(ids)
    loaded = Math.max(loaded, found.size)
    return found
  } }
  const recovered = await recover({ log, codec, plan: large, partition: 0, states: counting, telemetry: silent, onFolded: (_, __, memory) => void (most = Math.max(most, memory.entities.bytes)) })
  assert.ok(recovered.kind === 'recovered')
  assert.ok(recovered.folded.length > 50 && recovered.memory.entities.bytes <= 2 * entityBytesMax, `${recovered.folded.length} records, then ${recovered.memory.entities.bytes} bytes in memory`)
  assert.ok(most <= 3 * entityBytesMax && loaded * stateBytes <= entityBytesMax, `${most} bytes in memory, ${loaded} states loaded together`)
})

test('I9: who watches one entity keeps nothing of what others have armed', async () => {
  const { log, states, owner } = await worldOf(plan)
  await log.append(deeds.map((deed) => ({ ...deed, topic: 'deeds', partition: 0 })))
  await owner.batch(100)
  await owner.release()
  const dues = async (watch?: { readonly entity: EntityId }): Promise<readonly string[]> => {
    const recovered = await recover({ log, codec, plan, partition: 0, states: states(), telemetry: silent, ...(watch === undefined ? {} : { watch }) })
    assert.ok(recovered.kind === 'recovered')
    return recovered.memory.entities.clockDues.due(Infinity, Infinity).map(({ entity }) => entity)
  }
  assert.equal((await dues()).length, ENTITIES)
  assert.deepEqual(await dues({ entity: entityId('e7') }), ['e7'])
})
