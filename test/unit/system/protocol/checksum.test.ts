import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { advanceCrc32c, advanceCrc32cByNumber, crc32c, CRC32C_START, endCrc32c, updateCrc32c } from '../../../../system/protocol/checksum.ts'
import { testSeed } from '../../../support/seed.ts'

const law = { seed: testSeed(), numRuns: 1000 }
const bytes = fc.uint8Array({ maxLength: 200 })

/** The definition, bit by bit. */
function plainCrc32c(data: Uint8Array): number {
  let crc = -1
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

test('the vectors of RFC 3720 (B.4) and the check value of the catalogue', () => {
  const rising = Uint8Array.from({ length: 32 }, (_, i) => i)
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.equal(crc32c(rising), 0x46dd794e)
  assert.equal(crc32c(rising.toReversed()), 0x113fdb5c)
  assert.equal(crc32c(new Uint8Array(0)), 0)
})

test('eight bytes at a time or bit by bit: the same checksum', () => {
  fc.assert(fc.property(bytes, (data) => assert.equal(crc32c(data), plainCrc32c(data))), law)
})

test('a checksum under way takes pieces, and numbers as their four bytes (K2)', () => {
  fc.assert(fc.property(bytes, fc.integer({ min: 0, max: 0xffffffff }), bytes, (before, number, after) => {
    const fourBytes = Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24)
    const underWay = advanceCrc32c(advanceCrc32cByNumber(advanceCrc32c(CRC32C_START, before), number), after)
    assert.equal(endCrc32c(underWay), crc32c(Uint8Array.of(...before, ...fourBytes, ...after)))
  }), law)
})

test('a checksum continues over pieces and ranges (K1)', () => {
  fc.assert(fc.property(bytes, fc.nat(200), fc.nat(200), (data, x, y) => {
    const [from, to] = [Math.min(x, y, data.length), Math.min(Math.max(x, y), data.length)]
    const pieces = updateCrc32c(updateCrc32c(updateCrc32c(0, data, 0, from), data, from, to), data, to)
    assert.equal(pieces, crc32c(data))
    assert.equal(crc32c(data.slice(from), crc32c(data.slice(0, from))), crc32c(data))
    assert.equal(updateCrc32c(0, data, from, to), crc32c(data.slice(from, to)))
  }), law)
})

test('every change of up to 32 neighbouring bits is found', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 100 }), fc.nat(), fc.integer({ min: 1, max: 0xffffffff }), (data, where, mask) => {
    const torn = data.slice()
    const at = where % (data.length - 3)
    for (let i = 0; i < 4; i++) torn[at + i] = (torn[at + i] as number) ^ (mask >>> (8 * i) & 0xff)
    assert.notEqual(crc32c(torn), crc32c(data))
  }), law)
})
