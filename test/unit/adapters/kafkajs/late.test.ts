// L8, T2: what nobody was there for is asked for again; what kafkajs does not end is given up after the time of a transaction, and is not committed when it goes on after all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turns } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { Send } from '../../../../adapters/kafkajs/packing.ts'
import { Transactions } from '../../../../adapters/kafkajs/transaction.ts'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { Unreachable } from '../../../../system/protocol/failures.ts'
import { record } from '../../../contract/log-fixture.ts'

const PLAN = { sends: [new Send([{ index: 0, record: record('t', 0, 'x'), onCluster: 't' }])], offsets: [] }
const MESSAGE_TOO_LARGE = 10
/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT_TRANSACTIONS. */
const NOT_NOW = [14, 15, 16, 51]
const TIMEOUT_MS = 15_000

type Step = 'connect' | 'begin' | 'send' | 'end' | 'abort'

/** A client whose producers stand still at one step of their life until they are let go. */
class Stuck {
  step: Step | undefined
  committed: number[] = []
  /** Who asked for the id, in order. */
  asked: number[] = []
  open = new Set<number>()
  refuses = false
  /** What the next requests fail by. */
  failures: Error[] = []
  #hasWritten = false
  readonly #held: (() => void)[] = []
  #made = 0

  readonly client = { transactional: () => this.#producer((this.#made += 1)) } as unknown as Client

  go(): void {
    for (const release of this.#held.splice(0)) release()
  }

  #producer(name: number): object {
    const transaction = {
      abort: async () => {
        if (!this.#hasWritten) return
        await this.#pass('abort')
        this.open.add(name)
      },
      sendOffsets: async () => {
        if (this.failures.length > 0) throw this.failures.shift()
      },
      commit: async () => {
        await this.#pass('end')
        this.committed.push(name)
      },
      sendBatch: async () => {
        this.#hasWritten = true
        if (this.failures.length > 0) throw this.failures.shift()
        if (this.refuses) throw errorNamed(MESSAGE_TOO_LARGE)
        await this.#pass('send')
        // As kafkajs does, whatever was disconnected.
        this.open.add(name)
        return [{ topicName: 't', partition: 0, baseOffset: '0' }]
      },
    }
    return {
      connect: async () => {
        await this.#pass('connect')
        this.open.add(name)
      },
      disconnect: async () => void this.open.delete(name),
      transaction: async () => {
        this.asked.push(name)
        await this.#pass('begin')
        return transaction
      },
    }
  }

  #pass(step: Step): Promise<void> | undefined {
    return step === this.step ? new Promise((resolve) => this.#held.push(resolve)) : undefined
  }
}

const setting = () => {
  const stuck = new Stuck()
  const clock = new SimulatedClock()
  const transactions = new Transactions({ client: stuck.client, clock, visibility: new Visibility(clock), transactionalId: 't', group: 'g', partition: 0, timeoutMs: TIMEOUT_MS, fenceMsMax: 20_000 })
  return { stuck, clock, transactions }
}

/** A commit that stands still at a step, and is given up. */
async function givenUp({ stuck, clock, transactions }: ReturnType<typeof setting>, step: Step): Promise<void> {
  await transactions.fence()
  stuck.step = step
  const ended = transactions.commit(PLAN)
  await turns()
  clock.advance(TIMEOUT_MS)
  assert.equal((await ended).kind, 'unknown')
}

/** Time passes, so many times. */
async function passes(clock: SimulatedClock, ms: number, times: number): Promise<void> {
  for (let passed = 0; passed < times; passed += 1) {
    await turns()
    clock.advance(ms)
  }
}

for (const step of ['begin', 'send'] as const) {
  test(`a commit that stands still at its ${step} is given up; it does not end a transaction later, nor keep connections`, async () => {
    const made = setting()
    const { stuck, transactions } = made
    await givenUp(made, step)
    stuck.step = undefined
    await transactions.fence()
    assert.equal((await transactions.commit(PLAN)).kind, 'committed')
    stuck.go()
    await turns()
    assert.deepEqual(stuck.committed, [2])
    assert.deepEqual([...stuck.open], [2])
    assert.equal((await transactions.commit(PLAN)).kind, 'committed', 'who goes on is not hurt by what goes on behind it')
  })
}

test('an end without an answer leaves the outcome unknown', async () => {
  const made = setting()
  const { stuck } = made
  await givenUp(made, 'end')
  stuck.go()
  await turns()
  assert.deepEqual([stuck.committed, [...stuck.open]], [[1], []])
})

test('a fence that stands still is tried again, and ends with its time or its lease', async () => {
  const { stuck, clock, transactions } = setting()
  stuck.step = 'connect'
  const late = assert.rejects(transactions.fence(), Unreachable)
  await passes(clock, 1000, 41)
  await late
  const ended = new AbortController()
  const lost = assert.rejects(transactions.fence(ended.signal), Unreachable)
  await turns()
  ended.abort()
  await lost
  stuck.go()
  await turns()
  assert.deepEqual([...stuck.open], [], 'nor does what is let go keep connections')
  assert.deepEqual(stuck.asked, [], 'nor does it ask for the id, which another one may have by now')
})

test('what refused records are taken back by is given up too, and keeps no connections', async () => {
  const made = setting()
  const { stuck } = made
  stuck.refuses = true
  await givenUp(made, 'abort')
  stuck.go()
  await turns()
  assert.deepEqual([...stuck.open], [])
})

const REFUSED = new kafkajs.KafkaJSConnectionError('connect', { code: 'ECONNREFUSED' })
const NOBODY = Object.assign(new kafkajs.KafkaJSNumberOfRetriesExceeded(REFUSED, { retryCount: 8, retryTime: 100 }), { cause: REFUSED })
const RESET = new kafkajs.KafkaJSConnectionError('read', { code: 'ECONNRESET' })
const OFFSETS = [{ topic: 't', offset: 1, metadata: '' }]

for (const [what, plan] of [['records', PLAN], ['offsets', { sends: [], offsets: OFFSETS }]] as const) {
  test(`L8: ${what} that nobody was there to take are sent when somebody is; those that were sent are not sent again`, async () => {
    const { stuck, clock, transactions } = setting()
    await transactions.fence()
    stuck.failures = Array.from({ length: 20 }, () => [NOBODY, ...NOT_NOW.map(errorNamed)]).flat()
    const ended = transactions.commit(plan)
    await passes(clock, 20, 300)
    assert.equal((await ended).kind, 'committed')
    stuck.failures = [RESET]
    assert.equal((await transactions.commit(plan)).kind, 'unknown')
  })
}

test('T2: what nobody is there to take is given up with its transaction, and not sent any more', async () => {
  const { stuck, clock, transactions } = setting()
  await transactions.fence()
  stuck.failures = Array.from({ length: 100_000 }, () => NOBODY)
  const ended = transactions.commit(PLAN)
  await passes(clock, 500, TIMEOUT_MS / 500 + 1)
  assert.equal((await ended).kind, 'unknown')
  const { length } = stuck.failures
  await passes(clock, 500, 10)
  assert.equal(length, stuck.failures.length)
})
