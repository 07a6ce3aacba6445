// J1, J2: subjects keep addresses apart, whatever their names are made of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { querySubject, replyRoot } from '../../adapters/nats/subjects.ts'
import { testSeed } from '../support/seed.ts'

const HOSTILE = ['.', '..', '*', '>', ' ', '%', '%002e', '_', '_reply', '\t', '\r\n', '\0', '\ud800', '\udc00', 'é', '\u{1f4b3}', '', 'a', 'A', '0', '-']
const group = fc.oneof(fc.array(fc.constantFrom(...HOSTILE), { maxLength: 8 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 12 }))
const address = fc.record({ group, partition: fc.nat({ max: 12 }) })
const TOKEN = /^[A-Za-z0-9%-]+$/

test('J1: different addresses have different subjects', () => {
  fc.assert(fc.property(address, address, (a, b) => {
    assert.equal(querySubject('p', a) === querySubject('p', b), a.group === b.group && a.partition === b.partition)
  }), { seed: testSeed(), numRuns: 20_000 })
})

test('J1: every token of a subject is there and plain, so that it is one place and no pattern', () => {
  fc.assert(fc.property(address, (one) => {
    const tokens = querySubject('p', one)?.split('.') ?? []
    assert.ok(tokens.length >= 3 && tokens.every((token) => TOKEN.test(token)), tokens.join(' '))
  }), { seed: testSeed(), numRuns: 5000 })
})

test('J2: no address is under the subjects of answers', () => {
  fc.assert(fc.property(address, (one) => assert.ok(querySubject('p', one)?.startsWith(replyRoot('p', '').slice(0, -1)) === false)), { seed: testSeed(), numRuns: 5000 })
})
