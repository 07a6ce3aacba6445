import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'

const hex = (value: unknown): string => Array.from(cborCodec.encode(value), (byte) => byte.toString(16).padStart(2, '0')).join('')

test('each value has the bytes that format.ts promises', () => {
  assert.equal(hex(23), '17')
  assert.equal(hex(-500), '3901f3')
  assert.equal(hex(-0), 'fb8000000000000000')
  assert.equal(hex(NaN), 'fb7ff8000000000000')
  assert.equal(hex(new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0]), 'fb7ff8000000000000')
  assert.equal(hex(2n), 'c24102')
  assert.equal(hex(-1n), 'c340')
  assert.equal(hex(new Date(1500)), 'c1fb3ff8000000000000')
  assert.equal(hex({ a: [undefined, null] }), 'a1616182f7f6')
  assert.equal(hex('\ud800'), 'd9011143eda080')
})

test('a getter that encodes meanwhile spoils nothing', () => {
  const value = { a: 1, get b() { return cborCodec.encode('inner').length }, c: 'after' }
  assert.deepEqual(cborCodec.decode(cborCodec.encode(value)), { kind: 'ok', value: { a: 1, b: 6, c: 'after' } })
})

test('a value larger than the buffer is whole, and so is the next', () => {
  const large = { list: Array.from({ length: 50_000 }, (_, index) => index * 1.5), text: 'é'.repeat(1_000_000) }
  assert.deepEqual(cborCodec.decode(cborCodec.encode(large)), { kind: 'ok', value: large })
  assert.equal(hex('next'), '646e657874')
})
