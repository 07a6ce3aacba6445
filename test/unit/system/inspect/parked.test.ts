import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { partitionHealth } from '../../../../system/inspect/health.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import { parkedEntities, putAside } from '../../../../system/inspect/parked.ts'
import type { ParkedEntity, PutAside } from '../../../../system/inspect/parked.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { verifyPartition } from '../../../../system/inspect/verify.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { deadLetterTopic } from '../../../../system/protocol/ids.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { ranOver } from '../../../support/meters/run.ts'
import { accounts, deeds, feedOf, GROW, TRAP } from '../../../support/parking/accounts.ts'

const plan = planSystem(accounts).get('account') as TypePlan
const ALL = { entriesMax: 1000, fromMs: -Infinity, toMs: Infinity }
const PARTITIONS = [0, 1]

const ran = (special: readonly ('trap' | 'grow')[], drain: boolean): Promise<MemoryLog> => ranOver(feedOf(deeds(400, special)), { drain, system: accounts, batchRecordsMax: 10 })
const parkedIn = async (log: MemoryLog): Promise<readonly ParkedEntity[]> => (await Promise.all(PARTITIONS.map((partition) => parkedEntities({ log, codec: cborCodec, clock: wallClock }, plan, partition)))).flat()
const ends = (log: MemoryLog) => Promise.all([plan.inbox, plan.journal, plan.state, 'deeds.dlq', 'accounts.account.parked'].flatMap((topic) => PARTITIONS.map((partition) => log.offsetsAt(topic, partition, 'latest'))))
const own = (account: string, from: number) => deeds(400, []).filter((deed, at) => deed.account === account && at >= from)

async function asideOf(log: MemoryLog, entity: ParkedEntity): Promise<readonly PutAside[]> {
  const found: PutAside[] = []
  for await (const one of putAside(log, plan, entity)) found.push(one)
  return found
}

const numbers = (aside: readonly PutAside[]): readonly number[] => aside.map(({ record }) => (JSON.parse(utf8Decode(record.value ?? new Uint8Array()) ?? '') as { n: number }).n)

for (const drain of [true, false]) {
  test(`a parked entity is told with its cause and everything put aside, in order, and reading commits nothing (${drain ? 'at rest' : 'after a crash'})`, async () => {
    const log = await ran(['trap'], drain)
    const before = await ends(log)
    const [entity, ...others] = await parkedIn(log)
    assert.ok(entity !== undefined && others.length === 0)
    const later = own(TRAP.account, TRAP.at + 1)
    assert.deepEqual([entity.id, entity.class, entity.events, entity.refold], [TRAP.account, 'action', later.length, 0])
    assert.deepEqual([entity.cause?.topic, entity.cause?.info.message, entity.sinceMs], ['deeds.dlq', 'account (in open): trapped', entity.cause?.info.lastMs])
    const aside = await asideOf(log, entity)
    assert.deepEqual(numbers(aside), later.map(({ n }) => n))
    assert.equal(aside.reduce((sum, { record }) => sum + (record.value?.length ?? 0), 0), entity.bytes)
    assert.ok(aside.every(({ info }) => info.topic === 'deeds' && info.seq >= entity.sinceSeq && !info.refold))
    const { entity: state } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, plan, TRAP.account)
    assert.deepEqual(state?.parked, { class: 'action', sinceSeq: entity.sinceSeq, events: entity.events, bytes: entity.bytes, unfolded: undefined })
    assert.deepEqual(await ends(log), before)
  })
}

