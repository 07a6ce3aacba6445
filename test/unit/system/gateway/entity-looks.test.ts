// Entities looked at again and again over a log without reads by key, also where its topics are made anew between two looks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { EntityLooks } from '../../../../system/gateway/entity-looks.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { Tips } from '../../../../system/inspect/tips.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { ending } from '../../../support/partition/showing.ts'

const IN_TIME = { deadlineMs: 5000 }
const [A, B, C] = ['a', 'b', 'c'].map(entityId) as [EntityId, EntityId, EntityId]
const HOME = partitionOf(utf8Encode(A), 2)

/** A log whose counters took commands, in so many runs of their owner. */
async function counted(t: TestContext, ids: readonly EntityId[], runs: number, seed = 1): Promise<{ readonly log: MemoryLog; readonly plan: TypePlan }> {
  const log = memoryLog()
  let plan: TypePlan | undefined
  for (let run = 0; run < runs; run += 1) {
    const { gateway, node } = await served(t, { log, seed })
    for (const id of ids) await gateway.command('counter', id, { type: 'add', by: 1 } as { readonly type: string }, `k${run}`, IN_TIME)
    await node.stop()
    plan = node.plans.get('counter')
  }
  return { log, plan: plan as TypePlan }
}

/** A log in whose place another can be put. */
function replaceable(first: MemoryLog): { readonly log: MemoryLog; replace(log: MemoryLog): void } {
  let current = first
  const log = new Proxy(first, {
    get: (_, name) => {
      const found: unknown = Reflect.get(current, name)
      return typeof found === 'function' ? found.bind(current) : found
    },
  })
  return { log, replace: (next) => (current = next) }
}

test('I12: of topics made anew that have grown past what was read of those before nothing is told that they do not hold', async (t) => {
  const before = await counted(t, [A, B, C], 2)
  const anew = await counted(t, [B, C], 7, 77)
  const { plan } = before
  for (const topic of [plan.state, plan.journal]) assert.ok(await anew.log.offsetsAt(topic, HOME, 'latest') > await before.log.offsetsAt(topic, HOME, 'latest'))
  const { log, replace } = replaceable(before.log)
  const ports = { log, codec: cborCodec, clock: wallClock }
  const [looks, tips] = [new EntityLooks(ports), new Tips(ports)]
  assert.notEqual((await looks.at(plan, A, IN_TIME)).entity, undefined)
  await tips.of(plan, HOME)
  replace(anew.log)
  const fresh = await queryEntity(ports, plan, A)
  assert.equal(fresh.entity, undefined)
  assert.deepEqual(await looks.at(plan, A, IN_TIME), fresh)
  assert.deepEqual((await tips.of(plan, HOME))?.occupancy, (await new Tips(ports).of(plan, HOME))?.occupancy)
})

test('I12: states of another life than the journal that was read are not told beside it', async (t) => {
  const before = await counted(t, [A], 2)
  const anew = await counted(t, [A], 2, 77)
  const { plan } = before
  const mixed = new Proxy(before.log, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return (...args: unknown[]) => (args[0] === plan.state ? Reflect.apply(Reflect.get(anew.log, name) as typeof found, anew.log, args) : Reflect.apply(found, target, args)) as unknown
    },
  })
  await assert.rejects(queryEntity({ log: mixed, codec: cborCodec, clock: wallClock }, plan, A), { code: 'log/unreachable' })
})

test('I12: a journal that shows nothing for a moment is none that was made anew', async (t) => {
  const { log, plan } = await counted(t, [A], 1)
  const ends: Record<string, number[]> = {}
  let laterMs = 0
  const clock: Clock = { ...wallClock, nowMs: () => wallClock.nowMs(), monotonicMs: () => wallClock.monotonicMs() + laterMs }
  const looks = new EntityLooks({ log: ending(log, ends), codec: cborCodec, clock })
  const told = await looks.at(plan, A, IN_TIME)
  const later = async (lookedMax: number) => {
    for (let looked = 0; looked < lookedMax; looked += 1) {
      laterMs += 10_000
      await looks.at(plan, A, IN_TIME)
    }
  }
  for (let moments = 0; moments < 2; moments += 1) {
    ends[plan.journal] = [0, 0]
    await later(5)
    assert.deepEqual(await looks.at(plan, A, IN_TIME), told)
    delete ends[plan.journal]
    await later(1)
  }
  ends[plan.journal] = [0, 0]
  await later(8)
  assert.equal((await looks.at(plan, A, IN_TIME)).life, '', 'it is no more')
})

test('no more is kept of what was seen than some bytes; who is pushed out is read again', async (t) => {
  const { log, plan } = await counted(t, [A, B, C], 1)
  let reads = 0
  const read = log.read.bind(log)
  log.read = (...args) => (reads += 1, read(...args))
  const readsOf = async (looks: EntityLooks): Promise<number> => {
    for (const id of [A, B, C]) await looks.at(plan, id, IN_TIME)
    reads = 0
    for (const id of [A, B, C]) await looks.at(plan, id, IN_TIME)
    return reads
  }
  const ports = { log, codec: cborCodec, clock: wallClock }
  assert.equal(await readsOf(new EntityLooks(ports)), 0)
  assert.ok(await readsOf(new EntityLooks(ports, 1)) > 0)
})
