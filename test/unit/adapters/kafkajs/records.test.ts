import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from 'kafkajs'
import { PartitionMessages, TopicList } from '../../../../adapters/kafkajs/messages.ts'
import { committedRecords } from '../../../../adapters/kafkajs/records.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'
import { testSeed } from '../../../support/seed.ts'

const internal = createRequire(import.meta.url)
const encodeProduce = internal('kafkajs/src/protocol/requests/produce/v7/request') as (request: object) => { encode(): Promise<{ readonly buffer: Buffer }> }
const encodeBatch = (internal('kafkajs/src/protocol/recordBatch/v0') as { readonly RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }> }).RecordBatch
const groupMessages = internal('kafkajs/src/producer/groupMessagesPerPartition') as (of: object) => Readonly<Record<string, readonly Message[]>>
const gzip = internal('node:zlib') as typeof import('node:zlib')

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const out = (value: string, more: Partial<OutRecord> = {}): OutRecord => ({ topic: 't', partition: 0, key: bytes('k'), value: bytes(value), headers: [], timestampMs: 1000, ...more })

interface Wish {
  readonly transactional?: boolean
  readonly producerId?: number
}

function listOf(records: readonly OutRecord[]): PartitionMessages {
  const list = new PartitionMessages(0)
  for (const record of records) list.add(record)
  return list
}

/** The batch that kafkajs makes of messages, as it would stand in the log. */
async function batchOfMessages(offset: number, messages: readonly Message[], { transactional = false, producerId = -1 }: Wish = {}): Promise<Buffer> {
  const request = encodeProduce({ acks: -1, timeout: 1000, transactionalId: transactional ? 'x' : null, producerId, producerEpoch: 0, topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }] })
  const { buffer } = await request.encode()
  // Behind the transactional id, acks, timeout, one topic 't', one partition and the length.
  const batch = Buffer.from(buffer.subarray((transactional ? 3 : 2) + 2 + 4 + 4 + 3 + 4 + 4 + 4))
  batch.writeBigInt64BE(BigInt(offset), 0)
  return batch
}

const batchOf = (offset: number, records: readonly OutRecord[], wish?: Wish): Promise<Buffer> => batchOfMessages(offset, listOf(records), wish)

/** A control batch: the end of a transaction. */
async function markerOf(offset: number, producerId: number, type: 0 | 1): Promise<Buffer> {
  const batch = await batchOf(offset, [out('', { key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) })], { producerId })
  batch.writeInt16BE(16 + 32, 21)
  return batch
}

const plain = ({ key, value, headers, timestampMs }: OutRecord | LogRecord): unknown => ({ key: key && [...key], value: value && [...value], headers: headers.map(([name, each]) => [name, [...each]]), timestampMs })
const valuesOf = (records: readonly LogRecord[]): string[] => records.map(({ value }) => Buffer.from(value ?? []).toString())

const some = fc.uint8Array({ maxLength: 20 })
const anyRecords = fc.array(fc.record({
  topic: fc.constant('t'), partition: fc.constant(0), key: fc.option(some), value: fc.option(some),
  headers: fc.array(fc.tuple(fc.constantFrom('a', 'b', '', '1', '0', '__proto__', 'ü'), some), { maxLength: 4 }), timestampMs: fc.nat(2 ** 45),
}), { minLength: 1, maxLength: 200 })

test('kafkajs finds the groups of a list of messages as it would make them', () => {
  fc.assert(fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }), (partitions) => {
    const list = new TopicList()
    for (const partition of partitions) list.add(out('v', { partition }))
    const groups = (of: readonly Message[]): Readonly<Record<string, readonly Message[]>> => groupMessages({ topic: 't', partitionMetadata: [{}], messages: of, partitioner: ({ message }: { readonly message: Message }) => message.partition })
    const lengths = (of: readonly Message[]): unknown => Object.entries(groups(of)).map(([partition, mine]) => [partition, mine.length])
    assert.deepEqual(lengths(list), lengths(partitions.map((partition) => ({ partition, value: null }))))
    assert.equal(list.find(({ value }) => value === undefined), undefined)
  }), { seed: testSeed() })
})

test('records of one time stand in a batch byte for byte as kafkajs writes their messages', async () => {
  await fc.assert(fc.asyncProperty(anyRecords, fc.nat(2 ** 45), fc.boolean(), async (given, timestampMs, transactional) => {
    const records = given.map((record) => ({ ...record, timestampMs, headers: record.headers.slice(0, 1) }))
    const messages = records.map(({ key, value, headers }) => ({
      key: key && Buffer.from(key), value: value && Buffer.from(value), timestamp: String(timestampMs), headers: Object.fromEntries(headers.filter(([name]) => name !== '__proto__').map(([name, each]) => [name, Buffer.from(each)])),
    }))
    const same = records.map((record) => ({ ...record, headers: record.headers.filter(([name]) => name !== '__proto__') }))
    assert.deepEqual(await batchOf(7, same, { transactional, producerId: 5 }), await batchOfMessages(7, messages, { transactional, producerId: 5 }))
  }), { numRuns: 100, seed: testSeed() })
})

