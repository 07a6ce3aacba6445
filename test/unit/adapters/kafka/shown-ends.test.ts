// What readers of the process wait for when the end of a transaction had to be sent again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../../../adapters/kafka/transaction-plan.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
/** Behind the record that is written. */
const END = 6

function plan(): TransactionPlan {
  const batch = new RecordBatch()
  batch.add({ topic: 't', partition: 0, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  return { rounds: [[{ topic: 't', partition: 0, batch }]], offsets: [] }
}

/** At a coordinator that `befalls` first, in time that passes with each wait. */
async function owner(befalls: (key: number, nowMs: number) => void) {
  let nowMs = 0
  let epoch = 0
  const clock = {
    nowMs: () => nowMs, monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, clock), (key) => {
    befalls(key, nowMs)
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: (epoch += 1) }
    return key === KEYS.produce ? { responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: BigInt(END - 1), errorMessage: null, recordErrors: [] }] }] } : {}
  })
  cluster.leaderOf = () => 1
  cluster.refresh = async () => {}
  const visibility = new Visibility(clock)
  const transactions = new Transactions({ cluster, clock, visibility, transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs: 15_000, standing: async () => undefined })
  await transactions.fence({})
  return { transactions, visibility, clock }
}

/** How often a reader asks until what was written is there. */
async function asked(visibility: Visibility): Promise<number> {
  let times = 0
  await visibility.settled('t', 0, async () => ((times += 1) < 3 ? 0 : END))
  return times
}

test('who reads after an end that was made late waits for its markers, although a reader before had given up', async () => {
  const { transactions, visibility } = await owner((key, nowMs) => {
    if (key === KEYS.endTxn && nowMs < 6000) throw new Code('COORDINATOR_NOT_AVAILABLE')
  })
  const committing = transactions.commit(plan(), {})
  // Until it asks for the end.
  await new Promise((resolve) => setImmediate(resolve))
  await visibility.settled('t', 0, async () => 0)
  assert.equal((await committing).kind, 'committed')
  assert.equal(await asked(visibility), 3)
})

test('a commit that fails before it writes leaves the one before to be waited for', async () => {
  let [isLost, isClosed] = [true, false]
  const { transactions, visibility, clock } = await owner((key) => {
    if (key === KEYS.endTxn && isLost) {
      isLost = false
      throw new Unanswered('NETWORK', 'hung up')
    }
    if (key === KEYS.addPartitions && isClosed) throw new Code('CONCURRENT_TRANSACTIONS')
  })
  assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
  isClosed = true
  assert.equal((await transactions.commit(plan(), { untilMs: clock.monotonicMs() + 50 })).kind, 'unknown')
  assert.equal(await asked(visibility), 3)
})
