import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { murmur2, partitionOf } from '../../../../system/protocol/murmur2.ts'
import { testSeed } from '../../../support/seed.ts'

type Vector = readonly [keyHex: string, hash: number, of4: number, of12: number]

const vectors = JSON.parse(readFileSync(new URL('fixtures/murmur2-golden.json', import.meta.url), 'utf8')) as readonly Vector[]

test('hash and partition of every key are those of the Java client', () => {
  assert.ok(vectors.length >= 500)
  for (const [keyHex, hash, of4, of12] of vectors) {
    const key = new Uint8Array(Buffer.from(keyHex, 'hex'))
    assert.equal(murmur2(key), hash, keyHex)
    assert.equal(partitionOf(key, 4), of4, keyHex)
    assert.equal(partitionOf(key, 12), of12, keyHex)
  }
})

test('a key in the middle of a larger buffer has the same hash', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(8), (key, offset) => {
    const buffer = new Uint8Array(offset + key.length + 5).fill(0xaa)
    buffer.set(key, offset)
    assert.equal(murmur2(buffer.subarray(offset, offset + key.length)), murmur2(key))
  }), { seed: testSeed() })
})

test('every key has a partition, and one partition takes all keys', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 1024 }), (key, partitions) => {
    const partition = partitionOf(key, partitions)
    assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions)
    assert.equal(partitionOf(key, 1), 0)
  }), { seed: testSeed() })
})
