// Who only looks reads states after the journal: an entity may have come to its end between the two (Y1 of `query.ts`).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { equalBytes, utf8Encode } from '../../../../system/protocol/utf8.ts'
import { codec, deedRecord, deedSchema, defineActor, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { makeTopics, Owner } from '../../../support/partition/owner.ts'

const machine = createMachine({
  context: { n: 0 }, initial: 'open',
  states: { open: { on: { go: { actions: assign({ n: ({ context }: { context: { n: number } }) => context.n + 1 }) }, close: 'closed' } }, closed: { type: 'final' } },
} as never)
const sources = { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } }

for (const order of ['arrival', 'eventTime'] as const) {
  test(`an entity that ends while it is looked at is seen as it was, or not at all (order: ${order})`, async () => {
    const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, sources: sources as never, snapshotEvery: '10s', keepStopped: 100, order })], 'one')
    const log = memoryLog({ keyed: true })
    await makeTopics(log, plan)
    const keyed = log.keyed as KeyedReads
    const get = keyed.get.bind(keyed)
    const owner = new Owner(log, plan, { states: () => keyedStateStore({ ...keyed, get }, codec, plan, 0), releasesMax: 1000, startMs: 1000 })
    await owner.acquire()
    let time = 0
    const take = async (type: string, passedMs = 0): Promise<void> => {
      time += 1
      await log.append([{ ...deedRecord(0, { type, who: 'a', time }), topic: 'deeds', partition: 0 }])
      owner.clock.advance(passedMs)
      await owner.batch(100)
    }
    await take('go')
    await take('go')
    await owner.release()
    await owner.acquire()
    await take('go')
    await take('go')
    const shown = async (): Promise<unknown> => {
      const { entity } = await queryEntity({ log, codec, clock: wallClock }, plan, 'a')
      return entity === undefined ? undefined : { context: entity.context, held: entity.held.length }
    }
    const before = await shown()
    let isEnded = false
    keyed.get = async (topic, partition, keys) => {
      if (!isEnded && keys.some((key) => equalBytes(key, utf8Encode('a')))) {
        isEnded = true
        await take('close')
        await take('go')
        owner.clock.advance(200)
        await owner.batch(0)
        await owner.release()
        await owner.acquire()
      }
      return get(topic, partition, keys)
    }
    const seen = await shown()
    assert.ok(isEnded)
    keyed.get = get
    if (seen !== undefined) assert.deepEqual(seen, before)
    else assert.equal(await shown(), undefined)
  })
}