test('a list of messages knows how many requests kafkajs made of it', async () => {
  const list = listOf([out('a'), out('b')])
  for (const made of [0, 1, 2]) {
    assert.equal(list.requests, made)
    await batchOfMessages(0, list)
  }
})

test('what kafkajs writes is read as it was given, headers in their order, whatever the times', async () => {
  await fc.assert(fc.asyncProperty(anyRecords, fc.nat(2 ** 50), async (written, offset) => {
    const { records: read, end } = await committedRecords(await batchOf(offset, written), [], offset)
    assert.deepEqual(read.map(plain), written.map(plain))
    assert.deepEqual(read.map((record) => record.offset), written.map((_, index) => offset + index))
    assert.equal(end, offset + written.length)
  }), { numRuns: 100, seed: testSeed() })
})

test('records before the asked offset are left out, and a batch that is cut off waits for the next fetch', async () => {
  const [first, second] = [await batchOf(5, [out('a'), out('b'), out('c')]), await batchOf(8, [out('d')])]
  const { records, end } = await committedRecords(Buffer.concat([first, second.subarray(0, second.length - 1)]), [], 6)
  assert.deepEqual([valuesOf(records), end], [['b', 'c'], 8])
  assert.deepEqual(await committedRecords(first.subarray(0, 40), [], 5), { records: [], end: 5 })
})

test('L4 aborted transactions and markers are passed over, also where two producers mix', async () => {
  const set = Buffer.concat([
    await batchOf(0, [out('keep 7')], { transactional: true, producerId: 7 }),
    await batchOf(1, [out('drop 8')], { transactional: true, producerId: 8 }),
    await batchOf(2, [out('plain 8')], { producerId: 8 }),
    await markerOf(3, 7, 1),
    await markerOf(4, 8, 0),
    await batchOf(5, [out('keep 8')], { transactional: true, producerId: 8 }),
    await markerOf(6, 8, 1),
  ])
  const { records, end } = await committedRecords(set, [{ producerId: 8n, firstOffset: 1 }], 0)
  assert.deepEqual([valuesOf(records), end], [['keep 7', 'plain 8', 'keep 8'], 7])
})

test('an aborted transaction that ends in a later piece hides what is here', async () => {
  const set = Buffer.concat([await batchOf(0, [out('a')], { transactional: true, producerId: 8 }), await batchOf(1, [out('b')], { transactional: true, producerId: 8 })])
  assert.deepEqual(await committedRecords(set, [{ producerId: 8n, firstOffset: 0 }], 0), { records: [], end: 2 })
})

test('a batch that compaction emptied moves the end', async () => {
  const batch = await batchOf(3, [out('gone')])
  const empty = Buffer.from(batch.subarray(0, 61))
  empty.writeInt32BE(61 - 12, 8)
  empty.writeInt32BE(6, 23)
  empty.writeInt32BE(0, 57)
  assert.deepEqual(await committedRecords(empty, [], 3), { records: [], end: 10 })
})

test('gzip is understood; what kafkajs has no codec for says what to do', async () => {
  const batch = await batchOf(0, [out('packed')])
  const body = gzip.gzipSync(batch.subarray(61))
  const packed = Buffer.concat([batch.subarray(0, 61), body])
  packed.writeInt32BE(packed.length - 12, 8)
  packed.writeInt16BE(1, 21)
  assert.deepEqual(valuesOf((await committedRecords(packed, [], 0)).records), ['packed'])
  packed.writeInt16BE(4, 21)
  await assert.rejects(committedRecords(packed, [], 0), /default client/)
})

test('kafkajs still makes batches of format 2', async () => assert.equal((await encodeBatch({ records: [] })).buffer[16], 2))

test('a marker of which compaction left the head alone is passed over', async () => {
  const emptied = (await markerOf(1, 7, 0)).subarray(0, 61)
  emptied.writeInt32BE(emptied.length - 12, 8)
  emptied.writeInt32BE(0, 57)
  const { records, end } = await committedRecords(Buffer.concat([await batchOf(0, [out('a')]), emptied, await batchOf(2, [out('b')])]), [], 0)
  assert.deepEqual([valuesOf(records), end], [['a', 'b'], 3])
})
