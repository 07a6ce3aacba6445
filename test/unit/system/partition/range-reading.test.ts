// Ranges that must be there: a log that shows less than it has is waited for, what was removed is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { deadLetterRecord } from '../../../../system/partition/dead-letters.ts'
import { parkedDraftRecord } from '../../../../system/partition/parking.ts'
import { codec, deedRecord, deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'
import { showing } from '../../../support/partition/showing.ts'
import type { Shown } from '../../../support/partition/showing.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })], 'one')

/** An owner that took two deeds. */
async function owning(shown: Shown): Promise<{ readonly log: MemoryLog; readonly owner: Owner }> {
  const log = memoryLog({ keyed: true })
  await makeTopics(log, plan)
  const options = { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 100, startMs: 1_000_000 }
  const owner = new Owner(showing(log, shown), plan, options)
  await owner.acquire()
  await log.append([1, 2].map((time) => ({ ...deedRecord(time, { type: 'x', who: 'a', time }), topic: 'deeds', partition: 0 })))
  await owner.batch(100)
  return { log, owner }
}

for (const topic of ['deeds', plan.journal]) {
  test(`W1: nothing of ${topic} is said to be gone, or moved, while the log shows less of it than it has`, async () => {
    const shown = { topic, end: Infinity }
    const { owner } = await owning(shown)
    shown.end = 1
    await assert.rejects(owner.acquire(), { code: 'log/unreachable', message: new RegExp(`${topic}, partition 0 can only be read up to offset 1 now`) })
    shown.end = Infinity
    await owner.acquire()
    assert.equal(owner.parts.position.of('deeds'), 2)
  })
}

test('V2: inputs that were removed are gone, all of them or some', async () => {
  for (const left of [0, 1]) {
    const { log, owner } = await owning({ topic: '', end: 0 })
    log.truncate('deeds', 0, 2 - left)
    await assert.rejects(owner.acquire(), new RegExp(`history-gone.*${left} of 2 inputs are left`))
  }
})

test('W1: a held event that is refused or put aside is never without its bytes because they are not shown now', async () => {
  const shown = { topic: 'deeds', end: 1 }
  const { log } = await owning({ topic: '', end: 0 })
  const subject = { kind: 'record', topic: 'deeds', partition: 0, offset: 1, record: undefined } as const
  const failure = { class: 'action', message: 'm', stage: 'step' } as const
  const made = (): readonly Promise<{ readonly value: Uint8Array | null }>[] => [
    deadLetterRecord(showing(log, shown), plan, 0, { subject, failure, directive: 'skip', entity: entityId('a') }, 1),
    parkedDraftRecord(showing(log, shown), plan, 0, { subject, entity: entityId('a') }, 1, 1),
  ]
  for (const making of made()) await assert.rejects(making, { code: 'log/unreachable' })
  shown.end = Infinity
  for (const making of made()) assert.ok(((await making).value?.length ?? 0) > 0)
  log.truncate('deeds', 0, 2)
  for (const making of made()) assert.equal((await making).value, null)
})
