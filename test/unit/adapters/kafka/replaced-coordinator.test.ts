// A coordinator that has been replaced and does not know it, because it is cut off from the controller and not from clients: it answers the end of a transaction from its memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import type { Connection } from '../../../../adapters/kafka/connection.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../../../adapters/kafka/transaction-plan.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Code, KEYS, connectionTo } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const BROKERS = 'abc'
const nodeOf = (host: string): number => BROKERS.indexOf(host) + 1
/** Longer than a silent broker is asked last. */
const LATER_MS = 60_000

/** As far as ends below version 5 need it. Source: Kafka's TransactionCoordinator (endTransactionWithTV1) and TransactionStateManager. */
class Coordinator {
  epoch = 0
  state: 'empty' | 'open' | 'committed' | 'aborted' = 'empty'
  commits = 0
  /** Nothing that it appends is copied. */
  isCutOff = false

  answer(key: number, request: Buffer): object {
    switch (key) {
      case KEYS.initProducerId:
        this.#append(this.state === 'open' ? 'aborted' : 'empty')
        this.epoch += 1
        return { producerId: 7n, producerEpoch: this.epoch }
      case KEYS.addPartitions:
        this.#append('open')
        return {}
      case KEYS.endTxn: return this.#end(request.readInt16BE(request.length - 4), request.at(-2) === 1)
      default: return {}
    }
  }

  #append(state: Coordinator['state']): void {
    if (this.isCutOff) throw new Code('COORDINATOR_NOT_AVAILABLE')
    this.state = state
  }

  #end(epoch: number, isCommit: boolean): object {
    if (epoch !== this.epoch) throw new Code('PRODUCER_FENCED')
    const state = isCommit ? 'committed' : 'aborted'
    if (this.state === 'open') {
      this.#append(state)
      if (isCommit) this.commits += 1
    } else if (this.state !== state) throw new Code('INVALID_TXN_STATE')
    return {}
  }
}

function plan(): TransactionPlan {
  const batch = new RecordBatch()
  batch.add({ topic: 't', partition: 0, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  return { rounds: [[{ topic: 't', partition: 0, batch }]], offsets: [] }
}

for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) {
  test(`an end is not believed to who coordinates no more: brokers in the order ${order}`, { timeout: 10_000 }, async () => {
    const [a, b] = [new Coordinator(), new Coordinator()]
    const now = { coordinator: 'a', isAway: false, lost: 0, skewMs: 0 }
    const clock = { ...wallClock, monotonicMs: () => wallClock.monotonicMs() + now.skewMs }
    const cluster = new Cluster([...order].map((host) => ({ host, port: 1 })), TRANSPORT, clock)
    const connections = new Map([...BROKERS].map((host): [string, Connection] => [host, connectionTo((key, request) => {
      // A does not know that it coordinates no more.
      const known = host === 'a' ? 'a' : now.coordinator
      if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: nodeOf(known), host: known, port: 1 }] }
      if (key === KEYS.produce) return { responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 5n, errorMessage: null, recordErrors: [] }] }] }
      if (known !== host) throw new Code('NOT_COORDINATOR')
      if (key === KEYS.endTxn && host === 'b' && now.lost-- > 0) throw new Unanswered('NETWORK', 'hung up')
      return (host === 'a' ? a : b).answer(key, request)
    })]))
    cluster.connections.get = async (_use, { host }) => {
      if (host === 'a' && now.isAway) throw new Unanswered('NETWORK', 'cannot be reached')
      return connections.get(host) as Connection
    }
    cluster.leaderOf = () => nodeOf('b')
    cluster.refresh = async () => {}
    const transactions = new Transactions({ cluster, clock, visibility: new Visibility(clock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs: 1000, standing: async () => undefined })
    await transactions.fence({})
    const reach = cluster.connectionTo.bind(cluster)
    cluster.connectionTo = (use, at) => (at === nodeOf('b') ? cluster.connections.get(use, { host: 'b', port: 1 }) : reach(use, at))
    assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
    // A is cut off from everybody, and B coordinates.
    Object.assign(b, { epoch: a.epoch, state: a.state })
    a.isCutOff = true
    Object.assign(now, { isAway: true, coordinator: 'b' })
    assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
    assert.deepEqual([a.commits, b.commits], [1, 1])
    // Clients reach A again; the controller does not.
    Object.assign(now, { isAway: false, skewMs: LATER_MS, lost: 1 })
    const end = await transactions.commit(plan(), {})
    assert.deepEqual([end.kind, b.commits], ['committed', 2], `the transaction is ${b.state}`)
  })
}
