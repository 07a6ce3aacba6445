// Sums over fields: S1.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rangeOf } from '../../../../system/partition/arrivals.ts'
import { FieldSum } from '../../../../system/partition/field-sum.ts'
import { hashOf } from '../../../../system/partition/outbox.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { updateCrc32c } from '../../../../system/protocol/checksum.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { logRecord } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

function sumOf(...fields: readonly (string | null)[]): number {
  const sum = new FieldSum()
  for (const field of fields) sum.field(field === null ? null : utf8Encode(field))
  return sum.end()
}

test('a byte that moves across a border, an empty field and null are seen', () => {
  const sums = [sumOf('ab', 'c'), sumOf('a', 'bc'), sumOf('abc'), sumOf('abc', ''), sumOf('', 'abc'), sumOf('abc', null), sumOf(null, 'abc'), sumOf()]
  assert.equal(new Set(sums).size, sums.length)
  assert.equal(sumOf('ab', 'c'), sumOf('ab', 'c'))
})

test('the sum of a range sees key against value, null against empty, headers, and order', () => {
  const sums = [
    [logRecord(0, 'k', 'v')], [logRecord(0, 'kv', '')], [logRecord(0, 'kv', null)], [logRecord(0, null, 'kv')],
    [logRecord(0, 'k', 'v', { headers: [['h', utf8Encode('x')]] })], [logRecord(0, 'k', 'v', { headers: [['hx', utf8Encode('')]] })],
    [logRecord(0, 'k', 'v'), logRecord(1, 'l', 'w')], [logRecord(0, 'l', 'w'), logRecord(1, 'k', 'v')],
  ].map((records) => rangeOf('t', 0, 2, records))
  assert.equal(new Set(sums.map(({ sum }) => sum)).size, sums.length)
  assert.deepEqual(sums.map(({ n }) => n), [1, 1, 1, 1, 1, 1, 2, 2])
})

test('the hash of outputs sees topic, partition, key, value and headers, and nothing of none', () => {
  const record: OutRecord = { topic: 't', partition: 0, key: utf8Encode('k'), value: utf8Encode('v'), headers: [['h', utf8Encode('x')]], timestampMs: 5 }
  const others: readonly OutRecord[] = [{ ...record, topic: 't/0', partition: 0 }, { ...record, partition: 1 }, { ...record, key: null }, { ...record, key: utf8Encode('kv'), value: utf8Encode('') }, { ...record, headers: [] }]
  assert.equal(new Set([record, ...others].map((one) => hashOf([one]))).size, 6)
  assert.equal(hashOf([{ ...record, timestampMs: 6 }]), hashOf([record]), 'times of processing are not part of it')
  assert.equal(hashOf([]), 0)
})

test('a sum is the checksum over lengths and bytes in order, however long the fields are', () => {
  const random = fc.array(fc.option(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.nat(40_000).map((length) => new Uint8Array(length).fill(length)))), { maxLength: 12 })
  fc.assert(fc.property(random, (fields) => {
    const sum = new FieldSum()
    for (const field of fields) sum.field(field)
    let expected = 0
    for (const field of fields) {
      const length = field === null ? 0xffffffff : field.length
      expected = updateCrc32c(expected, new Uint8Array([length, length >>> 8, length >>> 16, length >>> 24]))
      if (field !== null) expected = updateCrc32c(expected, field)
    }
    assert.equal(sum.end(), expected)
  }), { seed: testSeed(), numRuns: 300 })
})
