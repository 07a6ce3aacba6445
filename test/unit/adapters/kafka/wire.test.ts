// The files of the client that are used are public and not promised: they are compared with what this driver was written for.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { compressionsAlgorithms, createRecordsBatch } from '@platformatic/kafka'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { RecordSet } from '../../../../adapters/kafka/record-set.ts'
import * as wire from '../../../../adapters/kafka/wire.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'

const VERSION = '2.12.1'

test('the client is the tested one', () => {
  const entry = createRequire(import.meta.url).resolve('@platformatic/kafka')
  const { version } = createRequire(import.meta.url)(entry.replace(/dist[/\\]index\.js$/, 'package.json')) as { readonly version: string }
  assert.equal(version, VERSION)
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

