// What of a call is over when it answers: nothing of it may reach a log later.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { sendBatches } from '../../../../adapters/kafka/produce.ts'
import type { Sent } from '../../../../adapters/kafka/produce.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Code, clusterOf, connectionTo } from '../../../support/kafka-broker.ts'

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

/** Sends one batch to each of partitions 0 and 1 of a leader that takes those of them that `answers` says, attempt by attempt. */
async function sendingTo(answers: readonly (readonly number[])[]): Promise<{ readonly sent: Sent; readonly attempts: number }> {
  let attempts = 0
  const connection = connectionTo(() => ({ responses: [{ name: 't', partitionResponses: (answers[attempts++] ?? []).map((index) => ({ index, errorCode: 0, baseOffset: BigInt(index), errorMessage: null, recordErrors: [] })) }] }))
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), () => undefined)
  cluster.connectionTo = async () => connection
  cluster.leaderOf = () => 1
  const sent = await sendBatches(cluster, 'u', null, [0, 1].map((partition) => ({ topic: 't', partition, bytes: Buffer.alloc(1) })), { untilMs: wallClock.monotonicMs() + 200 })
  return { sent, attempts }
}

test('a batch that the answer leaves out is sent again', async () => {
  const { sent, attempts } = await sendingTo([[1], [0]])
  assert.deepEqual([sent, attempts], [{ kind: 'taken', offsets: [0, 1] }, 2])
})

test('of a batch that no answer names it is said that it may stand', async () => {
  const { sent } = await sendingTo([])
  assert.ok(sent.kind === 'failed' && sent.mayStand)
})
