import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { EntityTail } from '../../../../system/inspect/entity-tail.ts'
import type { Taken } from '../../../../system/inspect/entity-tail.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import { OutOfTime } from '../../../../system/inspect/patient-log.ts'
import { Gone } from '../../../../system/partition/range-reading.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Log } from '../../../../system/ports/log.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')

async function readFrom(tail: EntityTail, after?: HistoryEntry): Promise<Taken> {
  const taken = await tail.read(IN_TIME, after)
  assert.ok(taken !== undefined)
  return taken
}

for (const keyed of [true, false]) {
  test(`K1: what is read piece by piece is the history, over owners, refusals and the end of the entity (${keyed ? 'read by key' : 'read through'})`, async (t) => {
    const { gateway, node, log, rpc } = await served(t)
    const plan = node.plans.get('counter') as TypePlan
    const seen: Log = keyed ? log : Object.assign(log.peer(), { keyed: undefined })
    await gateway.command('counter', A, { type: 'add', by: 1 }, 'k0', IN_TIME)
    const tail = new EntityTail({ log: seen, codec: cborCodec, clock: wallClock }, plan, A)
    const told: HistoryEntry[] = []
    let gaps = 0
    const take = async (): Promise<void> => {
      const { entries, fromSeq } = await readFrom(tail, told.at(-1))
      if (fromSeq > (told.at(-1)?.seq ?? 0)) gaps += 1
      told.push(...entries)
    }
    await take()
    const running = { gateway, node }
    for (let n = 1; n <= 12; n += 1) {
      if (n === 6) {
        await running.node.stop()
        Object.assign(running, await served(t, { log, rpc }))
      }
      const event = n === 12 ? { type: 'end' } : n % 5 === 4 ? { type: 'add' } : { type: 'add', by: n }
      await running.gateway.command('counter', A, event, `k${n}`, IN_TIME)
      await running.gateway.command('counter', entityId(`b${n}`), { type: 'add', by: n }, 'k', IN_TIME)
      if (n % 3 === 0) await take()
    }
    await running.node.stop()
    await take()
    const whole = await historyOf(log, cborCodec, plan, 'a', { entriesMax: 100 })
    assert.deepEqual(told, whole.entries)
    assert.deepEqual([gaps, told.length], [0, 13])
  })
}

test('K2: a read that its time cuts short goes on with the same record; what was not taken is given again', async (t) => {
  const { gateway, node, log } = await served(t)
  const plan = node.plans.get('counter') as TypePlan
  const { fails, seen } = failing(log)
  await gateway.command('counter', A, { type: 'add', by: 1 }, 'k', IN_TIME)
  const tail = new EntityTail({ log: seen, codec: cborCodec, clock: wallClock }, plan, A)
  const [first] = (await readFrom(tail)).entries
  for (const by of [2, 3]) await gateway.command('counter', A, { type: 'add', by }, `k${by}`, IN_TIME)
  fails.with = new OutOfTime('it is late')
  assert.deepEqual((await readFrom(tail, first)).entries, [])
  fails.with = undefined
  const numbers = ({ entries }: Taken): readonly unknown[] => entries.map(({ event }) => event['by'])
  for (let times = 0; times < 2; times += 1) assert.deepEqual(numbers(await readFrom(tail, first)), [2, 3])
  assert.deepEqual(numbers(await readFrom(new EntityTail({ log, codec: cborCodec, clock: wallClock }, plan, A), first)), [2, 3], 'also by one that begins with it')
})

test('K5: what cannot be gone on with is begun anew, and says from where on nothing is missing', async (t) => {
  const { gateway, node, log } = await served(t)
  const plan = node.plans.get('counter') as TypePlan
  const { fails, seen } = failing(log)
  const tail = new EntityTail({ log: seen, codec: cborCodec, clock: wallClock }, plan, A)
  await gateway.command('counter', A, { type: 'add', by: 1 }, 'k', IN_TIME)
  const [first] = (await readFrom(tail)).entries
  await gateway.command('counter', A, { type: 'add', by: 2 }, 'k2', IN_TIME)
  fails.with = new Gone('it is gone')
  await assert.rejects(tail.read(IN_TIME, first), Gone)
  fails.with = undefined
  await node.stop()
  const { entries, fromSeq, seq } = await readFrom(tail, first)
  // Its owner stored it as it ended.
  assert.deepEqual([entries, fromSeq > (first?.seq ?? 0), seq >= fromSeq], [[], true, true])
})

/** A log of which inputs cannot be read, when that is said. */
function failing(log: Log): { readonly fails: { with: Error | undefined }; readonly seen: Log } {
  const fails: { with: Error | undefined } = { with: undefined }
  const seen = Object.assign(Object.create(log) as Log, {
    offsetsAt: log.offsetsAt.bind(log),
    read: (...args: Parameters<Log['read']>) => (fails.with !== undefined && args[0] === 'counters.counter.inbox' ? Promise.reject(fails.with) : log.read(...args)),
  })
  return { fails, seen }
}

test('of an entity that was never stored, for all that it was sent was refused, nothing is promised from before the floor', async (t) => {
  const { gateway, node, log } = await served(t)
  const plan = node.plans.get('counter') as TypePlan
  await gateway.command('counter', A, { type: 'add' }, 'bad', IN_TIME)
  await node.stop()
  const [refused] = (await historyOf(log, cborCodec, plan, 'a', { entriesMax: 10 })).entries
  const { entries, fromSeq } = await readFrom(new EntityTail({ log, codec: cborCodec, clock: wallClock }, plan, A))
  assert.deepEqual([refused?.verdict?.class, entries, fromSeq >= (refused?.seq ?? Infinity)], ['action', [], true])
})

test('a partition that has not run yet has no tail', async (t) => {
  const { node, log } = await served(t)
  const plan = node.plans.get('counter') as TypePlan
  assert.equal(partitionOf(utf8Encode('a'), plan.partitions), 0)
  const empty: Log = Object.assign(Object.create(log) as Log, { offsetsAt: async () => 0, read: log.read.bind(log) })
  assert.equal(await new EntityTail({ log: empty, codec: cborCodec, clock: wallClock }, plan, A).read(IN_TIME, undefined), undefined)
})
