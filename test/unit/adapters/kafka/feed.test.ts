// Feeds: F1, F2. Whatever is asked, and asked again, is answered from what was fetched as a plain list would answer it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Feed } from '../../../../adapters/kafka/feed.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { RecordSet } from '../../../../adapters/kafka/record-set.ts'
import { crc32c } from '../../../../adapters/kafka/wire.ts'
import { testSeed } from '../../../support/seed.ts'

/** How many records, by whom, and whether its transaction ends well. A batch of none is a marker. */
interface Piece {
  readonly count: number
  readonly producer: number
  readonly isCommitted: boolean
}

function batch(base: number, count: number, producerId: bigint, key?: Buffer): Buffer {
  const made = new RecordBatch()
  for (let nth = 0; nth < count; nth += 1) made.add({ topic: 't', partition: 0, key: key ?? null, value: Buffer.from(String(base + nth)), headers: [], timestampMs: 1000 })
  const bytes = Buffer.from(made.finish({ producerId, epoch: 0, sequence: 0, isTransactional: true }))
  bytes.writeBigInt64BE(BigInt(base), 0)
  if (key !== undefined) {
    bytes.writeInt16BE(16 | 32, 21)
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)) >>> 0, 17)
  }
  return bytes
}

/** The pieces as a broker sends them, each behind the other with its marker, and the offsets that a reader of committed records sees. */
function sets(pieces: readonly Piece[]): { readonly sets: RecordSet[]; readonly visible: readonly number[]; readonly end: number } {
  const made: RecordSet[] = []
  const visible: number[] = []
  let at = 0
  for (const { count, producer, isCommitted } of pieces) {
    const from = at
    const records = batch(at, count, BigInt(producer))
    if (isCommitted) for (let nth = 0; nth < count; nth += 1) visible.push(at + nth)
    at += count
    const marker = batch(at, 1, BigInt(producer), Buffer.from([0, 0, 0, isCommitted ? 1 : 0]))
    at += 1
    made.push(new RecordSet(Buffer.concat([records, marker]), isCommitted ? [] : [{ producerId: BigInt(producer), firstOffset: from }], from))
  }
  return { sets: made, visible, end: at }
}

const pieces = fc.array(fc.record({ count: fc.integer({ min: 1, max: 6 }), producer: fc.integer({ min: 1, max: 2 }), isCommitted: fc.boolean() }), { minLength: 1, maxLength: 6 })
/** Reads of so many records; then the reader goes on by this share of what it got. */
const reads = fc.array(fc.record({ most: fc.integer({ min: 1, max: 9 }), share: fc.constantFrom(0, 0.5, 1), isTwice: fc.boolean() }), { maxLength: 20 })

test('F2: what is read again is the same, and what is consumed is not read again', () => {
  fc.assert(fc.property(pieces, reads, (given, steps) => {
    const { sets: all, visible, end } = sets(given)
    const feed = new Feed('t', 'id', 0)
    feed.seek(0)
    for (const set of all) feed.fill(set)
    let at = 0
    for (const { most, share, isTwice } of steps) {
      const expected = visible.filter((offset) => offset >= at)
      const first = feed.read(most, Infinity, at)
      assert.deepEqual(first.records.map(({ offset }) => offset), expected.slice(0, most))
      for (const { offset, value } of first.records) assert.equal(String(Buffer.from(value ?? [])), String(offset))
      const more = isTwice ? feed.read(most, Infinity, first.to) : undefined
      if (more !== undefined) assert.deepEqual(more.records.map(({ offset }) => offset), expected.slice(first.records.length, first.records.length + most))
      const taken = [...first.records, ...(more?.records ?? [])]
      const kept = Math.floor(taken.length * share)
      const next = kept === taken.length ? (more ?? first).to : taken[kept]?.offset ?? at
      assert.ok(next >= at && next <= end)
      at = next
      feed.seek(at)
    }
  }), { seed: testSeed(), numRuns: 500 })
})

test('F2: a feed holds no bytes of what was consumed', () => {
  const { sets: all, end } = sets([{ count: 3, producer: 1, isCommitted: true }, { count: 3, producer: 1, isCommitted: false }])
  const feed = new Feed('t', 'id', 0)
  feed.seek(0)
  for (const set of all) feed.fill(set)
  const held = feed.bytes
  feed.read(3, Infinity, 0)
  feed.seek(2)
  assert.equal(feed.bytes, held)
  feed.read(100, Infinity, 2)
  feed.seek(end)
  assert.equal(feed.bytes, 0)
})

test('F1: a jump drops what was fetched, and answers to earlier requests with it', () => {
  const { sets: [set] } = sets([{ count: 3, producer: 1, isCommitted: true }])
  const feed = new Feed('t', 'id', 0)
  feed.seek(0)
  feed.fill(set as RecordSet)
  const { round } = feed
  feed.seek(50)
  assert.deepEqual([feed.next, feed.bytes, feed.round === round], [50, 0, false])
})

test('a damaged batch is refused each time it is met: what it holds is not passed over', () => {
  const [damaged, sound] = [batch(0, 3, 1n), batch(3, 3, 1n)]
  damaged[damaged.length - 3] = (damaged[damaged.length - 3] as number) ^ 0xff
  const feed = new Feed('t', 'id', 0)
  feed.seek(0)
  feed.fill(new RecordSet(Buffer.concat([damaged, sound]), [], 0))
  for (let nth = 0; nth < 3; nth += 1) {
    assert.throws(() => feed.read(10, Infinity, 0), /offset 0 is damaged/)
    feed.seek(0)
  }
})
