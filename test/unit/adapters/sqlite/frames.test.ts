import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../../../support/seed.ts'
import { packRecords, unpackHeaders, unpackRecords } from '../../../../adapters/sqlite/frames.ts'
import type { FramedRecord } from '../../../../adapters/sqlite/frames.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'

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
    const unpacked: FramedRecord[] = []
    unpackRecords(packRecords(written, (record) => ({ tp: tpOf(record), compacted: record.topic === 'compacted' }), dirty), (record) => unpacked.push(record))
    assert.equal(unpacked.length, written.length)
    for (const [index, record] of written.entries()) {
      const { tp, compacted, armed, timestampMs, key, value, headers } = unpacked[index]!
      assert.deepEqual([tp, timestampMs, key, value], [tpOf(record), record.timestampMs, record.key, record.value])
      assert.deepEqual([compacted, armed], [record.topic === 'compacted', record.topic === 'compacted' && record.headers.some(([name]) => name === 'armed')])
      assert.deepEqual(unpackHeaders(headers), record.headers)
    }
  }), { seed: testSeed() })
})
