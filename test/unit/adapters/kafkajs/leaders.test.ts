// Questions that only the leader of a partition answers, while there is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import type { Cluster } from '../../../../adapters/kafkajs/internals.ts'
import { Leaders } from '../../../../adapters/kafkajs/leaders.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'

test('a partition that nobody leads for long may have a leader later: who can wait, waits', async () => {
  let looks = 0
  const clock = { nowMs: () => 0, monotonicMs: () => looks * 25, sleep: async () => {} }
  const cluster = {
    connect: async () => {}, disconnect: async () => {}, addMultipleTargetTopics: async () => {}, findLeaderForPartitions: () => ({}),
    refreshMetadata: async () => void (looks += 1),
  } as unknown as Cluster
  const leaders = new Leaders({ cluster: () => cluster } as unknown as Client, clock, 100)
  await assert.rejects(leaders.ask('t', 0, async () => 'asked'), (thrown: unknown) => thrown instanceof Unreachable && /partition 0 of t could not be asked/.test(thrown.message))
  assert.equal(looks, 5)
  leaders.close()
})
