// Nothing of a transaction waits for longer than the brokers keep it open.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { Standing } from '../../../../adapters/kafka/transaction.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const STANDING: Standing = { generation: 1, memberId: 'm', instanceId: null }
const PLAN = { rounds: [], offsets: [{ topic: 't', offset: 1, metadata: '' }] }

async function committing(refusals: Readonly<Partial<Record<number, string>>>): Promise<{ readonly kind: string; readonly reason?: string }> {
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    const code = refusals[key]
    if (code !== undefined) throw new Code(code)
    return key === KEYS.initProducerId ? { producerId: 7n, producerEpoch: 1 } : {}
  })
  const transactions = new Transactions({
    cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs: 60,
    // A group that never settles again.
    standing: (stale) => (stale === undefined ? Promise.resolve(STANDING) : new Promise(() => {})),
  })
  await transactions.fence({})
  return transactions.commit(PLAN, {})
}

test('a group that does not settle leaves the outcome unknown', { timeout: 3000 }, async () => {
  const end = await committing({ [KEYS.txnOffsetCommit]: 'ILLEGAL_GENERATION' })
  assert.equal(end.kind, 'unknown')
  assert.match(end.reason ?? '', /the group g has not settled within 60 ms/)
})

test('an end that cannot begin leaves the outcome unknown', { timeout: 3000 }, async () => {
  assert.equal((await committing({ [KEYS.endTxn]: 'CONCURRENT_TRANSACTIONS' })).kind, 'unknown')
})
