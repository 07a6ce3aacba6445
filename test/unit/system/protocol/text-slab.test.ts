// Texts cut from shared buffers: T1.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TextSlab } from '../../../../system/protocol/text-slab.ts'
import { MalformedText, utf8Encode } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

test('T1: every text is its UTF-8, and stays so while others are encoded after it', () => {
  const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(2000).map((length) => 'x'.repeat(length)))
  fc.assert(fc.property(fc.array(text, { maxLength: 200, size: 'max' }), (texts) => {
    const slab = new TextSlab()
    const encoded = texts.map((one) => slab.encode(one))
    encoded.forEach((bytes, at) => assert.deepEqual(Array.from(bytes), Array.from(utf8Encode(texts[at] ?? ''))))
  }), { seed: testSeed(), numRuns: 50 })
})

test('a lone surrogate is refused', () => {
  assert.throws(() => new TextSlab().encode('a\ud800'), MalformedText)
})
