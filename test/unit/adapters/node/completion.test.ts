import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completionOf, failureOf } from '../../../../adapters/node/completion.ts'
import type { Look } from '../../../../adapters/node/look.ts'
import type { PartitionLook } from '../../../../system/node/partition-look.ts'

const REST: PartitionLook = { type: 'card', partition: 0, state: 'live', reason: '', sourceLag: 0, inboxLag: 0, consumed: 10, watermarkMs: 500, isDue: false, waitingFor: [] }

function look(...changes: Partial<PartitionLook>[]): Look {
  const partitions = changes.map((change) => ({ ...REST, ...change }))
  return { partitions, sourceLag: 0, lag: partitions.reduce((sum, one) => sum + one.sourceLag + one.inboxLag, 0), occupancy: new Map(), parked: 0 }
}

test('done needs two looks without a change', () => {
  assert.equal(completionOf(undefined, look({}), 500).kind, 'busy')
  assert.equal(completionOf(look({}), look({}), 500).kind, 'consumed')
  assert.equal(completionOf(look({ consumed: 9 }), look({}), 500).kind, 'busy')
  assert.equal(completionOf(look({ watermarkMs: 400 }), look({}), 500).kind, 'busy')
  assert.equal(completionOf(look({ state: 'recovering' }), look({}), 500).kind, 'busy')
})

test('anything behind, due or not live is busy', () => {
  for (const change of [{ sourceLag: 1 }, { inboxLag: 1 }, { isDue: true }, { state: 'recovering' }, { state: 'absent' }]) {
    assert.equal(completionOf(look(change, {}), look(change, {}), 500).kind, 'busy', JSON.stringify(change))
  }
  // Zero again after having been behind in between.
  assert.equal(completionOf(look({ inboxLag: 1 }), look({}), 500).kind, 'busy')
})

test('a watermark must come as far as the feed promised', () => {
  const short = look({ watermarkMs: 400, waitingFor: ['labels'] })
  assert.deepEqual(completionOf(short, short, 500), { kind: 'short', waitingFor: ['card/0 waits for labels'] })
  assert.equal(completionOf(short, short, 400).kind, 'consumed')
  assert.equal(completionOf(short, short, undefined).kind, 'consumed')
  const none = look({ watermarkMs: undefined })
  assert.equal(completionOf(none, none, 500).kind, 'consumed')
})

test('a partition that will not go on ends the wait with its reason', () => {
  for (const state of ['failed', 'position-moved']) {
    assert.equal(failureOf(look({}, { state, reason: 'why' })), `partition 0 of 'card' is ${state}: why`)
    assert.equal(completionOf(look({}), look({ state, reason: 'why' }), 500).kind, 'failed')
  }
  for (const state of ['waiting', 'fenced', 'absent']) assert.equal(failureOf(look({ state })), undefined, 'it goes on, here or with another owner')
  assert.equal(failureOf({ ...look({}), failure: 'threads died' }), 'threads died')
})
