// Results of tasks are judged when their turn comes, whatever the batch holds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeEnvelope } from '../../../../system/partition/envelope.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { PROCESSING } from '../../../support/chaos/variant.ts'
import { workloadSystem } from '../../../support/chaos/workload.ts'
import { Bench, codec, entityId, logRecord, range } from '../../../support/partition/bench.ts'

const plan = planSystem(workloadSystem(PROCESSING)).get('account')
assert.ok(plan !== undefined)

const moves = (from: number, ...list: readonly object[]): Parameters<Bench['fold']>[0][number] =>
  range('moves', list.map((move, index) => logRecord(from + index, 'a', JSON.stringify({ uid: `u${from + index}`, account: 'a', time: 1000 + from + index, ...move }))))
const result = (key: string): Parameters<Bench['fold']>[0][number] =>
  range('chaos.account.inbox', [logRecord(0, 'a', encodeEnvelope(codec, { kind: 'task', task: 'job', key, timeMs: 9000, ok: true, value: { doubled: 3 } }))])

test('a result that comes behind a turn which waits for its score, and behind one that starts the task again, is stale', async () => {
  const bench = new Bench(plan)
  await bench.fold([moves(0, { type: 'job', n: 1 })], 5000)
  const key = bench.memory.entities.peek(entityId('a'))?.tasks.get('job')?.key
  assert.equal(key, 'account/a/job/1-1')
  const { batch } = await bench.fold([moves(1, { type: 'ask', x: 1 }, { type: 'job', n: 2 }), result(key)], 6000)
  assert.deepEqual([...batch.drops], [['stale-task', 1]])
  assert.deepEqual(batch.outbox.records().map(({ value }) => (JSON.parse(utf8Decode(value ?? new Uint8Array()) ?? '') as { type: string }).type), ['asked', 'scored'])
  assert.equal(bench.memory.entities.peek(entityId('a'))?.tasks.get('job')?.key, 'account/a/job/2-1')
})

test('a result behind a turn that only waits for its score is taken', async () => {
  const bench = new Bench(plan)
  await bench.fold([moves(0, { type: 'job', n: 1 })], 5000)
  const { batch } = await bench.fold([moves(1, { type: 'ask', x: 1 }), result('account/a/job/1-1')], 6000)
  assert.equal(batch.drops.size, 0)
  assert.equal(batch.outbox.records().length, 3)
  assert.equal(bench.memory.entities.peek(entityId('a'))?.tasks.size, 0)
})
