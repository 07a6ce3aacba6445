import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import type { FeedItem } from '../../../../system/authoring/scenario.ts'
import { partitionHealth } from '../../../../system/inspect/health.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import { addTotals, noTotals } from '../../../../system/inspect/totals.ts'
import { verifyPartition } from '../../../../system/inspect/verify.ts'
import type { Verification } from '../../../../system/inspect/verify.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import { headerOf } from '../../../../system/protocol/record.ts'
import { STATE_HEADER } from '../../../../system/partition/states.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { ranOver } from '../../../support/meters/run.ts'
import { meters } from '../../../support/meters/system.ts'

const plans = planSystem(meters)
const meterPlan = plans.get('meter') as TypePlan
const ALL = { entriesMax: 1000, fromMs: -Infinity, toMs: Infinity }

/** 200 readings of ten meters, a second apart; m3 is hot at its last reading; one bad record. */
async function* readings(): AsyncGenerator<readonly FeedItem[]> {
  const items: FeedItem[] = Array.from({ length: 200 }, (_, n) => ({ topic: 'readings', key: `m${n % 10}`, timeMs: n * 1000, event: { type: 'reading', meter: `m${n % 10}`, time: n * 1000, value: n === 193 ? 95 : 50 } }))
  items.push({ topic: 'readings', key: utf8Encode('m3'), timeMs: 199_000, value: utf8Encode('{"type":"reading","meter":"m3","time":199000,"value":500}') }, { topic: 'readings', watermarkMs: 200_000 })
  yield items
}

async function verifyAll(log: MemoryLog): Promise<readonly Verification[]> {
  const found: Verification[] = []
  for (const plan of plans.values()) for (let partition = 0; partition < plan.partitions; partition += 1) found.push(await verifyPartition({ log, codec: cborCodec, clock: wallClock }, plan, partition))
  return found
}

for (const drain of [true, false]) {
  test(`an entity is shown as committed, ${drain ? 'at rest' : 'also where stored states lag behind'}`, async () => {
    const log = await ranOver(readings(), { drain })
    const { entity, seq, life, partition } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, meterPlan, 'm3')
    assert.equal(entity?.configuration, 'hot')
    assert.deepEqual(entity.context, { sum: 19 * 50 + 95, count: 20, site: 's2', answers: 20 })
    assert.deepEqual(entity.timers.map(({ dueMs }) => dueMs), [193_000 + 60_000])
    assert.ok(seq > 0 && life !== '' && partition < 2)
    assert.equal((await queryEntity({ log, codec: cborCodec, clock: wallClock }, meterPlan, 'm999')).entity, undefined)
  })

  test(`a replay gives the same outputs and states, ${drain ? 'at rest' : 'after a crash'}`, async () => {
    const log = await ranOver(readings(), { drain })
    const found = await verifyAll(log)
    assert.deepEqual(found.flatMap((one) => [...one.outputMismatches, ...one.stateMismatches, one.gone]).filter((one) => one !== undefined), [])
    assert.equal(found.reduce((sum, one) => sum + one.entities, 0), 11)
    if (drain) assert.equal(found.reduce((sum, one) => sum + one.statesCompared, 0), 11)
  })
}

test('a history tells every input with its move, outputs, scores and verdict', async () => {
  const log = await ranOver(readings(), { drain: true })
  const { entries } = await historyOf(log, cborCodec, meterPlan, 'm3', ALL)
  assert.deepEqual(entries.filter(({ event }) => event.type === 'reading').map(({ timeMs }) => timeMs), Array.from({ length: 20 }, (_, n) => (n * 10 + 3) * 1000))
  assert.equal(entries.filter(({ event }) => event.type === 'answer').length, 20)
  const hot = entries.find(({ to, from }) => to === 'hot' && from === 'normal')
  assert.equal(hot?.timeMs, 193_000)
  assert.deepEqual(hot.effects.filter(({ kind }) => kind !== 'cancel').map(({ kind }) => kind).sort(), ['emit', 'schedule', 'tell'])
  const site = await historyOf(log, cborCodec, plans.get('site') as TypePlan, 's2', ALL)
  assert.deepEqual(site.entries.map(({ scores }) => scores.length), Array.from({ length: 200 }, () => 1))
  assert.equal(site.entries.filter(({ scores }) => scores[0] === 0.01 * 95).length, 1)
  const brought = [...plans.get('site')?.models ?? []].map(([name, { version, hash }]) => [{ name, version, hash }])
  assert.deepEqual(site.entries.map(({ models }) => models), Array.from({ length: 200 }, () => brought[0]))
})

