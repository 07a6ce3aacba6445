import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { sha256Hex } from '../../../../system/protocol/sha256.ts'
import { MalformedText } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

test('the examples of FIPS 180-4', () => {
  assert.equal(sha256Hex(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(
    sha256Hex('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  )
  assert.equal(sha256Hex(new Uint8Array(1_000_000).fill(0x61)), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0')
})

test('the digest of the runtime at every length around the block size', () => {
  for (let length = 0; length <= 260; length++) {
    const content = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff)
    assert.equal(sha256Hex(content), createHash('sha256').update(content).digest('hex'), `${length} bytes`)
  }
})

test('views into larger buffers and texts are hashed by their own bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(9), fc.string({ unit: 'binary' }), (content, offset, text) => {
    const buffer = new Uint8Array(offset + content.length + 3).fill(7)
    buffer.set(content, offset)
    assert.equal(sha256Hex(buffer.subarray(offset, offset + content.length)), createHash('sha256').update(content).digest('hex'))
    assert.equal(sha256Hex(text), createHash('sha256').update(text, 'utf8').digest('hex'))
  }), { seed: testSeed() })
})

test('text without a UTF-8 form has no digest', () => {
  assert.throws(() => sha256Hex('\udfff'), MalformedText)
})
