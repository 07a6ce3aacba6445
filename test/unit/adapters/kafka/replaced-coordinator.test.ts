// A coordinator that has been replaced and does not know it, because it is cut off from the controller and not from clients: it answers the end of a transaction from its
// memory, and may coordinate again before its answer is believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import type { Connection } from '../../../../adapters/kafka/connection.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import type { TransactionPlan } from '../../../../adapters/kafka/transaction-plan.ts'
import { Unanswered } from '../../../../adapters/kafka/unanswered.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import { Code, KEYS, clusterOf, connectionTo } from '../../../support/kafka-broker.ts'
import { IdCoordinator } from '../../../support/kafka-coordinator.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const BROKERS = 'abc'
const nodeOf = (host: string): number => BROKERS.indexOf(host) + 1
/** Longer than a silent broker is asked last, and than a transaction may be open. */
const LATER_MS = 60_000
const TIMEOUT_MS = 1000
/** Much longer than markers may travel before who coordinates is looked for. */
const MARKERS_MS = 6000
/** Of transactions, as brokers have them. */
const VERSIONS = [1, 2] as const
type Version = typeof VERSIONS[number]

function plan(offset: number): TransactionPlan {
  const batch = new RecordBatch()
  batch.add({ topic: 't', partition: 0, key: null, value: Buffer.from('x'), headers: [], timestampMs: 1 })
  return { rounds: [[{ topic: 't', partition: 0, batch }]], offsets: [{ topic: 't', offset, metadata: '' }] }
}

const transactionsOf = (cluster: Cluster, clock: Clock): Transactions => new Transactions({ cluster, clock, visibility: new Visibility(clock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs: TIMEOUT_MS, standing: async () => ({ generation: 1, memberId: 'm', instanceId: null }) })

interface Now {
  coordinator: string
  /** A cannot be reached. */
  isAway: boolean
  /** Passes with each wait. */
  ms: number
  /** Before a broker hears a request. */
  befalls: (host: string, key: number, request: Buffer) => Promise<void>
}

/** The owner of an id that A coordinates, and its brokers in the order in which it knows them. */
async function stage(order: string, version: Version) {
  const [a, b] = [new IdCoordinator(version), new IdCoordinator(version)]
  const now: Now = { coordinator: 'a', isAway: false, ms: 0, befalls: async () => {} }
  const clock: Clock = {
    nowMs: () => now.ms, monotonicMs: () => now.ms,
    sleep: async (ms) => {
      now.ms += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  const cluster = new Cluster([...order].map((host) => ({ host, port: 1 })), TRANSPORT, clock)
  const connections = new Map<string, Connection>()
  const answered = async (host: string, key: number, request: Buffer): Promise<unknown> => {
    await now.befalls(host, key, request)
    // A does not know that it coordinates no more.
    const known = host === 'a' ? 'a' : now.coordinator
    if (key === KEYS.findCoordinator) return { coordinators: [{ nodeId: nodeOf(known), host: known, port: 1 }] }
    if (key === KEYS.produce) return { responses: [{ name: 't', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 5n, errorMessage: null, recordErrors: [] }] }] }
    if (known !== host) throw new Code('NOT_COORDINATOR')
    return (host === 'a' ? a : b).answer(key, request) ?? {}
  }
  const dial = (host: string): Connection => connectionTo((key, request) => answered(host, key, request).catch((thrown: unknown) => {
    if (thrown instanceof Unanswered) connections.delete(host)
    throw thrown
  }))
  cluster.connections.get = async (_use, { host }) => {
    if (host === 'a' && now.isAway) throw new Unanswered('NETWORK', 'cannot be reached')
    const connection = connections.get(host) ?? dial(host)
    connections.set(host, connection)
    return connection
  }
  cluster.connectionTo = (use, node) => cluster.connections.get(use, { host: BROKERS[node - 1] as string, port: 1 })
  cluster.leaderOf = () => nodeOf('b')
  cluster.refresh = async () => {}
  const transactions = transactionsOf(cluster, clock)
  await transactions.fence({})
  return { a, b, now, clock, transactions }
}

type Stage = Awaited<ReturnType<typeof stage>>

/** A is cut off from everybody, and B coordinates. */
function replace({ a, b, now }: Stage): void {
  b.load(a)
  Object.assign(now, { isAway: true, coordinator: 'b' })
}

/** An owner whose last two transactions ended at A and at B, under one epoch. */
async function replaced(order: string, version: Version): Promise<Stage> {
  const staged = await stage(order, version)
  const { a, b, now, transactions } = staged
  assert.equal((await transactions.commit(plan(1), {})).kind, 'committed')
  replace(staged)
  assert.equal((await transactions.commit(plan(2), {})).kind, 'committed')
  assert.deepEqual([a.ends, b.ends], [['commit'], ['commit']])
  now.ms += LATER_MS
  return staged
}

/** One end that B does not answer; from then on clients reach A again, which the controller does not. */
function losingOne({ b, now }: Stage, isMade = false, then: Now['befalls'] = async () => {}): void {
  now.befalls = async (host, key, request) => {
    if (key !== KEYS.endTxn || host !== 'b') return
    if (isMade) b.answer(key, request)
    now.isAway = false
    now.befalls = then
    throw new Unanswered('NETWORK', 'hung up')
  }
}

const ORDERS = VERSIONS.flatMap((version) => ['abc', 'acb', 'bac', 'bca', 'cab', 'cba', 'ab', 'ba'].map((order) => ({ version, order, told: `version ${version}, brokers in the order ${order}` })))

for (const { version, order, told } of ORDERS) {
  test(`an end is not believed to who coordinates no more: ${told}`, { timeout: 10_000 }, async () => {
    const staged = await replaced(order, version)
    losingOne(staged)
    const end = await staged.transactions.commit(plan(3), {})
    assert.deepEqual([end.kind, staged.b.ends], ['committed', ['commit', 'commit']])
  })
}

interface Fate {
  readonly end: 'committed' | 'unknown'
  /** The end that B did not answer. */
  readonly isMade: boolean
  befalls(staged: Stage): Promise<void>
}

const FATES: Readonly<Record<string, Fate>> = {
  'it is still open': { end: 'committed', isMade: false, befalls: async () => {} },
  'it was committed': { end: 'committed', isMade: true, befalls: async () => {} },
  'the brokers gave it up': {
    end: 'unknown', isMade: false,
    befalls: async ({ b, now }) => {
      now.ms += LATER_MS
      b.giveUp()
    },
  },
  'another owner asked for the id': {
    end: 'unknown', isMade: false,
    befalls: async ({ b, clock }) => {
      const other = transactionsOf(clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, clock), (key, request) => b.answer(key, request)), clock)
      await assert.rejects(other.fence({ untilMs: clock.monotonicMs() }), /CONCURRENT_TRANSACTIONS/)
    },
  },
}

