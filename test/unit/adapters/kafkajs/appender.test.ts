// What is said of appends that were refused.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turns } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { Appender } from '../../../../adapters/kafkajs/appender.ts'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import type { PartitionMessages, TopicList } from '../../../../adapters/kafkajs/messages.ts'
import { Packer } from '../../../../adapters/kafkajs/packing.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { Transactions } from '../../../../adapters/kafkajs/transaction.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import type { AppendOutcome } from '../../../../system/ports/log.ts'
import { record } from '../../../contract/log-fixture.ts'

const [MESSAGE_TOO_LARGE, FORBIDDEN, INVALID_PRODUCER_EPOCH, INVALID_TRANSACTION_TIMEOUT, SASL_AUTHENTICATION_FAILED] = [10, 29, 47, 50, 58]
const TRANSACTION_MS = 1000
const SETTINGS = { cleanup: 'delete', batchBytesMax: 1 << 20, partitions: 2 }
const TOPICS = { assertPartition: async () => {}, settings: async () => SETTINGS } as unknown as Topics

interface Sent {
  readonly topicMessages: readonly { readonly messages: TopicList }[]
}

async function appended(partitions: readonly number[], code: number): Promise<string> {
  const producer = { connect: async () => {}, disconnect: async () => {}, sendBatch: async () => { throw errorNamed(code) } }
  const appender = new Appender({ client: { idempotent: () => producer } as unknown as Client, clock: wallClock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together: undefined, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
  return (await appender.append(partitions.map((partition) => record('t', partition, 'x')))).kind
}

test('what the only partition of an append refuses was not written; what one of several refuses another one may have taken', async () => {
  for (const code of [MESSAGE_TOO_LARGE, FORBIDDEN]) {
    assert.equal(await appended([0, 0], code), 'failed')
    assert.equal(await appended([0, 1], code), 'unknown')
  }
})

/** Appends under a name. `fence`, `end`: what its claim and the end of a transaction throw; the end comes after so many ms. */
async function appendedTogether({ fence, end, endMs = 0 }: { readonly fence?: Error; readonly end?: Error; readonly endMs?: number }): Promise<AppendOutcome> {
  let nowMs = 0
  // A bound ends with what it bounds, a pause at once.
  const clock = { ...wallClock, monotonicMs: () => nowMs, sleep: async (ms: number, signal?: AbortSignal) => void (signal === undefined || ms < TRANSACTION_MS ? (nowMs += ms) : await once(signal, 'abort')) }
  const transaction = {
    abort: async () => {}, sendBatch: async () => [0, 1].map((partition) => ({ topicName: 't', partition, baseOffset: '0' })),
    commit: async () => {
      nowMs += endMs
      if (end !== undefined) throw end
    },
  }
  const producer = { disconnect: async () => {}, transaction: async () => transaction, connect: async () => { if (fence !== undefined) throw fence } }
  const client = { transactional: () => producer } as unknown as Client
  const together = new Transactions({ client, clock, visibility: new Visibility(clock), transactionalId: 'feed', group: '', partition: 0, timeoutMs: TRANSACTION_MS, fenceMsMax: 100 })
  const appender = new Appender({ client, clock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
  return appender.append([record('t', 0, 'x'), record('t', 1, 'x')])
}

test('an append that no broker takes for now is not said to be refused', async () => {
  assert.equal((await appendedTogether({ fence: new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED') })).kind, 'busy')
  assert.equal((await appendedTogether({ fence: errorNamed(INVALID_TRANSACTION_TIMEOUT) })).kind, 'failed')
})

test('a transaction that was shut out after it stood open for too long may be one that the brokers gave up', async () => {
  const reasonAfter = async (endMs: number): Promise<string> => {
    const outcome = await appendedTogether({ end: errorNamed(INVALID_PRODUCER_EPOCH), endMs })
    return outcome.kind === 'failed' ? outcome.reason : outcome.kind
  }
  assert.equal(await reasonAfter(TRANSACTION_MS - 1), 'another process appends under the same name')
  assert.match(await reasonAfter(TRANSACTION_MS), /^the brokers gave the transaction up, which was open for 1000 ms, or another process appends under the same name/)
})

test('who was closed while it waits for its name asks for it no more: another one may have it by then', async () => {
  let asked = 0
  const client = { transactional: () => ({ connect: async () => { asked += 1; throw new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED') }, disconnect: async () => {} }) } as unknown as Client
  const together = new Transactions({ client, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'feed', group: '', partition: 0, timeoutMs: TRANSACTION_MS, fenceMsMax: 1000 })
  const appender = new Appender({ client, clock: wallClock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
  const records = [record('t', 0, 'x'), record('t', 1, 'x')]
  const appended = [appender.append(records), appender.append(records)]
  await wallClock.sleep(20)
  appender.close()
  const before = asked
  assert.deepEqual((await Promise.all(appended)).map(({ kind }) => kind), ['busy', 'failed'])
  await wallClock.sleep(150)
  assert.deepEqual([before, asked], [1, 1])
})

test('who was closed while a broker is about to refuse its records does not ask for its name again, and keeps no connections', async () => {
  const asked: number[] = []
  const open = new Set<number>()
  const refusing = Promise.withResolvers<void>()
  const producerOf = (name: number): object => ({
    connect: async () => void open.add(name), disconnect: async () => void open.delete(name),
    transaction: async () => {
      if (!asked.includes(name)) asked.push(name)
      return {
        abort: async () => {}, commit: async () => {},
        // As kafkajs does: it connects again after a close, sends again, and hears that it is refused.
        sendBatch: async () => {
          await refusing.promise
          open.add(name)
          throw errorNamed(MESSAGE_TOO_LARGE)
        },
      }
    },
  })
  let made = 0
  const client = { transactional: () => producerOf((made += 1)) } as unknown as Client
  const together = new Transactions({ client, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'feed', group: '', partition: 0, timeoutMs: TRANSACTION_MS, fenceMsMax: 1000 })
  const appender = new Appender({ client, clock: wallClock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
  const appended = appender.append([record('t', 0, 'x'), record('t', 1, 'x')])
  await wallClock.sleep(20)
  appender.close()
  refusing.resolve()
  assert.deepEqual(await appended, { kind: 'failed', reason: 'the log is closed' })
  await wallClock.sleep(20)
  assert.deepEqual([asked, [...open]], [[1], []])
})

for (const [at, kind] of [['settings', 'failed'], ['connect', 'failed'], ['send', 'done']] as const) {
  test(`an append of one partition that is closed at its ${at} keeps no connections`, async () => {
    const [isThere, goesOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const pass = async (step: string): Promise<void> => {
      if (step !== at) return
      isThere.resolve()
      await goesOn.promise
    }
    let [isOpen, sent] = [false, 0]
    const producer = {
      connect: async () => {
        await pass('connect')
        isOpen = true
      },
      disconnect: async () => void (isOpen = false),
      sendBatch: async () => {
        sent += 1
        await pass('send')
        isOpen = true
        return [{ topicName: 't', partition: 0, baseOffset: '0' }]
      },
    }
    const topics = { ...TOPICS, settings: async () => {
      await pass('settings')
      return SETTINGS
    } } as unknown as Topics
    const appender = new Appender({ client: { idempotent: () => producer } as unknown as Client, clock: wallClock, packer: new Packer(topics, new Names(''), 1 << 20), together: undefined, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
    const appended = appender.append([record('t', 0, 'x')])
    await isThere.promise
    appender.close()
    goesOn.resolve()
    assert.equal((await appended).kind, kind)
    await turns()
    assert.deepEqual([isOpen, sent], [false, kind === 'done' ? 1 : 0])
  })
}

test('what is refused at a second try may have been written by the first, which had no answer', async () => {
  for (const [tries, kind] of [[1, 'failed'], [2, 'unknown']] as const) {
    const sendBatch = async ({ topicMessages }: Sent): Promise<never> => {
      // As kafkajs does for each request that it makes.
      for (let made = 0; made < tries; made += 1) for (const { messages } of topicMessages) for (const mine of Object.values(messages.reduce<Readonly<Record<string, PartitionMessages>>>())) mine.map(() => ({}))
      throw errorNamed(FORBIDDEN)
    }
    const producer = { connect: async () => {}, disconnect: async () => {}, sendBatch }
    const appender = new Appender({ client: { idempotent: () => producer } as unknown as Client, clock: wallClock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together: undefined, transactionMs: TRANSACTION_MS, appendMsMax: 1000 })
    assert.equal((await appender.append([record('t', 0, 'x')])).kind, kind)
  }
})

test('a connection that closed while it let us in says nothing of what was written before it', async () => {
  assert.equal(await appended([0], SASL_AUTHENTICATION_FAILED), 'unknown')
})

test('an append whose connections hang is busy after its time, and the next one is asked for', async () => {
  let connects = 0
  const producer = { connect: () => ((connects += 1) === 1 ? new Promise(() => {}) : Promise.resolve()), disconnect: async () => {}, sendBatch: async () => [{ topicName: 't', partition: 0, baseOffset: '0' }] }
  const appender = new Appender({ client: { idempotent: () => producer } as unknown as Client, clock: wallClock, packer: new Packer(TOPICS, new Names(''), 1 << 20), together: undefined, transactionMs: TRANSACTION_MS, appendMsMax: 20 })
  assert.deepEqual(await Promise.all([1, 2].map(async () => (await appender.append([record('t', 0, 'x')])).kind)), ['busy', 'done'])
})
