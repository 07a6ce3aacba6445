// Who only looks reads what is armed before states: an entity may be stored between the two, with other timers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { EntityTail } from '../../../../system/inspect/entity-tail.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads, Log } from '../../../../system/ports/log.ts'
import { codec, deedRecord, deedSchema, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const machine = createMachine({
  initial: 'idle',
  states: { idle: { on: { go: 'wait' } }, wait: { after: { 1000: 'late' }, on: { go: { target: 'wait', reenter: true }, rest: 'idle' } }, late: { on: { go: 'wait' } } },
} as never)
const sources = { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: sources as never, timers: 'event', snapshotEvery: 0 })], 'one')

const timer = ['xstate.after.1000.(machine).wait', 2500] as const
const told = [['later', 'go', 'go', timer], ['never', 'go', 'rest', ['go', 3010]], ['now', 'rest', 'go', timer]] as const
for (const [when, first, second, next] of told) {
  test(`K1: a timer that an entity armed as its tail began fires when its state says: ${when}`, async () => {
    const log = memoryLog({ keyed: true })
    await makeTopics(log, plan)
    const owner = new Owner(log, plan, { states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), releasesMax: 1000, startMs: 1000 })
    await owner.acquire()
    const take = async (who: string, time: number, deed = 'go'): Promise<void> => {
      await log.append([{ ...deedRecord(0, { type: deed, who, time }), topic: 'deeds', partition: 0 }])
      await owner.batch(100)
    }
    await take('a', 1000, first)
    const keyed = log.keyed as KeyedReads
    let stores = async (): Promise<void> => take('a', 1500, second)
    const armed: KeyedReads['armed'] = async (...where) => {
      const found = await keyed.armed(...where)
      await stores()
      stores = async () => {}
      return found
    }
    const raced: Log = Object.assign(log.peer(), { keyed: { get: keyed.get.bind(keyed), armed } })
    const tail = new EntityTail({ log: raced, codec, clock: wallClock }, plan, entityId('a'))
    await tail.read({ deadlineMs: 5000 }, undefined)
    for (const time of [2200, 2201]) await take('b', time)
    await take('a', 3010)
    const read = await tail.read({ deadlineMs: 5000 }, undefined)
    const { entries } = await historyOf(log, codec, plan, 'a', { entriesMax: 100 })
    assert.deepEqual(entries.slice(1, 3).map(({ event, timeMs }) => [event.type, timeMs]), [[second, 1500], next])
    assert.deepEqual(read?.entries, entries.filter(({ seq }) => seq > (read?.fromSeq ?? Infinity)))
    assert.ok((read?.entries.length ?? 0) > 0)
  })
}
