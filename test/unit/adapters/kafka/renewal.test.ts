// An owner that goes on after a failure, at a coordinator that aborts what it finds open under an epoch of nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { codeOf, isFenced } from '../../../../adapters/kafka/codes.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../../../adapters/kafka/transaction-plan.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'
import type { Answer } from '../../../support/kafka-broker.ts'
import { IdCoordinator } from '../../../support/kafka-coordinator.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const MESSAGE_TOO_LARGE = 10

function plan(): TransactionPlan {
  const batch = new RecordBatch()
  batch.add({ topic: 't', partition: 0, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  return { rounds: [[{ topic: 't', partition: 0, batch }]], offsets: [] }
}

const produced = (errorCode: number): object => ({ responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode, baseOffset: 5n, errorMessage: null, recordErrors: [] }] }] })

/** `before`: what befalls a request, which may never come, or its answer in the coordinator's place. `after`: what befalls its answer. */
async function owner(befalls: { before?: Answer; after?: Answer }, coordinator = new IdCoordinator(), timeoutMs = 1000) {
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), async (key, request) => {
    const answer = await befalls.before?.(key, request) ?? coordinator.answer(key, request) ?? produced(0)
    await befalls.after?.(key, request)
    return key === KEYS.addPartitions ? 1 : answer
  })
  cluster.leaderOf = () => 1
  cluster.refresh = async () => {}
  const transactions = new Transactions({ cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs, standing: async () => undefined })
  await transactions.fence({})
  return { coordinator, transactions, befalls }
}

/** Something happens to the first request of a kind. */
function once(key: number, happens: (request: Buffer) => void): Answer {
  let left = 1
  return (asked, request) => {
    if (asked === key && left-- > 0) happens(request)
  }
}

const lost = (): never => {
  throw new Unanswered('NETWORK', 'gone')
}

/** Of an end: whether it was made is known to nobody, and it is not asked for again. */
const failed = (): never => {
  throw new Code('UNKNOWN_SERVER_ERROR')
}

const isFence = (thrown: unknown): boolean => isFenced(codeOf(thrown))

/** An owner who commits; its announcement has no answer at first, and may come late. */
async function doubted(after: Answer, version: 1 | 2 = 1) {
  const late: Buffer[] = []
  const own = await owner({ before: once(KEYS.addPartitions, (request) => {
    late.push(request)
    lost()
  }) }, new IdCoordinator(version))
  own.befalls.after = after
  const comes = (): unknown => own.coordinator.answer(KEYS.addPartitions, late[0] as Buffer)
  return { ...own, comes, committed: own.transactions.commit(plan(), {}) }
}

/** All that needs no time. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

for (const version of [1, 2] as const) {
  test(`T3: an announcement that comes when its transaction has ended opens none that brokers give up, and its owner with it: transactions of version ${version}`, async () => {
    const { coordinator, transactions, comes, committed } = await doubted(() => {}, version)
    assert.equal((await committed).kind, 'committed')
    await settled()
    assert.throws(comes, isFence)
    coordinator.giveUp()
    assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
    assert.deepEqual(coordinator.ends, ['commit', 'commit'])
  })
}

test('T3: for an owner that is over by the end of its transaction no other epoch is asked for', async () => {
  const asked: number[] = []
  const { transactions, committed } = await doubted((key) => {
    asked.push(key)
    if (key === KEYS.endTxn) transactions.close()
  })
  assert.equal((await committed).kind, 'committed')
  await settled()
  assert.equal(asked.at(-1), KEYS.endTxn)
})

test('T3: an epoch that is not given at once is asked for again with the next commit', async () => {
  const { transactions, comes, committed } = await doubted(once(KEYS.initProducerId, failed))
  assert.equal((await committed).kind, 'committed')
  await settled()
  assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
  assert.throws(comes, isFence)
})

test('N1: what such an announcement opened before the next epoch is taken back', async () => {
  const { coordinator, transactions, befalls, comes, committed } = await doubted(once(KEYS.endTxn, () => {
    befalls.before = once(KEYS.endTxn, comes)
  }))
  assert.equal((await committed).kind, 'committed')
  assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
  assert.deepEqual(coordinator.ends, ['commit', 'abort', 'commit'])
})

for (const [what, befalls, ends] of [
  ['before it was written', { before: once(KEYS.produce, () => { throw new Code('POLICY_VIOLATION') }) }, ['abort']],
  ['by an end that never came', { before: once(KEYS.endTxn, failed) }, ['abort']],
  ['by an end that was made, of which nobody was told', { after: once(KEYS.endTxn, failed) }, ['commit']],
] as const) {
  test(`N1: what was left open is taken back, and its owner goes on: ${what}`, async () => {
    const { coordinator, transactions } = await owner(befalls)
    assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
    await transactions.renew({})
    assert.deepEqual(coordinator.ends, ends)
    assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
  })
}

test('N2: while a batch may still come nothing is taken back before its producer is shut out', async () => {
  const { coordinator, transactions } = await owner({ before: (key) => (key === KEYS.produce ? lost() : undefined) }, new IdCoordinator(), 60)
  assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
  await assert.rejects(transactions.renew({}), isFence)
  assert.deepEqual(coordinator.ends, [])
})

test('N3: an initialisation whose answer was lost is answered again, although what comes before it hears that its epoch is over', async () => {
  const befalls: { before?: Answer; after?: Answer } = { before: once(KEYS.endTxn, failed) }
  const { transactions } = await owner(befalls)
  assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
  befalls.after = once(KEYS.initProducerId, lost)
  await assert.rejects(transactions.renew({ untilMs: wallClock.monotonicMs() }), (thrown) => codeOf(thrown) === 'NETWORK')
  await transactions.renew({})
  assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
})

test('N3: an id that another process took is not taken back, nor is what that one has open', async () => {
  const { coordinator, transactions } = await owner({ before: once(KEYS.endTxn, failed) })
  assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
  const next = await owner({}, coordinator)
  let renewals = 0
  next.befalls.after = once(KEYS.produce, () => (renewals = 1))
  next.befalls.before = async (key) => {
    if (key === KEYS.endTxn) for (; renewals < 3; renewals += 1) await assert.rejects(transactions.renew({}), isFence)
  }
  assert.equal((await next.transactions.commit(plan(), {})).kind, 'committed')
  assert.deepEqual([renewals, coordinator.ends], [3, ['commit']])
})

test('N5: who takes the id from whoever has it is told no more than once that another one was faster', async () => {
  let asked = 0
  await assert.rejects(owner({ before: (key) => {
    if (key !== KEYS.initProducerId) return
    asked += 1
    throw new Code('PRODUCER_FENCED')
  } }), isFence)
  assert.equal(asked, 1)
})

/** Commits; while what it wrote is open, this happens. */
async function committingWhile({ transactions, befalls }: Awaited<ReturnType<typeof owner>>, happens: () => Promise<unknown>): Promise<string> {
  befalls.before = async (key) => {
    if (key !== KEYS.endTxn) return
    delete befalls.before
    await happens()
  }
  return (await transactions.commit(plan(), {})).kind
}

