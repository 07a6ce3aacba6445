// Batches as they are sent and read: byte for byte what the client's own encoder makes, and back again; committed records only.
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodedBytesMax } from '../../../../adapters/kafka-format/record-writer.ts'
import { RecordBatch, HEAD_BYTES } from '../../../../adapters/kafka/record-batch.ts'
import { RecordSet } from '../../../../adapters/kafka/record-set.ts'
import { crc32c } from '../../../../adapters/kafka/wire.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'
import { testSeed } from '../../../support/seed.ts'

const MARK = { producerId: 7n, epoch: 1, sequence: 0, isTransactional: true }
const ALL = { recordsMax: Infinity, bytesMax: Infinity, to: Infinity }

function batchOf(records: readonly OutRecord[], mark = MARK): Buffer {
  const batch = new RecordBatch(61)
  for (const record of records) batch.add(record)
  return Buffer.from(batch.finish(mark))
}

const out = (value: string, more: Partial<OutRecord> = {}): OutRecord => ({ topic: 't', partition: 0, key: null, value: Buffer.from(value), headers: [], timestampMs: 1_700_000_000_000, ...more })

/** As the broker stores it. */
function placed(batch: Buffer, baseOffset: number): Buffer {
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

/** The end of a transaction: commit or abort. */
function marker(baseOffset: number, producerId: bigint, isCommit: boolean): Buffer {
  const batch = placed(batchOf([out('', { key: Buffer.from([0, 0, 0, isCommit ? 1 : 0]), value: Buffer.alloc(6) })], { ...MARK, producerId }), baseOffset)
  batch.writeInt16BE(16 | 32, 21)
  return sealed(batch)
}

function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)) >>> 0, 17)
  return batch
}

function read(bytes: Buffer, aborted: ConstructorParameters<typeof RecordSet>[1] = [], from = 0): { readonly records: readonly LogRecord[]; readonly position: number } {
  const set = new RecordSet(bytes, aborted, from)
  const records: LogRecord[] = []
  set.take(ALL, records)
  return { records, position: set.position }
}

const values = (records: readonly LogRecord[]): (string | null)[] => records.map(({ value }) => value && Buffer.from(value).toString())

test('any record is read as it was written, and takes no more room than was promised', () => {
  const some = fc.uint8Array({ maxLength: 300 })
  const record = fc.record({ topic: fc.constant('t'), partition: fc.constant(0), key: fc.option(some), value: fc.option(some), headers: fc.array(fc.tuple(fc.string({ maxLength: 5, unit: 'grapheme' }), some), { maxLength: 3 }), timestampMs: fc.nat(2 ** 45) })
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 200 }), (written) => {
    const bytes = batchOf(written)
    assert.ok(bytes.length <= HEAD_BYTES + written.reduce((sum, each) => sum + encodedBytesMax(each), 0))
    const plain = (one: OutRecord | LogRecord): unknown => [one.key && [...one.key], one.value && [...one.value], one.headers.map(([name, value]) => [name, [...value]]), one.timestampMs]
    const found = read(bytes)
    assert.deepEqual(found.records.map(plain), written.map(plain))
    assert.deepEqual([found.records.map(({ offset }) => offset), found.position], [written.map((_, index) => index), written.length])
  }), { seed: testSeed() })
})

test('batches of aborted transactions are passed over, those of the same producer before and after are not', () => {
  const piece = Buffer.concat([
    placed(batchOf([out('c1')]), 0), marker(1, 7n, true), placed(batchOf([out('a1'), out('a2')]), 2), placed(batchOf([out('plain')], { ...MARK, producerId: -1n, isTransactional: false }), 4),
    placed(batchOf([out('other')], { ...MARK, producerId: 8n }), 5), marker(6, 7n, false), placed(batchOf([out('c2')]), 7), marker(8, 7n, true), marker(9, 8n, true),
  ])
  const found = read(piece, [{ producerId: 7n, firstOffset: 2 }])
  assert.deepEqual([values(found.records), found.position], [['c1', 'plain', 'other', 'c2'], 10])
})

test('an aborted transaction that began before the piece is known by the list', () => {
  const found = read(Buffer.concat([placed(batchOf([out('a')]), 20), marker(21, 7n, false), placed(batchOf([out('c')]), 22)]), [{ producerId: 7n, firstOffset: 3 }], 20)
  assert.deepEqual(values(found.records), ['c'])
})

test('a piece of markers alone moves the position', () => {
  assert.deepEqual(read(Buffer.concat([marker(4, 7n, true), marker(5, 8n, false)]), [], 4), { records: [], position: 6 })
})

test('what compaction removed behind the last record of a batch is passed over', () => {
  const batch = placed(batchOf([out('a')]), 10)
  batch.writeInt32BE(5, 23)
  assert.equal(read(sealed(batch), [], 10).position, 16)
})

test('a read from the middle of a batch begins there; an incomplete batch at the end is left', () => {
  const whole = placed(batchOf(['a', 'b', 'c'].map((value) => out(value))), 0)
  const piece = Buffer.concat([whole, placed(batchOf([out('d')]), 3).subarray(0, 65)])
  const found = read(piece, [], 1)
  assert.deepEqual([values(found.records), found.position], [['b', 'c'], 3])
})

test('records are taken up to the bounds, and the next take goes on', () => {
  const set = new RecordSet(placed(batchOf(['aa', 'bb', 'cc', 'dd'].map((value) => out(value))), 0), [], 0)
  const first: LogRecord[] = []
  set.take({ ...ALL, bytesMax: 4 }, first)
  const second: LogRecord[] = []
  set.take({ ...ALL, to: 3 }, second)
  assert.deepEqual([values(first), values(second), set.position], [['aa', 'bb'], ['cc'], 3])
})

test('a compressed batch is read', () => {
  const plain = batchOf(['a', 'b'].map((value) => out(value)))
  const body = gzipSync(plain.subarray(HEAD_BYTES))
  const batch = Buffer.concat([plain.subarray(0, HEAD_BYTES), body])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt16BE(16 | 1, 21)
  assert.deepEqual(values(read(sealed(batch)).records), ['a', 'b'])
})

test('a damaged batch is refused with its offset', () => {
  const batch = placed(batchOf([out('a')]), 12)
  batch[batch.length - 2] = (batch[batch.length - 2] ?? 0) ^ 1
  assert.throws(() => read(batch, [], 12), /offset 12 is damaged/)
})

test('a control batch of which compaction left only the head is passed over', () => {
  const head = marker(4, 7n, false).subarray(0, HEAD_BYTES)
  head.writeInt32BE(HEAD_BYTES - 12, 8)
  head.writeInt32BE(0, 57)
  const found = read(Buffer.concat([sealed(head), placed(batchOf([out('a')]), 5)]), [], 4)
  assert.deepEqual([values(found.records), found.position], [['a'], 6])
})