test('of an entity whose state outgrew its limit, what its last stored state lacks is told apart from what came since', async () => {
  const log = await ran(['grow'], true)
  const [entity, ...others] = await parkedIn(log)
  assert.ok(entity !== undefined && others.length === 0)
  assert.deepEqual([entity.id, entity.class], [GROW.account, 'size'])
  const aside = await asideOf(log, entity)
  assert.ok(entity.refold > 0 && entity.refold < entity.events)
  assert.deepEqual(aside.map(({ info }) => info.refold), aside.map((_, at) => at < entity.refold))
  const { entity: state } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, plan, GROW.account)
  const kept = (state?.context as { count: number } | undefined)?.count ?? 0
  assert.deepEqual(numbers(aside), own(GROW.account, 0).slice(kept).map(({ n }) => n), 'its state and what is put aside are all of it')
  assert.ok((state?.parked?.unfolded?.[1] ?? 0) === entity.sinceSeq - 1)
  for (const partition of PARTITIONS) {
    const { outputMismatches, stateMismatches, gone } = await verifyPartition({ log, codec: cborCodec, clock: wallClock }, plan, partition)
    assert.deepEqual([outputMismatches, stateMismatches, gone], [[], [], undefined])
  }
})

test('an entity that stood parked before its state was found too large: what was never applied is put aside once, behind what is to be folded again', async () => {
  const some = deeds(400, ['grow']).map((deed, at) => (at === GROW.at + 10 ? { ...deed, type: 'trap' as const } : deed))
  const log = await ranOver(feedOf(some), { drain: true, system: accounts, batchRecordsMax: 90 })
  const [entity] = await parkedIn(log)
  assert.ok(entity !== undefined)
  assert.deepEqual([entity.id, entity.class, entity.cause?.info.stage], [GROW.account, 'size', 'snapshot'])
  const { entity: state } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, plan, GROW.account)
  const kept = (state?.context as { count: number } | undefined)?.count ?? 0
  const refolded = own(GROW.account, 0).filter((_, at) => at >= kept && at <= Math.floor(GROW.at / 10))
  const aside = await asideOf(log, entity)
  assert.deepEqual(numbers(aside), [...refolded, ...own(GROW.account, GROW.at + 11)].map(({ n }) => n))
  assert.deepEqual([entity.events, entity.refold], [aside.length, refolded.length])
  assert.ok((await log.offsetsAt('accounts.account.parked', entity.partition, 'latest')) > aside.length, 'it did stand parked before')
  assert.deepEqual(aside.map(({ info }) => info.refold), aside.map((_, at) => at < refolded.length))
  assert.deepEqual((await historyOf(log, cborCodec, plan, GROW.account, ALL)).parked, state?.parked)
  for (const partition of PARTITIONS) {
    const { outputMismatches, stateMismatches, gone } = await verifyPartition({ log, codec: cborCodec, clock: wallClock }, plan, partition)
    assert.deepEqual([outputMismatches, stateMismatches, gone], [[], [], undefined])
  }
})

test('a history ends with the verdict that parked, and says what is put aside', async () => {
  const log = await ran(['trap'], true)
  const { entries, parked } = await historyOf(log, cborCodec, plan, TRAP.account, ALL)
  const last = entries.at(-1)
  assert.deepEqual([last?.event.type, last?.verdict?.class, last?.verdict?.directive, last?.seq], ['trap', 'action', 'park', parked?.sinceSeq])
  assert.equal(parked?.events, own(TRAP.account, TRAP.at + 1).length)
  assert.equal((await historyOf(log, cborCodec, plan, 'a1', ALL)).parked, undefined)
})

test('a dead letter that has expired leaves the class that the state tells', async () => {
  const log = await ran(['trap'], true)
  for (const partition of PARTITIONS) log.truncate(deadLetterTopic('deeds'), partition, await log.offsetsAt(deadLetterTopic('deeds'), partition, 'latest'))
  const [entity] = await parkedIn(log)
  assert.deepEqual([entity?.class, entity?.sinceMs, entity?.cause], ['action', undefined, undefined])
})

test('health counts parked entities, at rest and where the partition record lags behind', async () => {
  for (const drain of [true, false]) {
    const log = await ran(['trap'], drain)
    const found = await Promise.all(PARTITIONS.map((partition) => partitionHealth(log, cborCodec, plan, partition, async () => null)))
    assert.deepEqual(found.flatMap(({ problems }) => problems), [])
    assert.deepEqual(found.map(({ parked }) => parked).sort(), [0, 1])
  }
})
