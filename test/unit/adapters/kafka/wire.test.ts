// The client's low-level layer is public and not promised: what this driver uses of it is compared with what it was written for.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { compressionsAlgorithms, createRecordsBatch } from '@platformatic/kafka'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { RecordSet } from '../../../../adapters/kafka/record-set.ts'
import * as wire from '../../../../adapters/kafka/wire.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'

const VERSION = '2.12.1'

/** Name, number of the request, its version, and how many arguments make one. */
const REQUESTS = [
  ['addOffsetsToTxnV3', 25, 3, 4],
  ['addPartitionsToTxnV3', 24, 3, 1],
  ['createTopicsV7', 19, 7, 3],
  ['deleteTopicsV6', 20, 6, 2],
  ['describeConfigsV4', 32, 4, 1],
  ['endTxnV3', 26, 3, 4],
  ['fetchV16', 1, 16, 9],
  ['findCoordinatorV6', 10, 6, 2],
  ['heartbeatV4', 12, 4, 4],
  ['initProducerIdV4', 22, 4, 4],
  ['joinGroupV9', 11, 9, 8],
  ['leaveGroupV5', 13, 5, 2],
  ['listOffsetsV9', 2, 9, 3],
  ['metadataV12', 3, 12, 1],
  ['offsetFetchV9', 9, 9, 2],
  ['produceV11', 0, 11, 0],
  ['syncGroupV5', 14, 5, 7],
  ['txnOffsetCommitV3', 28, 3, 8],
] as const

interface Request {
  readonly api: { readonly key: number; readonly version: number }
  readonly createRequest: { readonly length: number }
}

const isRequest = (one: unknown): one is Request => typeof one === 'object' && one !== null && 'api' in one

test('the client is the tested one', () => {
  const entry = createRequire(import.meta.url).resolve('@platformatic/kafka')
  const { version } = createRequire(import.meta.url)(entry.replace(/dist[/\\]index\.js$/, 'package.json')) as { readonly version: string }
  assert.equal(version, VERSION)
})

test('every request that is used has the number, the version and the arguments that it had', () => {
  const found = Object.entries(wire as Readonly<Record<string, unknown>>).flatMap(([name, one]) => (isRequest(one) ? [[name, one.api.key, one.api.version, one.createRequest.length]] : []))
  assert.deepEqual(found.sort(), [...REQUESTS].map((row) => [...row]).sort())
})

/** Wait, least and most bytes, committed only, no session; topic id, partition, no epochs, offset, bytes; nothing forgotten, no rack. Source: the protocol guide, Fetch version 16. */
const FETCH_HEX = [
  '000001f4', '00000001', '00000006', '01', '00000000', 'ffffffff', '02', '00000000000000010000000000000002', '02',
  '00000003', 'ffffffff', '0000000000000004', 'ffffffff', 'ffffffffffffffff', '00000005', '00', '00', '01', '01', '00',
].join('')

test('a fetch is asked for in these bytes', () => {
  const topic = { topicId: '00000000-0000-0001-0000-000000000002', partitions: [{ partition: 3, currentLeaderEpoch: -1, fetchOffset: 4n, lastFetchedEpoch: -1, partitionMaxBytes: 5 }] }
  const bytes = wire.fetchV16.createRequest(500, 1, 6, 1, 0, -1, [topic], [], '').buffer
  assert.equal(bytes.toString('hex'), FETCH_HEX)
})

test('a batch is byte for byte what the client makes of the same records, but for the marks of the producer', () => {
  const timestampMs = 1_700_000_000_000
  const messages = ['a', 'b'.repeat(200)].map((value, index) => ({ topic: 't', partition: 0, key: Buffer.from(`k${index}`), value: Buffer.from(value), headers: new Map([[Buffer.from('h'), Buffer.from('x')]]), timestamp: BigInt(timestampMs + index) }))
  const theirs = createRecordsBatch(messages, { compression: 'none', producerId: 7n, producerEpoch: 1, partitionLeaderEpoch: -1, sequences: { getWithDefault: () => 0 } as never, transactionalId: 'id' }).buffer
  const batch = new RecordBatch()
  for (const { key, value, timestamp } of messages) batch.add({ topic: 't', partition: 0, key, value, headers: [['h', Buffer.from('x')]], timestampMs: Number(timestamp) })
  assert.equal(batch.finish({ producerId: 7n, epoch: 1, sequence: 0, isTransactional: true }).toString('hex'), theirs.toString('hex'))
})

for (const [name, { bitmask, compressSync }] of Object.entries(compressionsAlgorithms)) {
  test(`a batch of compression ${name} is read`, () => {
    const batch = new RecordBatch()
    for (const value of ['first', 'second'.repeat(50)]) batch.add({ topic: 't', partition: 0, key: null, value: Buffer.from(value), headers: [], timestampMs: 1 })
    const plain = Buffer.from(batch.finish({ producerId: -1n, epoch: -1, sequence: -1, isTransactional: false }))
    const bytes = Buffer.concat([plain.subarray(0, 61), compressSync(plain.subarray(61))])
    bytes.writeInt32BE(bytes.length - 12, 8)
    bytes.writeInt16BE(bitmask, 21)
    bytes.writeUInt32BE(wire.crc32c(bytes.subarray(21)) >>> 0, 17)
    const records: LogRecord[] = []
    new RecordSet(bytes, [], 0).take({ recordsMax: 10, bytesMax: Infinity, to: Infinity }, records)
    assert.deepEqual(records.map(({ value }) => String(Buffer.from(value ?? []))), ['first', 'second'.repeat(50)])
  })
}

