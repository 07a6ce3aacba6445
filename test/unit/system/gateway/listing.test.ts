import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setup } from 'xstate'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { memoryIndex } from '../../../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { EntityPage, Gateway, ListAsked } from '../../../../system/gateway/gateway.ts'
import type { Duration } from '../../../../system/authoring/duration.ts'
import type { EntityIndex } from '../../../../system/ports/entity-index.ts'
import type { RecordRange } from '../../../../system/protocol/record.ts'
import { counter } from '../../../support/counter/counter.system.ts'
import { gatewayTo, served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const systemThatStores = (snapshotEvery: Duration) => defineSystem({ name: 'counters', actors: [defineActor({ name: 'counter', version: 1, machine: counter, snapshotEvery })], partitions: 2 })

async function pageOf(gateway: Gateway, asked: Partial<ListAsked> = {}): Promise<EntityPage> {
  const result = await gateway.list('counter', { ...IN_TIME, conditions: [], limit: 100, ...asked })
  assert.ok(result.kind === 'entities', JSON.stringify(result))
  return result.page
}

const idsOf = ({ entities }: EntityPage): readonly string[] => entities.map(({ id }) => id)

test('T1: what is not stored yet is not shown, and the lag says since when; at rest all is shown', async (t) => {
  const { gateway, node, log, rpc } = await served(t, { system: systemThatStores('1h') })
  for (const id of ['b', 'a', 'é', 'c']) await gateway.command('counter', entityId(id), { type: 'add', by: 3 }, 'k', IN_TIME)
  await gateway.command('counter', entityId('c'), { type: 'end' }, 'e', IN_TIME)
  const early = await pageOf(gateway)
  assert.deepEqual([early.entities, early.index.at.length, early.index.lagMs >= 0], [[], 2, true])
  await node.stop()
  const page = await pageOf(gateway)
  assert.deepEqual([idsOf(page), page.index.lagMs, page.next], [['a', 'b', 'c', 'é'], 0, undefined])
  assert.deepEqual(page.entities.map(({ configuration }) => configuration), ['counting', 'counting', 'ended', 'counting'])
  for (const other of [gatewayTo(node, log, rpc), gatewayTo(node, log, rpc)]) assert.deepEqual(await pageOf(other), page, 'an index made from nothing shows the same')
})

test('a live owner that has stored all says so, also of what the journal alone does not tell', async (t) => {
  const { gateway } = await served(t, { system: systemThatStores('0s') })
  for (let n = 1; n <= 3; n += 1) {
    const { at } = await gateway.command('counter', entityId('a'), { type: 'add', by: n }, `k${n}`, IN_TIME) as { readonly at: { readonly seq: number } }
    const { entities: [one], index } = await pageOf(gateway, { conditions: [{ name: 'n', op: '>', value: 0 }] })
    assert.deepEqual([one?.numbers, index.lagMs, (one?.changedSeq ?? 0) >= at.seq], [{ n: n * (n + 1) / 2 }, 0, true])
  }
})

test('an owner that has stored what its log does not show yet is not taken to be read', async (t) => {
  const { node, log, rpc } = await served(t, { system: systemThatStores('0s') })
  const state = node.plans.get('counter')?.state
  let isBehind = false
  const shown = new Map<string, number>()
  const offsetsAt = log.offsetsAt.bind(log)
  log.offsetsAt = async (topic, partition, at) => {
    const now = await offsetsAt(topic, partition, at)
    if (topic !== state || at !== 'latest') return now
    const end = isBehind ? shown.get(`${partition}`) ?? 0 : now
    shown.set(`${partition}`, end)
    return end
  }
  const gateway = gatewayTo(node, log, rpc)
  await pageOf(gateway)
  isBehind = true
  const { at } = await gateway.command('counter', entityId('a'), { type: 'add', by: 1 }, 'k', IN_TIME) as { readonly at: { readonly partition: number; readonly seq: number } }
  const early = await pageOf(gateway)
  assert.deepEqual([idsOf(early), early.index.lagMs > 0, early.index.at.every(({ partition, seq }) => partition !== at.partition || seq < at.seq)], [[], true, true])
  isBehind = false
  const page = await pageOf(gateway)
  assert.deepEqual([idsOf(page), page.index.lagMs], [['a'], 0])
})

test('pages go on behind an id, with a state or numbers asked for, and end', async (t) => {
  const { gateway, node } = await served(t)
  await Promise.all(Array.from({ length: 25 }, (_, n) => gateway.command('counter', entityId(`e${String(n).padStart(2, '0')}`), { type: 'add', by: n }, 'k', IN_TIME)))
  await Promise.all(Array.from({ length: 5 }, (_, n) => gateway.command('counter', entityId(`e0${n}`), { type: 'end' }, 'e', IN_TIME)))
  await node.stop()
  const wanted: readonly (readonly [Partial<ListAsked>, (n: number) => boolean])[] = [
    [{}, () => true], [{ state: 'ended' }, (n) => n < 5], [{ state: 'end' }, () => false], [{ conditions: [{ name: 'n', op: '>=', value: 20 }] }, (n) => n >= 20],
    [{ state: 'ended', conditions: [{ name: 'n', op: '<', value: 2 }] }, (n) => n < 2], [{ conditions: [{ name: 'm', op: '!=', value: 2 }] }, () => false],
  ]
  for (const [asked, fits] of wanted) {
    for (const limit of [1, 7, 100]) {
      const found: string[] = []
      for (let after = undefined as ListAsked['after']; ;) {
        const page = await pageOf(gateway, { ...asked, limit, after })
        assert.ok(page.entities.length <= limit)
        found.push(...idsOf(page))
        after = page.next
        if (after === undefined) break
      }
      assert.deepEqual(found, Array.from({ length: 25 }, (_, n) => n).filter(fits).map((n) => `e${String(n).padStart(2, '0')}`), JSON.stringify({ asked, limit }))
    }
  }
})

test('an entity that came to its end for good is not listed any more, one of an earlier life of the journal never', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  await gateway.command('counter', entityId('a'), { type: 'add', by: 1 }, 'k', IN_TIME)
  await node.stop()
  assert.deepEqual(idsOf(await pageOf(gateway)), ['a'])
  const plan = node.plans.get('counter')
  for (const partition of [0, 1]) await log.append([{ topic: plan?.state ?? '', partition, key: new TextEncoder().encode('a'), value: null, headers: [], timestampMs: 1 }])
  assert.deepEqual(idsOf(await pageOf(gateway)), [])
  assert.deepEqual(idsOf(await pageOf(gatewayTo(node, log, rpc))), [])
})