for (const [what, befalls, timeoutMs] of [
  ['whose batch may still come', { before: (key: number) => (key === KEYS.produce ? lost() : undefined) }, 40],
  ['whose initialisation had no answer', { before: (key: number) => (key === KEYS.endTxn ? failed() : undefined) }, 1000],
  ['whose transaction may have been given up', { before: once(KEYS.endTxn, failed) }, 40],
] as const) {
  test(`N4: an owner ${what} ends nothing of the next one`, async () => {
    const { coordinator, transactions, befalls: own } = await owner({ ...befalls }, new IdCoordinator(), timeoutMs)
    assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
    if (timeoutMs > 40) {
      own.before = once(KEYS.initProducerId, lost)
      await assert.rejects(transactions.renew({ untilMs: wallClock.monotonicMs() }), (thrown) => codeOf(thrown) === 'NETWORK')
    } else await wallClock.sleep(timeoutMs)
    const before = coordinator.ends.length
    const end = await committingWhile(await owner({}, coordinator), () => assert.rejects(transactions.renew({}), isFence))
    assert.deepEqual([end, coordinator.ends.slice(before)], ['committed', ['commit']])
  })
}

/** Takes back what a leader refused; while the coordinator is not done with that, this happens. */
async function takingBack(happens: (coordinator: IdCoordinator) => Promise<unknown>, idle: { readonly signal?: AbortSignal }) {
  let initialisations = 0
  const { coordinator, transactions, befalls } = await owner({})
  befalls.before = async (key) => {
    if (key === KEYS.produce) return produced(MESSAGE_TOO_LARGE)
    if (key !== KEYS.initProducerId || (initialisations += 1) > 1) return undefined
    await happens(coordinator)
    throw new Code('CONCURRENT_TRANSACTIONS')
  }
  return { kind: (await transactions.commit(plan(), idle)).kind, initialisations, coordinator }
}

test('N4: what the next owner opened while an owner takes its own back is not ended', async () => {
  let ending: Promise<string> | undefined
  const over = Promise.withResolvers<void>()
  const { kind, coordinator } = await takingBack(async (shared) => {
    const next = await owner({}, shared)
    await new Promise<void>((resolve) => (ending = committingWhile(next, () => {
      resolve()
      return over.promise
    })))
  }, {})
  over.resolve()
  assert.deepEqual([kind, await ending, coordinator.ends], ['fenced', 'committed', ['abort', 'commit']])
})

test('an owner whose lease has ended does not ask for its id again', async () => {
  const ended = new AbortController()
  const { kind, initialisations } = await takingBack(async () => ended.abort(), { signal: ended.signal })
  assert.deepEqual([kind, initialisations], ['unknown', 1])
})

test('a coordinator that has moved, or still ends what was before, is asked again, and not without end', async () => {
  let codes = ['NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS']
  let isBegun = false
  const { coordinator, transactions } = await owner({ before: (key) => {
    if (key !== KEYS.endTxn) return
    if (!isBegun) {
      isBegun = true
      failed()
    }
    const code = codes.shift()
    if (code !== undefined) throw new Code(code)
  } })
  assert.equal((await transactions.commit(plan(), {})).kind, 'unknown')
  const all = codes
  codes = Array.from({ length: 1000 }, () => 'NOT_COORDINATOR')
  await assert.rejects(transactions.renew({ untilMs: wallClock.monotonicMs() + 40 }), (thrown) => codeOf(thrown) === 'NOT_COORDINATOR')
  codes = all
  await transactions.renew({})
  assert.deepEqual(coordinator.ends, ['abort'])
  assert.equal((await transactions.commit(plan(), {})).kind, 'committed')
})
