import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tombstones } from '../../../../system/partition/tombstones.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { plan, stateWriter } from '../../../support/partition/state-writer.ts'

test('tombstones that the journal lists count beside those that are found for commits of an older release, which list none', async () => {
  const { log, ids: [old, listed] } = await stateWriter()
  await log.append([{ topic: plan.state, partition: 0, key: Buffer.from(old), value: null, headers: [] }] as never)
  const end = await log.offsetsAt(plan.state, 0, 'latest')
  const starts = [{ seq: 4, stateFrom: 0, tombstones: undefined }, { seq: 6, stateFrom: end, tombstones: [entityId(listed)] }]
  assert.deepEqual([...(await tombstones({ log, plan, partition: 0 }, { starts, hasEnds: true }, end))].sort(), [[entityId(old), 4], [entityId(listed), 6]].sort())
})