test('rows of another version of the definition are made anew', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  await gateway.command('counter', entityId('a'), { type: 'add', by: 1 }, 'k', IN_TIME)
  await node.stop()
  const index = memoryIndex()
  const renamed = setup({ types: { context: {} as { total: number } } }).createMachine({ context: { total: 0 }, initial: 'summing', states: { summing: {} } })
  const migrate = { 1: (stored: { readonly context: unknown }) => ({ ...stored, value: 'summing', context: { total: (stored.context as { readonly n: number }).n } }) }
  const later = await served(t, { log, rpc, system: defineSystem({ name: 'counters', actors: [defineActor({ name: 'counter', version: 2, machine: renamed, migrate: migrate as never })], partitions: 2 }) })
  const conditions = [{ name: 'total', op: '=', value: 1 }] as const
  assert.deepEqual(idsOf(await pageOf(gatewayTo(node, log, rpc, () => index))), ['a'])
  const page = await pageOf(gatewayTo(later.node, log, rpc, () => index), { conditions })
  assert.deepEqual(page.entities.map(({ id, configuration, numbers }) => [id, configuration, numbers]), [['a', 'summing', { total: 1 }]])
})

test('T3: while it is made for the first time there is no answer; who asks meanwhile shares the work', async (t) => {
  const { node, log, rpc } = await served(t)
  let reads = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = Object.assign(Object.create(log) as typeof log, {
    keyed: log.keyed, offsetsAt: log.offsetsAt.bind(log),
    read: async (...args: Parameters<typeof log.read>): Promise<RecordRange> => {
      reads += 1
      await promise
      return log.read(...args)
    },
  })
  const gateway = gatewayTo(node, slow, rpc)
  const asked = await Promise.all([1, 2, 3].map(() => gateway.list('counter', { deadlineMs: 30, conditions: [], limit: 1 })))
  assert.deepEqual([asked.map(({ kind }) => kind), reads], [['building', 'building', 'building'], 1])
  resolve()
  assert.equal((await pageOf(gateway)).entities.length, 0)
})

test('two gateways that feed one index keep it whole', async (t) => {
  const { gateway: first, node, log, rpc } = await served(t, { system: systemThatStores('0s'), log: memoryLog({ keyed: true }) })
  const index: EntityIndex = memoryIndex()
  const [one, other] = [gatewayTo(node, log, rpc, () => index), gatewayTo(node, log, rpc, () => index)]
  for (let n = 0; n < 10; n += 1) {
    await first.command('counter', entityId(`e${n}`), { type: 'add', by: n }, 'k', IN_TIME)
    const pages = await Promise.all([pageOf(one), pageOf(other), pageOf(one)])
    for (const page of pages) assert.deepEqual(idsOf(page), Array.from({ length: n + 1 }, (_, nth) => `e${nth}`))
  }
})
