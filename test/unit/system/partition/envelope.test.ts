// Envelopes: every kind comes back, hostile bytes are a value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEnvelope, decodeSourceControl, encodeEnvelope, encodeSourceControl, eventSum } from '../../../../system/partition/envelope.ts'
import type { Envelope } from '../../../../system/partition/envelope.ts'
import { codec } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const tell: Envelope = { kind: 'tell', sender: 'app.card', senderPartition: 3, watermark: 17, id: 'app.card/x/0', timeMs: 5, ingestedMs: 6, origin: { source: 's', id: 'o' }, event: { type: 'hi', n: 1 } }
const ENVELOPES: readonly Envelope[] = [
  tell, { ...tell, watermark: undefined }, { ...tell, watermark: -Infinity },
  { kind: 'watermark', sender: 'app.card', senderPartition: 0, watermark: Infinity, idle: true },
  { kind: 'watermark', sender: 'app.card', senderPartition: 0, watermark: -5, idle: false },
  { kind: 'command', id: 'c', timeMs: 1, event: { type: 'ask' } }, { kind: 'command', id: 'c', timeMs: 1, event: { type: 'ask' }, sum: 0xffff_ffff },
  { kind: 'task', task: 't', key: 'k', timeMs: 1, ok: true, value: { a: [1, null] } },
  { kind: 'task', task: 't', key: 'k', timeMs: 1, ok: false, value: undefined },
]

test('every kind of envelope comes back', () => {
  for (const envelope of ENVELOPES) assert.deepEqual(decodeEnvelope(codec, encodeEnvelope(codec, envelope)), envelope)
})

test('a field that a later release adds at the end is passed over (V1)', () => {
  assert.deepEqual(decodeEnvelope(codec, codec.encode(['c', 'id', 1, { type: 'ask' }, 'no sum', 'new field'])), { kind: 'command', id: 'id', timeMs: 1, event: { type: 'ask' } })
})

test('equal events have equal sums, whatever the order of their fields and on whichever side of the log; others differ', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }), (fields) => {
    const event = { ...fields, type: 'ask' }
    const sum = eventSum(codec, event)
    const decoded = codec.decode(codec.encode(event))
    assert.deepEqual([eventSum(codec, Object.fromEntries(Object.entries(event).reverse()) as typeof event), decoded.kind === 'ok' && eventSum(codec, decoded.value as typeof event)], [sum, sum])
    assert.notEqual(eventSum(codec, { ...event, 'one more': 1 }), eventSum(codec, { ...event, 'one more': 2 }))
  }), { seed: testSeed(), numRuns: 200 })
})

test('what is no envelope is a failure with a reason', () => {
  const hostile: readonly unknown[] = [
    null, 7, 'w', {}, [], ['x'], [{ toString: 1, valueOf: 1 }], [[['w']]], [undefined], ['w'], ['w', 'a', 0, NaN, false], ['w', 'a', 0.5, 1, false], ['w', 1, 0, 1, false],
    ['c', 'id', NaN, { type: 'a' }], ['c', 'id', Infinity, { type: 'a' }], ['c', 'id', 1, { type: 7 }], ['c', 'id', 1, null], ['c', 'id', 1],
    ['r', 't', 'k', 'soon', true, 1], ['r', 't', null, 1, true, 1], ['t', 'a', 0, null, 'id', 1, NaN, 's', 'o', { type: 'x' }], ['t', 'a', 0, null, 'id', 1, 2, 's', 'o', 'event'],
  ]
  for (const value of hostile) assert.equal(decodeEnvelope(codec, codec.encode(value)).kind, 'failed', JSON.stringify(value))
})

test('a tell whose watermark is no number makes no promise', () => {
  const read = decodeEnvelope(codec, codec.encode(['t', 'a', 0, NaN, 'id', 1, 2, 's', 'o', { type: 'x' }]))
  assert.equal(read.kind === 'tell' ? read.watermark : 'none', undefined)
})

test('random and altered bytes never throw', () => {
  const whole = ENVELOPES.map((envelope) => encodeEnvelope(codec, envelope))
  const altered = fc.tuple(fc.constantFrom(...whole), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => {
    const copy = bytes.slice()
    for (const [at, byte] of changes) copy[at % copy.length] = byte
    return copy
  })
  fc.assert(fc.property(fc.oneof(altered, fc.uint8Array({ maxLength: 60 })), (bytes) => {
    assert.ok(typeof decodeEnvelope(codec, bytes).kind === 'string')
  }), { seed: testSeed(), numRuns: 2000 })
})

test('a source control comes back, and NaN or another kind is none', () => {
  for (const watermark of [5, -Infinity, Infinity]) assert.deepEqual(decodeSourceControl(codec, encodeSourceControl(codec, { watermark })), { watermark })
  for (const value of [['s', NaN], ['s'], ['w', 1], 's', [{ toString: 1 }]]) assert.equal(decodeSourceControl(codec, codec.encode(value)), undefined)
  assert.equal(decodeSourceControl(codec, new Uint8Array([0xff])), undefined)
})
