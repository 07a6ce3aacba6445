import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  compareBytes, equalBytes, isWellFormed, MalformedText, utf8Decode, utf8Encode, utf8Length,
} from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

const law = { seed: testSeed(), numRuns: 2000 }
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 80 }))
const bytes = fc.uint8Array({ maxLength: 80 })

test('text survives the way to bytes and back, byte order marks included', () => {
  for (const fixed of ['', 'card-4961', '\ufeffid', 'Zürich', '日本語', '😀', 'a'.repeat(48), 'a'.repeat(49), `${'a'.repeat(47)}é`]) {
    assert.equal(utf8Decode(utf8Encode(fixed)), fixed)
  }
  fc.assert(fc.property(text, (sample) => assert.equal(utf8Decode(utf8Encode(sample)), sample)), law)
})

test('the bytes are those of the standard encoder, and as many as utf8Length says', () => {
  fc.assert(fc.property(text, (sample) => {
    const standard = new TextEncoder().encode(sample)
    assert.ok(equalBytes(utf8Encode(sample), standard))
    assert.equal(utf8Length(sample), standard.length)
  }), law)
})

test('a lone surrogate is refused and never replaced (U1)', () => {
  for (const lone of ['\ud800', 'a\udc00b', '\udc00\ud800', `${'x'.repeat(60)}\ud83d`]) {
    assert.equal(isWellFormed(lone), false)
    assert.throws(() => utf8Encode(lone), MalformedText)
  }
  assert.equal(isWellFormed('😀'), true)
})

test('utf8Length counts a lone surrogate as its replacement', () => {
  fc.assert(fc.property(fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }), (sample) => {
    assert.equal(utf8Length(sample), new TextEncoder().encode(sample).length)
  }), law)
})

test('bytes that are not UTF-8 have no text (U1)', () => {
  for (const bad of [[0xff], [0x61, 0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    assert.equal(utf8Decode(Uint8Array.from(bad)), undefined)
  }
  fc.assert(fc.property(bytes, (sample) => {
    const decoded = utf8Decode(sample)
    if (decoded !== undefined) assert.ok(equalBytes(utf8Encode(decoded), sample))
  }), law)
})

test('a range is decoded like a copy of it', () => {
  fc.assert(fc.property(bytes, fc.nat(80), fc.nat(80), (sample, x, y) => {
    const [from, to] = [Math.min(x, y, sample.length), Math.min(Math.max(x, y), sample.length)]
    assert.equal(utf8Decode(sample, from, to), utf8Decode(sample.slice(from, to)))
  }), law)
})

test('bytes are ordered one by one, a prefix first, and equal only to themselves', () => {
  fc.assert(fc.property(bytes, bytes, (a, b) => {
    const order = Buffer.compare(Buffer.from(a), Buffer.from(b))
    assert.equal(Math.sign(compareBytes(a, b)), order)
    assert.equal(equalBytes(a, b), order === 0)
    assert.equal(compareBytes(a, a.slice()), 0)
    if (b.length > 0) assert.ok(compareBytes(a, Uint8Array.from([...a, ...b])) < 0)
  }), law)
})

test('the order of bytes is the order of code points', () => {
  fc.assert(fc.property(text, text, (a, b) => {
    const points = (sample: string): number[] => Array.from(sample, (point) => point.codePointAt(0) as number)
    const [left, right] = [points(a), points(b)]
    const at = left.findIndex((point, i) => point !== right[i])
    const expected = at < 0 ? left.length - right.length : right[at] === undefined ? 1 : (left[at] as number) - (right[at] as number)
    assert.equal(Math.sign(compareBytes(utf8Encode(a), utf8Encode(b))), Math.sign(expected))
  }), law)
})
