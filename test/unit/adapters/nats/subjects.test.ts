import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantFor, isPrefix, querySubject } from '../../../../adapters/nats/subjects.ts'

test('an address of ordinary names is a subject that people can read', () => {
  assert.equal(querySubject('statelog', { group: 'shop.card', partition: 3 }), 'statelog.shop.card.3')
})

test('what is no index, or longer than NATS takes, has no subject', () => {
  for (const partition of [-1, 0.5, NaN, Infinity, 2 ** 53]) assert.equal(querySubject('p', { group: 'a.b', partition }), undefined)
  assert.equal(querySubject('p', { group: 'a'.repeat(1020), partition: 0 })?.length, 1024)
  assert.equal(querySubject('p', { group: 'a'.repeat(1021), partition: 0 }), undefined)
})

test('a prefix is one or more plain tokens', () => {
  for (const good of ['statelog', 'a.b-c.D_1', '9']) assert.ok(isPrefix(good), good)
  for (const bad of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', '>', 'é', 'a\n', 'a'.repeat(129)]) assert.ok(!isPrefix(bad), JSON.stringify(bad))
})

test('what to grant is all partitions of a type, or all answers', () => {
  assert.equal(grantFor('p', 'p.shop.card.3'), 'p.shop.card.*')
  assert.equal(grantFor('p', 'p._reply.x.7'), 'p._reply.>')
})
