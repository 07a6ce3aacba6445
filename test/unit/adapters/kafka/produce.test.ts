// What of a call is over when it answers: nothing of it may reach a log later.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { sendBatches } from '../../../../adapters/kafka/produce.ts'
import { Code, connectionTo } from '../../../support/kafka-broker.ts'

test('a batch that one leader refuses is answered when every other leader has answered', async () => {
  const slow = Promise.withResolvers<void>()
  let isSlowOver = false
  const answers = [
    () => {
      throw new Code('INVALID_TXN_STATE')
    },
    async () => {
      await slow.promise
      isSlowOver = true
      return { responses: [{ name: 't', partitionResponses: [{ index: 1, errorCode: 0, baseOffset: 0n, errorMessage: null }] }] }
    },
  ]
  const cluster = {
    leaderOf: (_topic: string, partition: number) => partition, connectionTo: async (_use: string, leader: number) => connectionTo(answers[leader] ?? (() => undefined)), repeat: (_effort: unknown, _subject: string, ask: () => Promise<unknown>) => ask(),
  } as unknown as Cluster
  const sent = sendBatches(cluster, 'u', 'id', [0, 1].map((partition) => ({ topic: 't', partition, bytes: Buffer.alloc(1) })), {})
  const outcome = sent.then((end) => `${end.kind === 'failed' ? (end.thrown as Code).apiId : 'sent'}, the other is over: ${isSlowOver}`)
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
  slow.resolve()
  assert.equal(await outcome, 'INVALID_TXN_STATE, the other is over: true')
})
