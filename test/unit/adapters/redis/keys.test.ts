import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketKey, idOfField, LIFE_FIELD, MARK_FIELD, removalField, snapshotField, stagingKey } from '../../../../adapters/redis/keys.ts'
import { idOf } from '../../../support/buckets.ts'
import { testSeed } from '../../../support/seed.ts'

test('a bucket and what is staged for it have one hash tag: its group, partition and number', () => {
  const key = bucketKey('statelog:', { group: 'app.card', partition: 2, bucket: 5 })
  assert.equal(key, 'statelog:{app.card/2/5}')
  assert.equal(stagingKey(key, 'x'), 'statelog:{app.card/2/5}/staging/x')
})

test('groups of any text keep their buckets apart, with no brace of their own', () => {
  const address = fc.record({ group: fc.string({ unit: 'grapheme' }), partition: fc.nat(20), bucket: fc.nat(20) })
  fc.assert(fc.property(address, address, (a, b) => {
    assert.match(bucketKey('', a), /^\{[^{}/]*\/\d+\/\d+\}$/)
    const isSame = a.group === b.group && a.partition === b.partition && a.bucket === b.bucket
    assert.equal(bucketKey('', a) === bucketKey('', b), isSame)
  }), { seed: testSeed() })
})

test('no id is taken for the head of a bucket', () => {
  for (const text of [LIFE_FIELD, MARK_FIELD, '+', '-life', '__proto__']) {
    const id = idOf(text)
    assert.ok(![LIFE_FIELD, MARK_FIELD, removalField(id)].includes(snapshotField(id)))
    assert.equal(idOfField(snapshotField(id)), id)
    assert.equal(idOfField(removalField(id)), undefined)
  }
  assert.deepEqual([idOfField(LIFE_FIELD), idOfField(MARK_FIELD), idOfField('+')], [undefined, undefined, undefined])
})