/** What A remembers while it does not know that it was replaced. */
const MEMORIES: Readonly<Record<string, (version: Version, isMade: boolean, then: (staged: Stage, host: string) => Promise<void>) => Promise<Stage>>> = {
  'the transaction before': async (version, isMade, then) => {
    const staged = await replaced('ab', version)
    losingOne(staged, isMade, (host) => then(staged, host))
    return staged
  },
  'its announcements': async (version, isMade, then) => {
    const staged = await stage('ab', version)
    const { a, b, now } = staged
    now.befalls = async (host, key) => {
      if (host !== 'a' || key !== KEYS.endTxn) return
      b.load(a)
      now.coordinator = 'b'
      losingOne(staged, isMade, (asked) => then(staged, asked))
    }
    return staged
  },
}

const CASES = Object.entries(MEMORIES).flatMap(([memory, begin]) => Object.entries(FATES).flatMap(([fate, { end, isMade, befalls }]) => VERSIONS.map((version) => ({ memory, begin, fate, end, isMade, befalls, version }))))

for (const { memory, begin, fate, end, isMade, befalls, version } of CASES) {
  test(`who coordinates again, and remembered ${memory}, is believed what became of it: ${fate}, version ${version}`, { timeout: 10_000 }, async () => {
    for (let heard = 0; heard < 5; heard += 1) {
      let left = heard
      const { transactions } = await begin(version, isMade, async (staged, host) => {
        if (host === 'b' && left >= 0) throw new Unanswered('NETWORK', 'hung up')
        if (host !== 'a' || left-- !== 0) return
        await befalls(staged)
        staged.a.load(staged.b)
        staged.now.coordinator = 'a'
      })
      assert.equal((await transactions.commit(plan(3), {})).kind, end, `when A was asked ${heard} times`)
      assert.ok(left < 0)
    }
  })
}

/** An owner whose epoch only B knows; A, which clients reach again, knows the one before. */
async function renewed(order: string, version: Version): Promise<Stage> {
  const staged = await stage(order, version)
  replace(staged)
  await staged.transactions.renew({})
  Object.assign(staged.now, { isAway: false, ms: LATER_MS })
  return staged
}

