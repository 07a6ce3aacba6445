import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'

const decoded = (...bytes: number[]): unknown => cborCodec.decode(Uint8Array.from(bytes))
const failed = (...bytes: number[]): void => assert.equal((decoded(...bytes) as { kind: string }).kind, 'failed')

test('the examples of RFC 8949 that are in our form are read', () => {
  assert.deepEqual(decoded(0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0), { kind: 'ok', value: 1_000_000_000_000 })
  assert.deepEqual(decoded(0x39, 0x03, 0xe7), { kind: 'ok', value: -1000 })
  assert.deepEqual(decoded(0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a), { kind: 'ok', value: 1.1 })
  assert.deepEqual(decoded(0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0), { kind: 'ok', value: 18446744073709551616n })
  assert.deepEqual(decoded(0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0), { kind: 'ok', value: new Date('2013-03-21T20:04:00Z') })
  assert.deepEqual(decoded(0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3), { kind: 'ok', value: { a: 1, b: [2, 3] } })
})

test('shared references, regular expressions, maps, sets and unknown tags are not read', () => {
  failed(0xd8, 28, 0x81, 0xd8, 29, 0) // a list that holds itself
  failed(0xd8, 35, 0x61, 0x61)
  failed(0xd9, 0x01, 0x03, 0xa0)
  failed(0xd9, 0x01, 0x02, 0x80)
  failed(0xd8, 27, 0x82, 0x61, 0x61, 0x61, 0x62)
  failed(0xc0, 0x61, 0x61)
})

test('a key that is no text, text that is no UTF-8, and an integer beyond 53 bits are not read', () => {
  failed(0xa1, 1, 2)
  failed(0x61, 0xff)
  failed(0x63, 0xed, 0xa0, 0x80)
  failed(0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0)
})

test('lone surrogates have one form: well-formed text is not read from it', () => {
  failed(0xd9, 0x01, 0x11, 0x41, 0x61)
  assert.deepEqual(decoded(0xd9, 0x01, 0x11, 0x43, 0xed, 0xa0, 0x80), { kind: 'ok', value: '\ud800' })
})

test('the reason says where', () => {
  assert.deepEqual(decoded(0x82, 1), { kind: 'failed', reason: 'truncated: 2 items at byte 1' })
  assert.deepEqual(decoded(1, 2, 3), { kind: 'failed', reason: '2 bytes after the end of the value' })
})

test('bytes read are not a view of the bytes given', () => {
  const given = Uint8Array.of(0x41, 7)
  const { value } = cborCodec.decode(given) as { value: Uint8Array }
  given[1] = 8
  assert.deepEqual(value, Uint8Array.of(7))
})
