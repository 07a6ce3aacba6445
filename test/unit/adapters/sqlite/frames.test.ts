import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../../../support/seed.ts'
import { frameTimestamp, packRecords, recordIn, unpackHeaders, unpackRecords } from '../../../../adapters/sqlite/frames.ts'
import type { FramedRecord } from '../../../../adapters/sqlite/frames.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'

const bytes = fc.uint8Array({ maxLength: 20 })
const records = fc.array(fc.record({
  topic: fc.constantFrom('plain', 'compacted'), partition: fc.nat(3), key: fc.option(bytes), value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.oneof(fc.constant('armed'), fc.string({ unit: 'grapheme', maxLength: 4 })), bytes), { maxLength: 3 }), timestampMs: fc.double({ noNaN: true }),
}), { maxLength: 20 })

const tpOf = (record: OutRecord): number => record.partition + (record.topic === 'compacted' ? 10 : 0)

/** A buffer that has been used, and is longer than asked for. */
const dirty = (length: number): ArrayBuffer => new Uint8Array(length + 7).fill(0xee).buffer

test('packed records unpack to the same places, flags and bytes', () => {
  fc.assert(fc.property(records, (written) => {
    const compacted: FramedRecord[] = []
    const others: { readonly tp: number; readonly record: LogRecord }[] = []
    const packed = packRecords(written, (record) => ({ tp: tpOf(record), compacted: record.topic === 'compacted' }), dirty)
    const bytes = new Uint8Array(packed.buffer)
    let before = 0
    unpackRecords(packed, (record) => compacted.push(record), (tp, timestampMs, from, to) => {
      assert.ok(from >= before && to > from && timestampMs === frameTimestamp(new DataView(packed.buffer), from))
      before = to
      const frame = bytes.slice(from, to)
      others.push({ tp, record: recordIn(frame, new DataView(frame.buffer), 0, others.length) })
    })
    const [first, second] = [written.filter(({ topic }) => topic === 'compacted'), written.filter(({ topic }) => topic !== 'compacted')]
    assert.deepEqual(compacted.map(({ tp, armed, timestampMs, key, value, headers }) => [tp, armed, timestampMs, key, value, unpackHeaders(headers)]), first.map((record) => [tpOf(record), record.headers.some(([name]) => name === 'armed'), record.timestampMs, record.key, record.value, record.headers]))
    assert.deepEqual(others, second.map((record, offset) => ({ tp: tpOf(record), record: { offset, key: record.key, value: record.value, headers: record.headers, timestampMs: record.timestampMs } })))
  }), { seed: testSeed() })
})
