// Journal records: whole round trips, and bytes of another format are undefined, never a throw.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeJournal, decodeMetadata, encodeJournal, encodeMetadata } from '../../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../../system/partition/journal.ts'
import { CLEAN_COMMITS } from '../../../../system/protocol/limits.ts'
import { codec, entityId } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const due = { dueMs: 5, entity: entityId('x'), kind: 1 as const, id: 't' }
const RECORD: JournalRecord = {
  v: 1, life: 'life', epoch: 2, seq: 3, kind: 'batch', code: 'card@1:abc', owner: 'me', attempts: 1, nowMs: 99,
  inputs: [{ topic: 'a', from: 1, to: 9, n: 7, sum: 4_000_000_000 }],
  positions: new Map([['a', 9], ['b', 0]]), floor: { seq: 1, offset: 8 }, stateFrom: 4, partitionFrom: 2,
  timers: [{ due, generation: '1.2' }], watermarks: [['*', -Infinity, false], ['a', 5, true], ['b', Infinity, false]],
  cut: { atStart: true, after: due, watermarks: [['*', 1, false]] },
  verdicts: [{ input: '0:4', class: 'schema', directive: 'skip' }], decisions: [['0:5', 0.25], ['0:6', 'no model']],
  drops: new Map([['late', 2]]), saved: [1, 63], occupancy: new Map([['card.normal', 1], ['card.blocked', -1]]), hash: 123, models: new Map([['fraud', { version: 3, hash: 'abc' }], ['risk', { version: 4, hash: 'def', over: 'abd' }]]), choices: [['1:7', new Uint8Array([1, 2])]],
  batches: 7, suspect: { cause: '0:8', times: 2 }, alsoSuspect: [{ cause: '1:3', times: 1 }],
  parked: [{ entity: entityId('x'), count: 2, bytes: 90 }, { entity: entityId('y'), count: 0, bytes: 0, unfoldedFrom: 4 }, { entity: entityId('z'), count: 0, bytes: 0, unfoldedFrom: 4, isUndecodable: true }],
  tombstones: [entityId('x')],
}

test('a record with everything comes back', () => assert.deepEqual(decodeJournal(codec, encodeJournal(codec, RECORD)), RECORD))

test('cuts without an entry, in a later pass, and no cut come back', () => {
  const lease: JournalRecord = { ...RECORD, kind: 'lease', cut: undefined, suspect: undefined, watermarks: undefined, models: undefined, timers: [], inputs: [], decisions: [] }
  for (const record of [{ ...RECORD, cut: { atStart: false, after: undefined, watermarks: [] } }, lease, { ...lease, kind: 'states' as const }, { ...lease, kind: 'release' as const }]) {
    assert.deepEqual(decodeJournal(codec, encodeJournal(codec, record)), record)
  }
})

test('another version, a missing field and a field of another shape are no record', () => {
  const decoded = codec.decode(encodeJournal(codec, RECORD))
  assert.equal(decoded.kind, 'ok')
  const parts = (decoded as { value: readonly unknown[] }).value
  for (let at = 0; at < parts.length; at += 1) {
    const changed = parts.map((part, index) => (index === at ? { odd: true } : part))
    assert.equal(decodeJournal(codec, codec.encode(changed)), undefined, `field ${at}`)
  }
  assert.equal(decodeJournal(codec, codec.encode([2, ...parts.slice(1)])), undefined)
  assert.equal(decodeJournal(codec, codec.encode(parts.slice(0, 22))), undefined)
  const { choices, batches, suspect, alsoSuspect, parked, owner, tombstones } = decodeJournal(codec, codec.encode(parts.slice(0, 23))) ?? RECORD
  assert.deepEqual([choices, batches, suspect, alsoSuspect, parked, owner, tombstones], [[], CLEAN_COMMITS, undefined, [], [], '', undefined], 'written before there were lookups, suspects, parked entities and lists of tombstones')
  assert.notEqual(decodeJournal(codec, codec.encode([...parts, 'of a later release'])), undefined)
})

test('random and altered bytes never throw', () => {
  const bytes = encodeJournal(codec, RECORD).slice()
  const altered = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = bytes.slice()
    for (const [at, byte] of changes) copy[at] = byte
    return copy
  })
  fc.assert(fc.property(fc.oneof(altered, fc.uint8Array({ maxLength: 80 }), fc.nat(bytes.length).map((to) => bytes.slice(0, to))), (one) => {
    const read = decodeJournal(codec, one)
    assert.ok(read === undefined || read.v === 1)
  }), { seed: testSeed(), numRuns: 3000 })
})

test('metadata comes back, and any other text is none', () => {
  const metadata = { life: 'life', seq: 3, journalFrom: 9, floorOffset: 1 }
  assert.deepEqual(decodeMetadata(encodeMetadata(metadata)), metadata)
  for (const text of ['', '{', 'null', '1', '{"v":2}', '{"v":1}', '{"v":1,"life":"a","seq":"3","journalFrom":1,"floorOffset":1}', '[]']) assert.equal(decodeMetadata(text), undefined, text)
})
