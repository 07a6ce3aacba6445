import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryIndex } from '../../../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { IndexFeeder } from '../../../../system/inspect/index-feeder.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { showing } from '../../../support/partition/showing.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'].map(entityId)

test('F2: while the log shows less than it has, an index does not say that nothing is missing', async (t) => {
  const log = memoryLog({ keyed: true })
  const { gateway, node } = await served(t, { log })
  for (const id of IDS) await gateway.command('counter', id, { type: 'add', by: 1 }, 'k1', { deadlineMs: 5000 })
  await node.stop()
  const plan = node.plans.get('counter') as TypePlan
  const shown = { topic: plan.state, end: 1 }
  const index = memoryIndex()
  const feeder = new IndexFeeder({ log: showing(log, shown), codec: cborCodec, clock: wallClock, index, stored: async () => undefined })
  const places = async () => Promise.all(Array.from({ length: plan.partitions }, (_, partition) => index.place(plan.group, partition)))
  await feeder.round(plan)
  assert.deepEqual((await places()).map((place) => place?.seq), [undefined, undefined], 'nothing is promised of what was not read to its end')
  shown.end = Infinity
  await feeder.round(plan)
  const whole = await places()
  assert.ok(whole.every((place) => (place?.seq ?? -1) > 0 && place?.behindMs === undefined))
  assert.deepEqual((await index.rows({ group: plan.group, rowsMax: 100 })).map(({ id }) => id), IDS)

  await node.stop()
  shown.end = Math.max(...whole.map((place) => place?.next ?? 0))
  const again = await served(t, { log })
  for (const id of IDS) await again.gateway.command('counter', id, { type: 'add', by: 1 }, 'k2', { deadlineMs: 5000 })
  await again.node.stop()
  await feeder.round(plan)
  for (const [partition, place] of (await places()).entries()) {
    assert.equal(place?.seq, whole[partition]?.seq, 'as before')
    assert.notEqual(place?.behindMs, undefined, 'and it lacks something since')
  }
  shown.end = Infinity
  await feeder.round(plan)
  for (const [partition, place] of (await places()).entries()) assert.ok((place?.seq ?? -1) > (whole[partition]?.seq ?? 0) && place?.behindMs === undefined)
})
