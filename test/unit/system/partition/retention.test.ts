import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INPUT_KEPT_BYTES_MIN, SNAPSHOT_EVERY_MS, STANDSTILL_MS } from '../../../../system/protocol/limits.ts'
import { retentionProblems } from '../../../../system/partition/retention.ts'
import { topicNeeds } from '../../../../system/partition/topic-kinds.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TopicKeeping } from '../../../../system/ports/topic-keeping.ts'
import { meters } from '../../../support/meters/system.ts'

const needs = topicNeeds(planSystem(meters))
const INPUT_MS_MIN = SNAPSHOT_EVERY_MS + STANDSTILL_MS

function kept(topic: string, more: Partial<TopicKeeping> = {}): TopicKeeping {
  return { topic, cleanup: new Set(['delete']), retentionMs: Infinity, retentionBytes: Infinity, replicas: 1, insyncMin: 1, isUnclean: false, ...more }
}

const complaints = (...keepings: readonly TopicKeeping[]): readonly string[] => retentionProblems(needs, keepings).map(({ topic, reason }) => `${topic}: ${reason.split(':')[0]}`)

test('what is kept for good is never complained of', () => {
  assert.deepEqual(complaints(...needs.map(({ topic }) => kept(topic))), [])
  assert.deepEqual(needs.map(({ topic, kind }) => `${topic} ${kind}`).filter((each) => !each.endsWith('records')), [
    'readings source', 'meters.meter.inbox inbox', 'meters.meter.journal journal', 'meters.meter.state states', 'meters.models states', 'meters.site.inbox inbox', 'meters.site.journal journal', 'meters.site.state states',
  ])
})

test('a source and an inbox may remove what is older than a standstill and the wait of states, and not a moment before', () => {
  for (const topic of ['readings', 'meters.meter.inbox']) {
    assert.deepEqual(complaints(kept(topic, { retentionMs: INPUT_MS_MIN, retentionBytes: INPUT_KEPT_BYTES_MIN })), [])
    assert.equal(complaints(kept(topic, { retentionMs: INPUT_MS_MIN - 1 })).length, 1, topic)
    assert.equal(complaints(kept(topic, { retentionBytes: INPUT_KEPT_BYTES_MIN - 1 })).length, 1, topic)
  }
})

test('a journal keeps everything: no bound is long enough', () => {
  assert.deepEqual(complaints(kept('meters.meter.journal', { retentionMs: 1e15, retentionBytes: 1e15 })), [
    'meters.meter.journal: it may remove records after 1000000000000000 ms, and this journal must keep everything',
    'meters.meter.journal: it may remove records beyond 1000000000000000 bytes of a partition, and this journal must keep everything',
  ])
})

test('bounds of a topic that is only compacted remove nothing; with `delete` beside it states would expire', () => {
  const bounded = { retentionMs: 1, retentionBytes: 1 }
  assert.deepEqual(complaints(kept('meters.meter.state', { cleanup: new Set(['compact']), ...bounded })), [])
  assert.equal(complaints(kept('meters.meter.state', { cleanup: new Set(['compact', 'delete']), ...bounded })).length, 2)
  assert.equal(complaints(kept('meters.models', { cleanup: new Set(['compact', 'delete']), ...bounded })).length, 2)
})

test('how long outputs and dead letters are kept is no matter: nothing is recovered from them', () => {
  const records = needs.filter(({ kind }) => kind === 'records')
  assert.ok(records.some(({ topic }) => topic.endsWith('.dlq')))
  assert.deepEqual(complaints(...records.map(({ topic }) => kept(topic, { retentionMs: 1, retentionBytes: 1 }))), [])
})
