import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Encoder } from 'cbor-x'
import fc from 'fast-check'
import { decodeForeign } from '../../../../adapters/cbor/foreign.ts'
import { testSeed } from '../../../support/seed.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const valueOf = (text: string): unknown => {
  const decoded = decodeForeign(hex(text))
  assert.equal(decoded.kind, 'ok', decoded.kind === 'failed' ? decoded.reason : '')
  return decoded.kind === 'ok' ? decoded.value : undefined
}
const reasonOf = (text: string): string => {
  const decoded = decodeForeign(hex(text))
  assert.equal(decoded.kind, 'failed')
  return decoded.kind === 'failed' ? decoded.reason : ''
}

test('short floats, indefinite lengths and dates of other producers are read', () => {
  assert.equal(valueOf('f93e00'), 1.5)
  assert.equal(valueOf('fa47c35000'), 100000)
  assert.deepEqual(valueOf('9f018202039f0405ffff'), [1, [2, 3], [4, 5]])
  assert.deepEqual(valueOf('bf61610161629f0203ffff'), { a: 1, b: [2, 3] })
  assert.deepEqual(valueOf('c11a514b67b0'), new Date(1363896240000))
})

test('what is not plain data, or would change a prototype, is refused by name', () => {
  assert.match(reasonOf('a1695f5f70726f746f5f5f01'), /__proto__/)
  assert.match(reasonOf('bf7f615f685f70726f746f5f5fff01ff'), /pieces/)
  // A set (tag 258).
  assert.match(reasonOf('d901028101'), /an instance of Set/)
})

test('bytes that promise more than there is cost nothing', () => {
  assert.match(reasonOf('9b00ffffffffffffff'), /end within a list/)
  assert.match(reasonOf('bb00ffffffffffffff'), /end within a map/)
  assert.match(reasonOf('7b00ffffffffffffff'), /end within a text/)
  assert.match(reasonOf('81'.repeat(10_000)), /nested deeper/)
  assert.match(reasonOf('0101'), /1 bytes after/)
  assert.match(reasonOf(''), /end within/)
})

test('everything cbor-x writes of JSON is read back, and no bytes throw', () => {
  const encoder = new Encoder({ mapsAsObjects: true, useRecords: false })
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    const text = JSON.stringify(value)
    if (text.includes('__proto__')) return
    const decoded = decodeForeign(encoder.encode(JSON.parse(text)))
    assert.equal(decoded.kind, 'ok')
    if (decoded.kind === 'ok') assert.equal(JSON.stringify(decoded.value), text)
  }), { seed: testSeed(), numRuns: 500 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    assert.ok(['ok', 'failed'].includes(decodeForeign(bytes).kind))
  }), { seed: testSeed(), numRuns: 5000 })
})
