import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driftLine, topicDrift, unverifyingLine } from '../../../../adapters/cli/topic-drift.ts'
import { INPUT_KEPT_BYTES_MIN, SNAPSHOT_EVERY_MS, STANDSTILL_MS } from '../../../../system/protocol/limits.ts'
import { topicNeeds } from '../../../../system/partition/topic-kinds.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TopicKeeping } from '../../../../system/ports/topic-keeping.ts'
import { meters } from '../../../support/meters/system.ts'

const needs = topicNeeds(planSystem(meters))
const CLUSTER = { brokers: 'b:9092', namespace: 'n.' }

const asWanted: readonly TopicKeeping[] = needs.map(({ topic, cleanup }) => ({ topic, cleanup: new Set([cleanup]), retentionMs: Infinity, retentionBytes: Infinity, replicas: 3, insyncMin: 2, isUnclean: false }))

function lines(topic: string, more: Partial<TopicKeeping>, brokers = 3): readonly string[] {
  return topicDrift(needs, { brokers, topics: asWanted.map((keeping) => (keeping.topic === topic ? { ...keeping, ...more } : keeping)) }, CLUSTER).map(driftLine)
}

const alter = (topic: string, setting: string): string => `Mend it: kafka-configs --bootstrap-server b:9092 --alter --entity-type topics --entity-name n.${topic} --add-config ${setting}`

test('topics as statelog makes them have not drifted', () => {
  assert.deepEqual(lines('', {}), [])
})

test('each topic and setting has its line, with the command that mends it', () => {
  assert.deepEqual(lines('meters.site.journal', { retentionMs: 604_800_000, retentionBytes: 5, insyncMin: 1, isUnclean: true }), [
    `topic meters.site.journal: retention.ms is 604800000, should be -1. ${alter('meters.site.journal', 'retention.ms=-1')}`,
    `topic meters.site.journal: retention.bytes is 5, should be -1. ${alter('meters.site.journal', 'retention.bytes=-1')}`,
    `topic meters.site.journal: min.insync.replicas is 1, should be 2. ${alter('meters.site.journal', 'min.insync.replicas=2')}`,
    `topic meters.site.journal: unclean.leader.election.enable is true, should be false. ${alter('meters.site.journal', 'unclean.leader.election.enable=false')}`,
  ])
  assert.deepEqual(lines('meters.site.state', { cleanup: new Set(['compact', 'delete']), retentionMs: 5 }), [`topic meters.site.state: cleanup.policy is compact,delete, should be compact. ${alter('meters.site.state', 'cleanup.policy=compact')}`])
})

test('a source may be kept for as short as recovery can live with, what is made here is kept for good', () => {
  const leastMs = SNAPSHOT_EVERY_MS + STANDSTILL_MS
  assert.deepEqual(lines('readings', { retentionMs: leastMs, retentionBytes: INPUT_KEPT_BYTES_MIN }), [])
  assert.deepEqual(lines('readings', { retentionMs: leastMs - 1 }), [`topic readings: retention.ms is ${leastMs - 1}, should be ${leastMs}. ${alter('readings', `retention.ms=${leastMs}`)}`])
  assert.equal(lines('meters.site.inbox', { retentionMs: leastMs }).length, 1)
  assert.equal(lines('alarms', { retentionMs: leastMs }).length, 1)
})

test('copies are as many as there may be; a setting that would stop writes is never told', () => {
  const [line, ...rest] = lines('alarms', { replicas: 1, insyncMin: 1 })
  assert.match(line ?? '', /^topic alarms: replication is 1, should be 3\. Mend it: kafka-reassign-partitions --bootstrap-server b:9092 .*n\.alarms/)
  assert.deepEqual(rest, [])
  assert.deepEqual(lines('alarms', { replicas: 1, insyncMin: 1 }, 1), [])
  assert.match(lines('alarms', { replicas: 2, insyncMin: 2 }, 2).join(), /min\.insync\.replicas is 2, should be 1/)
})

test('a broker that does not verify what transactions write has its line', () => {
  assert.match(unverifyingLine(2, CLUSTER), /^broker 2: transaction\.partition\.verification\.enable is false, should be true: .* Mend it: kafka-configs --bootstrap-server b:9092 --alter --entity-type brokers --entity-default --add-config transaction\.partition\.verification\.enable=true$/)
})
