// What a recovery may have to fold is bounded over crashes too (R1, R2). Random recoveries: test/property/recovery.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { recover } from '../../../../system/partition/recovery.ts'
import type { Recovered } from '../../../../system/partition/recovery.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { StateStore } from '../../../../system/partition/state-store.ts'
import { codec, deedRecord, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner, silent } from '../../../support/partition/owner.ts'

const FOLD_INPUTS_MAX = 30
const ENTITIES = 20
const machine = createMachine({ initial: 'a', states: { a: { after: { 1000: 'b' } }, b: { after: { 1000: 'a' } } } })
const plan = planOf([defineActor({ name: 'one', version: 1, machine, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } }, snapshotEvery: '1h', limits: { foldInputsMax: FOLD_INPUTS_MAX } })], 'one')
const deeds = Array.from({ length: ENTITIES }, (_, n) => deedRecord(n, { type: 'x', who: `e${n}`, time: 1 }))

interface Found {
  /** That the recovery ran. */
  readonly turns: number
  readonly folded: Recovered['folded']
}

/** An owner that took a deed of each entity, and wrote no state; and what a recovery would find. */
async function started(): Promise<{ readonly owner: Owner; readonly found: () => Promise<Found> }> {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const { keyed } = log
  assert.ok(keyed !== undefined)
  const states = (): StateStore => keyedStateStore(keyed, codec, plan, 0)
  await log.append(deeds.map((deed) => ({ ...deed, topic: 'deeds', partition: 0 })))
  const owner = new Owner(log, plan, { states, releasesMax: 1000, startMs: 1000 })
  await owner.acquire()
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