/** B hangs up on one request of a kind. */
function hangingUp({ now }: Stage, wanted: number): void {
  now.befalls = async (host, key) => {
    if (key !== wanted || host !== 'b') return
    now.befalls = async () => {}
    throw new Unanswered('NETWORK', 'hung up')
  }
}

for (const { version, order, told } of ORDERS) {
  for (const key of [KEYS.addPartitions, KEYS.endTxn]) {
    test(`N5: who knows an older epoch only shuts nobody out: request ${key}, ${told}`, { timeout: 5000 }, async () => {
      const staged = await renewed(order, version)
      hangingUp(staged, key)
      const end = await staged.transactions.commit(plan(1), {})
      assert.deepEqual([end.kind, staged.b.ends], ['committed', ['commit']])
    })
  }

  test(`N5: nor where an owner goes on after a failure: ${told}`, { timeout: 5000 }, async () => {
    const staged = await renewed(order, version)
    for (const key of [KEYS.endTxn, KEYS.initProducerId]) {
      hangingUp(staged, key)
      await staged.transactions.renew({})
      staged.now.ms += LATER_MS
    }
    assert.equal((await staged.transactions.commit(plan(1), {})).kind, 'committed')
  })
}

for (const { version, order, told } of ORDERS) {
  test(`N5: nor where who coordinates puts off for long: ${told}`, { timeout: 5000 }, async () => {
    const { b, now, clock, transactions } = await renewed(order, version)
    b.holdsMarkers = true
    assert.equal((await transactions.commit(plan(1), {})).kind, 'committed')
    const doneMs = now.ms + MARKERS_MS
    now.befalls = async () => {
      if (now.ms > doneMs && b.isMarking) b.complete()
    }
    assert.equal((await transactions.commit(plan(2), { untilMs: clock.monotonicMs() + LATER_MS })).kind, 'committed')
  })
}

for (const version of VERSIONS) {
  test(`N5: who was shut out is told so twice, and nothing is waited for: version ${version}`, { timeout: 5000 }, async () => {
    const { b, now, clock, transactions } = await renewed('abc', version)
    await transactionsOf(clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, clock), (key, request) => b.answer(key, request)), clock).fence({})
    let asked = 0
    now.befalls = async (_host, key) => {
      if (key === KEYS.addPartitions) asked += 1
    }
    assert.equal((await transactions.commit(plan(1), {})).kind, 'fenced')
    assert.deepEqual([asked, now.ms], [2, LATER_MS])
  })

  test(`markers that travel are waited for: version ${version}`, { timeout: 5000 }, async () => {
    const { a, now, transactions } = await stage('abc', version)
    a.holdsMarkers = true
    for (const offset of [1, 2, 3]) {
      let left = 3
      now.befalls = async (_host, key) => {
        if (key === KEYS.addOffsets && left-- === 0) a.complete()
      }
      assert.deepEqual([(await transactions.commit(plan(offset), {})).kind, a.isMarking], ['committed', true])
    }
  })

  test(`who was replaced while markers travelled is not waited for: version ${version}`, { timeout: 5000 }, async () => {
    const { a, b, now, clock, transactions } = await stage('abc', version)
    a.holdsMarkers = true
    assert.equal((await transactions.commit(plan(1), {})).kind, 'committed')
    b.load(a)
    now.coordinator = 'b'
    const end = await transactions.commit(plan(2), { untilMs: clock.monotonicMs() + LATER_MS })
    assert.deepEqual([end.kind, b.ends], ['committed', ['commit']])
  })

  test(`what was announced to two coordinators is followed by another epoch, of which the first one remembers no announcement: version ${version}`, { timeout: 5000 }, async () => {
    const staged = await stage('bca', version)
    const { a, b, now, transactions } = staged
    now.befalls = async (host, key) => {
      if (host !== 'a' || key !== KEYS.addOffsets) return
      now.befalls = async () => {}
      // Until the partitions are announced.
      await new Promise((resolve) => setImmediate(resolve))
      replace(staged)
    }
    assert.equal((await transactions.commit(plan(1), {})).kind, 'committed')
    assert.deepEqual([a.ends, b.committed], [[], [KEYS.addPartitions, KEYS.addOffsets]])
    // Clients reach A again, and B does not hear of the partitions.
    Object.assign(now, { isAway: false, ms: LATER_MS })
    hangingUp(staged, KEYS.addPartitions)
    assert.deepEqual([(await transactions.commit(plan(2), {})).kind, b.ends], ['committed', ['commit', 'commit']])
    assert.deepEqual(b.committed.toSorted(), [KEYS.addPartitions, KEYS.addOffsets])
  })
}
