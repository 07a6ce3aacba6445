// Transactions against a broker that refuses as told: what is waited for and asked again, what is said of the rest.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { PartRefused, Refusals } from '../../../../adapters/kafka/request.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { PlannedBatch, Standing, TransactionEnd, TransactionPlan } from '../../../../adapters/kafka/transaction-plan.ts'
import { txnOffsetCommitV3 } from '../../../../adapters/kafka/transaction-requests.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { errorName } from '../../../../adapters/kafka/wire.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'
import type { Answer } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const STANDING: Standing = { generation: 1, memberId: 'm', instanceId: null }
const OFFSETS: TransactionPlan = { rounds: [], offsets: [{ topic: 't', offset: 1, metadata: '' }] }
const [UNKNOWN_TOPIC, MESSAGE_TOO_LARGE, FORBIDDEN, INVALID_PRODUCER_EPOCH, NOT_ATTEMPTED] = [3, 10, 29, 47, 55]

/** At a coordinator and leaders that take everything `answer` says nothing of. `initialising`: an epoch, counted from 1. */
async function fenced(timeoutMs: number, answer: Answer, initialising: (epoch: number) => void = () => {}, reaching: () => void = () => {}): Promise<Transactions> {
  let epoch = 0
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key, request) => {
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
    if (key === KEYS.initProducerId) {
      initialising(epoch += 1)
      return { producerId: 7n, producerEpoch: epoch }
    }
    return answer(key, request) ?? (key === KEYS.produce ? produced([0, 0]) : {})
  })
  const reached = cluster.connectionTo.bind(cluster)
  cluster.connectionTo = async (use, node) => {
    reaching()
    return reached(use, node)
  }
  // Each partition has a leader of its own.
  cluster.leaderOf = (_topic, partition) => partition
  cluster.refresh = async () => {}
  const transactions = new Transactions({
    cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs,
    // A group that never settles again.
    standing: (stale) => (stale === undefined ? Promise.resolve(STANDING) : new Promise(() => {})),
  })
  await transactions.fence({})
  return transactions
}

async function committing(plan: TransactionPlan, timeoutMs: number, answer: Answer, idleMs = Infinity): Promise<TransactionEnd & { readonly reason?: string }> {
  return (await fenced(timeoutMs, answer)).commit(plan, { untilMs: wallClock.monotonicMs() + idleMs })
}

const refusing = (key: number, code: string): Answer => (asked) => {
  if (asked === key) throw new Code(code)
  return undefined
}

/** A leader's answer about partitions 0, 1 ... of one topic. */
const produced = (codes: readonly number[]): object => ({ responses: [{ name: 't', partitionResponses: codes.map((errorCode, index) => ({ index, errorCode, baseOffset: 5n, errorMessage: null, recordErrors: [] })) }] })

