// Appends: what is said of those that may have been written. Under a name: who lost it to another process never takes it back by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Appender } from '../../../../adapters/kafka/appender.ts'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { Packer } from '../../../../adapters/kafka/packing.ts'
import type { Topics } from '../../../../adapters/kafka/topics.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { record } from '../../../contract/log-fixture.ts'
import { Code, KEYS, clusterOf } from '../../../support/kafka-broker.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const [UNKNOWN_SERVER_ERROR, NOT_LEADER, REQUEST_TIMED_OUT, MESSAGE_TOO_LARGE] = [-1, 6, 7, 10]
/** N5. Who is asked again says so too. */
const SHUT_OUT = ['PRODUCER_FENCED', 'PRODUCER_FENCED']
const RECORDS = [record('t', 0, 'a'), record('t', 1, 'b')]

/** What an id was initialised with: producer id and epoch; -1 takes it from whoever has it. */
function initialised(request: Buffer): readonly [bigint, number] {
  const reader = Reader.from(request)
  reader.readNullableString()
  reader.skip(4)
  return [reader.readInt64(), reader.readInt16()]
}

/** `ends`: how the next ends of transactions are answered, by code; '' for done. `renewals`: the same of what was initialised before. */
function appenderWhere({ ends, renewals = [], appendMsMax = 1000 }: { readonly ends: string[]; readonly renewals?: string[]; readonly appendMsMax?: number }): { readonly appender: Appender; readonly inits: (readonly [bigint, number])[] } {
  const inits: (readonly [bigint, number])[] = []
  const refuse = (code: string | undefined): void => {
    if (code !== undefined && code !== '') throw new Code(code)
  }
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key, request) => {
    switch (key) {
      case KEYS.findCoordinator: return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
      case KEYS.initProducerId: {
        const asked = initialised(request)
        inits.push(asked)
        if (asked[0] >= 0n) refuse(renewals.shift())
        return { producerId: 7n, producerEpoch: inits.length }
      }
      case KEYS.produce: return { responses: [{ name: 't', partitionResponses: [0, 1].map((index) => ({ index, errorCode: 0, baseOffset: 5n, errorMessage: null })) }] }
      case KEYS.endTxn: return refuse(ends.shift())
      default: return {}
    }
  })
  const topics = { settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20 }), assertPartition: async () => {} } as unknown as Topics
  const together = new Transactions({ cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'feed', group: '', partition: 0, use: 'together', timeoutMs: 1000, standing: async () => undefined })
  return { appender: new Appender({ cluster, clock: wallClock, packer: new Packer(topics, new Names(''), 1 << 20), together, appendMsMax }), inits }
}

test('a name that another process took is not taken back: every further append is refused', async () => {
  const { appender, inits } = appenderWhere({ ends: ['', ...SHUT_OUT], renewals: [...SHUT_OUT] })
  assert.equal((await appender.append(RECORDS)).kind, 'done')
  for (let nth = 0; nth < 3; nth += 1) {
    const outcome = await appender.append(RECORDS)
    assert.ok(outcome.kind === 'failed', outcome.kind)
    assert.match(outcome.reason, /another process appends under the same name/)
  }
  assert.deepEqual(inits, [[-1n, -1], [7n, 1], [7n, 1]])
})

test('a transaction that the brokers gave up wrote nothing, and its name is still its own: the append is made again', async () => {
  const { appender, inits } = appenderWhere({ ends: ['', ...SHUT_OUT] })
  assert.equal((await appender.append(RECORDS)).kind, 'done')
  assert.equal((await appender.append(RECORDS)).kind, 'busy')
  assert.equal((await appender.append(RECORDS)).kind, 'done')
  assert.deepEqual(inits, [[-1n, -1], [7n, 1]])
})

test('an append that was not begun, because its name was not answered for, is not said to stand perhaps', async () => {
  const { appender } = appenderWhere({ ends: ['UNKNOWN_SERVER_ERROR'], renewals: Array.from({ length: 100 }, () => 'COORDINATOR_NOT_AVAILABLE'), appendMsMax: 60 })
  assert.equal((await appender.append(RECORDS)).kind, 'unknown')
  assert.equal((await appender.append(RECORDS)).kind, 'busy')
})

test('after an end that nobody knows of the next append goes on under the own epoch', async () => {
  const { appender, inits } = appenderWhere({ ends: ['UNKNOWN_SERVER_ERROR', ''] })
  assert.equal((await appender.append(RECORDS)).kind, 'unknown')
  assert.equal((await appender.append(RECORDS)).kind, 'done')
  assert.equal((await appender.append(RECORDS)).kind, 'done')
  assert.deepEqual(inits, [[-1n, -1], [7n, 1]])
})

test('a name that was taken after such an end stays taken', async () => {
  const { appender, inits } = appenderWhere({ ends: ['UNKNOWN_SERVER_ERROR'], renewals: [...SHUT_OUT] })
  assert.equal((await appender.append(RECORDS)).kind, 'unknown')
  assert.equal((await appender.append(RECORDS)).kind, 'failed')
  assert.equal((await appender.append(RECORDS)).kind, 'failed')
  assert.equal(inits.length, 3)
})

/** Without a name. `produced`: the codes of partitions 0, 1 ... in the answer to each request; '' for an answer that is lost. */
async function appended(count: number, produced: (readonly number[] | '')[]): Promise<string> {
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key) => {
    if (key === KEYS.initProducerId) return { producerId: 7n, producerEpoch: 0 }
    if (key === KEYS.metadata) return { brokers: [], topics: [] }
    assert.equal(key, KEYS.produce)
    const codes = produced.shift() ?? []
    if (codes === '') throw new Code('NETWORK_EXCEPTION')
    return { responses: [{ name: 't', partitionResponses: codes.map((errorCode, index) => ({ index, errorCode, baseOffset: 5n, errorMessage: null, recordErrors: [] })) }] }
  })
  const topics = { settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20 }) } as unknown as Topics
  const appender = new Appender({ cluster, clock: wallClock, packer: new Packer(topics, new Names(''), 1 << 20), together: undefined, appendMsMax: 1000 })
  return (await appender.append(RECORDS.slice(0, count))).kind
}

test('what was refused by all who were asked was not written', async () => {
  assert.equal(await appended(1, [[MESSAGE_TOO_LARGE]]), 'failed')
  assert.equal(await appended(1, [[NOT_LEADER], [MESSAGE_TOO_LARGE]]), 'failed')
})

test('what one partition took and another one refused is not said to have failed', async () => {
  assert.equal(await appended(2, [[0, MESSAGE_TOO_LARGE]]), 'unknown')
})

test('what may have been written before it was refused is not said to have failed', async () => {
  assert.equal(await appended(1, ['', [MESSAGE_TOO_LARGE]]), 'unknown')
  assert.equal(await appended(1, [[REQUEST_TIMED_OUT], [MESSAGE_TOO_LARGE]]), 'unknown')
  assert.equal(await appended(1, [[UNKNOWN_SERVER_ERROR]]), 'unknown')
})