test('a history keeps the newest within its limit and range', async () => {
  const log = await ranOver(readings(), { drain: true })
  const { entries, left } = await historyOf(log, cborCodec, meterPlan, 'm3', { entriesMax: 3, fromMs: 50_000, toMs: 160_000 })
  assert.equal(entries.length, 3)
  assert.ok(entries.every(({ timeMs }) => timeMs >= 50_000 && timeMs <= 160_000))
  assert.equal(entries.length + left, 22)
})

test('a changed state is found', async () => {
  const log = await ranOver(readings(), { drain: true })
  const { partition } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, meterPlan, 'm3')
  const [record] = await (log.keyed?.get(meterPlan.state, partition, [utf8Encode('m3')]) ?? [])
  assert.ok(record?.value)
  const value = record.value.slice()
  value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 1
  assert.ok(headerOf(record.headers, STATE_HEADER) !== undefined)
  await log.append([{ topic: meterPlan.state, partition, key: record.key, value, headers: record.headers, timestampMs: 0 }])
  const { stateMismatches } = await verifyPartition({ log, codec: cborCodec, clock: wallClock }, meterPlan, partition)
  assert.deepEqual(stateMismatches.map(({ id }) => id), ['m3'])
  assert.match(stateMismatches[0]?.reason ?? '', /damaged \(checksum\)/)
  await assert.rejects(queryEntity({ log, codec: cborCodec, clock: wallClock }, meterPlan, 'm3'), (thrown) => thrown instanceof OperationError && thrown.code === 'state/damaged')
  const { problems } = await partitionHealth(log, cborCodec, meterPlan, partition, async () => null)
  assert.equal(problems.length, 1)
})

test('health counts lag, dead letters and states, and tells a moved position', async () => {
  const log = await ranOver(readings(), { drain: true })
  const healths = await Promise.all([0, 1].map((partition) => partitionHealth(log, cborCodec, meterPlan, partition, async () => null)))
  assert.deepEqual(healths.flatMap(({ problems }) => problems), [])
  assert.deepEqual([0, 1].map((at) => healths[at]?.lag), [0, 0])
  assert.equal(healths.reduce((sum, { deadLetters }) => sum + deadLetters, 0), 1)
  assert.equal(healths.reduce((sum, { states }) => sum + states, 0), 10)
  assert.ok(healths.every(({ isReleased }) => isReleased))
  const moved = await partitionHealth(log, cborCodec, meterPlan, 0, async () => ({ positions: new Map([['readings', 1]]), metadata: '' }))
  assert.equal(moved.problems.length, 1)
  assert.match(moved.problems[0] ?? '', /position of topic readings is 1/)
})

test('expired records before the position are healthy, after it they are not', async () => {
  const log = await ranOver(readings(), { drain: true })
  log.truncate('readings', 0, await log.offsetsAt('readings', 0, 'latest'))
  assert.deepEqual((await partitionHealth(log, cborCodec, meterPlan, 0, async () => null)).problems, [])
  assert.match((await verifyPartition({ log, codec: cborCodec, clock: wallClock }, meterPlan, 0)).gone ?? '', /inputs are left/)
})

test('totals add up over the whole journal', async () => {
  const log = await ranOver(readings(), { drain: true })
  const totals = noTotals()
  for (const plan of plans.values()) for (let partition = 0; partition < plan.partitions; partition += 1) await addTotals(totals, log, cborCodec, plan, partition)
  assert.equal(totals.decisions, 200)
  assert.deepEqual([...totals.verdicts], [['semantic', 1]])
  assert.equal(totals.leases, 4)
})