function planned(partition: number): PlannedBatch {
  const batch = new RecordBatch()
  batch.add({ topic: 't', partition, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  return { topic: 't', partition, batch }
}

/** A coordinator that refuses the second of two partitions so often; the first is not attempted then. */
function refusingSecond(code: number, times: number): Answer {
  let left = times
  return (key) => {
    if (key !== KEYS.addPartitions || left-- <= 0) return undefined
    throw new Refusals('AddPartitionsToTxn', [NOT_ATTEMPTED, code].map((each) => new PartRefused(errorName(each), null)), {})
  }
}

test('a group that does not settle leaves the outcome unknown', { timeout: 3000 }, async () => {
  const end = await committing(OFFSETS, 60, refusing(KEYS.txnOffsetCommit, 'ILLEGAL_GENERATION'))
  assert.equal(end.kind, 'unknown')
  assert.match(end.reason ?? '', /the group g has not settled within 60 ms/)
})

test('an end that cannot begin leaves the outcome unknown', { timeout: 3000 }, async () => {
  assert.equal((await committing(OFFSETS, 60, refusing(KEYS.endTxn, 'CONCURRENT_TRANSACTIONS'))).kind, 'unknown')
})

test('a partition that is not known yet is asked for again, with those that were not attempted for its sake', { timeout: 3000 }, async () => {
  const end = await committing({ rounds: [[planned(0), planned(1)]], offsets: [] }, 1000, refusingSecond(UNKNOWN_TOPIC, 2))
  assert.equal(end.kind, 'committed', end.reason)
})

test('a missing right on one of several partitions is named', { timeout: 3000 }, async () => {
  const end = await committing({ rounds: [[planned(0), planned(1)]], offsets: [] }, 1000, refusingSecond(FORBIDDEN, Infinity))
  assert.match(end.reason ?? '', /TOPIC_AUTHORIZATION_FAILED/)
})

test('of several batches of one partition the one that was refused is named', async () => {
  const rounds = [[planned(0)], [planned(0)], [planned(0)]] as const
  let requests = 0
  const end = await committing({ rounds, offsets: [] }, 1000, (key) => (key === KEYS.produce ? produced([(requests += 1) === 2 ? MESSAGE_TOO_LARGE : 0]) : undefined))
  assert.ok(end.kind === 'refused', end.kind)
  assert.equal(rounds.findIndex(([batch]) => batch === end.batch), 1)
})

test('partitions and offsets go side by side, each where it may only after both were announced, and the end after all', async () => {
  const open = new Set<number>()
  const alone: number[] = []
  const end = await committing({ rounds: [[planned(0)]], offsets: OFFSETS.offsets }, 1000, async (key) => {
    open.add(key)
    await new Promise<void>((resolve) => setTimeout(resolve, key === KEYS.produce || key === KEYS.addPartitions ? 20 : 1))
    if (open.size === 1) alone.push(key)
    const [announcing, writing] = [[KEYS.addPartitions, KEYS.addOffsets], [KEYS.produce, KEYS.txnOffsetCommit]].map((keys) => keys.some((each) => open.has(each)))
    assert.ok(!(announcing && writing))
    open.delete(key)
    return key === KEYS.produce ? produced([0]) : {}
  })
  assert.equal(end.kind, 'committed', end.reason)
  assert.deepEqual(alone, [KEYS.addPartitions, KEYS.produce, KEYS.endTxn])
})

for (const [what, late, refused] of [['batches', KEYS.produce, KEYS.txnOffsetCommit], ['offsets', KEYS.txnOffsetCommit, KEYS.produce]] as const) {
  test(`a transaction is taken back only when its ${what} are answered`, async () => {
    const events: string[] = []
    const end = await committing({ rounds: [[planned(0)]], offsets: OFFSETS.offsets }, 1000, async (key) => {
      if (key === KEYS.endTxn) events.push('taken back')
      if (key === late) {
        await new Promise<void>((resolve) => setTimeout(resolve, 20))
        events.push('answered')
      }
      if (key === refused && key === KEYS.txnOffsetCommit) throw new Code('UNKNOWN_MEMBER_ID')
      return key === KEYS.produce ? produced([refused === key ? MESSAGE_TOO_LARGE : 0]) : {}
    })
    assert.equal(end.kind, refused === KEYS.produce ? 'refused' : 'fenced')
    assert.deepEqual(events, ['answered', 'taken back'])
  })
}

const BOTH: TransactionPlan = { rounds: [[planned(0)]], offsets: OFFSETS.offsets }

test('T2: the time of a transaction begins with its first announcement', async () => {
  const fromMs = performance.now()
  let isOpenFromMs = NaN
  await committing(BOTH, 300, (key) => {
    if (key === KEYS.addOffsets) isOpenFromMs = performance.now()
    if (key === KEYS.addPartitions && performance.now() - fromMs < 250) throw new Code('UNKNOWN_TOPIC_OR_PARTITION')
    if (key === KEYS.produce) throw new Code('NOT_LEADER_OR_FOLLOWER')
    return undefined
  }, 300)
  assert.ok(performance.now() - isOpenFromMs < 500, `it was open for ${performance.now() - isOpenFromMs} ms of 300`)
})

for (const code of ['INVALID_PRODUCER_EPOCH', 'UNKNOWN_MEMBER_ID']) {
  test(`a leader that is silent does not hide that the owner is shut out: ${code}`, async () => {
    const asked: number[] = []
    const end = await committing(BOTH, 200, (key) => {
      asked.push(key)
      if (key === KEYS.txnOffsetCommit) throw new Code(code)
      if (key === KEYS.produce) throw new Unanswered('NETWORK', 'gone')
      return undefined
    })
    assert.equal(end.kind, 'fenced', end.reason)
    // The batch may come yet: after an end it would stand in no transaction.
    assert.ok(!asked.includes(KEYS.endTxn))
  })
}

const REFUSALS = [['fenced', INVALID_PRODUCER_EPOCH], ['refused', MESSAGE_TOO_LARGE]] as const

for (const [kind, code] of REFUSALS) {
  test(`what the leader says is told at once while the group settles: ${kind}`, async () => {
    const fromMs = performance.now()
    const end = await committing(BOTH, 2000, (key) => {
      if (key === KEYS.txnOffsetCommit) throw new Code('REBALANCE_IN_PROGRESS')
      return key === KEYS.produce ? produced([code]) : undefined
    })
    assert.equal(end.kind, kind, end.reason)
    assert.ok(performance.now() - fromMs < 1000)
  })
}

test('an answer that leaves a partition out is asked for again', async () => {
  const nothing = Reader.from(Buffer.from([0, 0, 0, 0, 1, 0]))
  assert.equal(txnOffsetCommitV3.parseResponse(nothing), 0)
  let left = 2
  const end = await committing(BOTH, 1000, (key) => ((key === KEYS.txnOffsetCommit || key === KEYS.addPartitions) && left-- > 0 ? 0 : undefined))
  assert.equal(end.kind, 'committed', end.reason)
  assert.ok(left < 0)
})

test('L5: a coordinator that cannot be reached is not asked to end anything: the end goes to where it can be asked', { timeout: 3000 }, async () => {
  let [ends, gone] = [0, 0]
  const transactions = await fenced(1000, (key) => {
    if (key === KEYS.endTxn) ends += 1
    if (key === KEYS.txnOffsetCommit) gone = 3
    return undefined
  }, undefined, () => {
    if (gone-- > 0) throw new Unanswered('NETWORK', 'cannot be reached')
  })
  assert.equal((await transactions.commit(OFFSETS, {})).kind, 'committed')
  assert.equal(ends, 1)
})

for (const code of ['NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE']) {
  test(`L5: a coordinator that says that it ends nothing is followed by the one that does: ${code}`, { timeout: 3000 }, async () => {
    let ends = 0
    assert.equal((await committing(OFFSETS, 1000, (key) => {
      if (key !== KEYS.endTxn) return undefined
      ends += 1
      if (ends < 3) throw new Code(code)
      return {}
    })).kind, 'committed')
    assert.equal(ends, 3)
  })
}

for (const [what, first] of [['by nobody', new Unanswered('NETWORK', 'hung up')], ['by who ends nothing', new Code('NOT_COORDINATOR')]] as const) {
  test(`L5: an end that was answered ${what} may have been made, whoever has the id since`, { timeout: 3000 }, async () => {
    let ends = 0
    const end = await committing(OFFSETS, 1000, (key) => {
      if (key !== KEYS.endTxn) return undefined
      ends += 1
      throw ends === 1 ? first : new Code('PRODUCER_FENCED')
    })
    assert.equal(end.kind, 'unknown')
    assert.match(end.reason ?? '', /PRODUCER_FENCED/)
  })
}

test('L5: an end whose answers are all lost leaves the outcome unknown when its time is over', { timeout: 3000 }, async () => {
  const end = await committing(OFFSETS, 60, (key) => {
    if (key === KEYS.endTxn) throw new Unanswered('NETWORK', 'hung up')
    return undefined
  })
  assert.equal(end.kind, 'unknown')
})

/** An answer that is lost once; then they come. */
function losingOne(lost: number): Answer {
  let left = 1
  return (key) => {
    if (key === lost && left-- > 0) throw new Unanswered('TIMEOUT', 'late')
    return undefined
  }
}

for (const lost of [KEYS.addPartitions, KEYS.addOffsets, KEYS.txnOffsetCommit, KEYS.endTxn]) {
  test(`T3: after request ${lost} without an answer, which may still reach its coordinator, the next transaction has another epoch`, async () => {
    let epochs = 0
    let ends = 0
    const losing = losingOne(lost)
    const transactions = await fenced(1000, (key, request) => {
      if (key !== KEYS.endTxn && ends > 0) assert.equal(epochs, 2, 'nothing of the second transaction has the epoch of the first')
      if (key === KEYS.endTxn) ends += 1
      return losing(key, request)
    }, (epoch) => (epochs = epoch))
    for (let nth = 0; nth < 3; nth += 1) assert.equal((await transactions.commit({ ...OFFSETS, rounds: [[planned(0)]] }, {})).kind, 'committed')
    assert.equal(epochs, 2)
  })
}

test('T3: an owner who was shut out meanwhile is told so, and writes nothing more', async () => {
  const losing = losingOne(KEYS.txnOffsetCommit)
  const transactions = await fenced(1000, (key, request) => {
    assert.notEqual(key, KEYS.addPartitions)
    return losing(key, request)
  }, (epoch) => {
    if (epoch > 1) throw new Code('PRODUCER_FENCED')
  })
  assert.equal((await transactions.commit(OFFSETS, {})).kind, 'committed')
  assert.equal((await transactions.commit({ ...OFFSETS, rounds: [[planned(0)]] }, {})).kind, 'fenced')
  assert.throws(() => transactions.commit(OFFSETS, {}), /T1/)
})

test('T1: after a failure under an epoch that was renewed nothing is committed', async () => {
  const losing = losingOne(KEYS.txnOffsetCommit)
  let commits = 0
  const transactions = await fenced(1000, (key, request) => {
    // The last field: whether it is a commit.
    if (key === KEYS.endTxn && request.at(-2) === 1 && (commits += 1) === 2) throw new Code('INVALID_TXN_STATE')
    return losing(key, request)
  })
  for (const kind of ['committed', 'unknown']) assert.equal((await transactions.commit(OFFSETS, {})).kind, kind)
  assert.throws(() => transactions.commit(OFFSETS, {}), /T1/)
})

test('what one leader refuses is not taken back while a batch for another one may still come: behind the end it would stand in no transaction', async () => {
  const asked: number[] = []
  const losing = losingOne(KEYS.produce)
  const end = await committing({ rounds: [[planned(0), planned(1)]], offsets: [] }, 1000, (key, request) => {
    asked.push(key)
    return losing(key, request) ?? (key === KEYS.produce ? produced([MESSAGE_TOO_LARGE, MESSAGE_TOO_LARGE]) : undefined)
  })
  assert.equal(end.kind, 'unknown', end.reason)
  assert.ok(!asked.includes(KEYS.endTxn))
})
