import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAnswer } from '../../../../system/node/answers.ts'
import { absentLook } from '../../../../system/node/partition-look.ts'
import { testSeed } from '../../../support/seed.ts'

const at = { partition: 0, life: 'l', epoch: 1, seq: 2 }
const look = absentLook('counter', 0)
const partition = { kind: 'partition', at, look, occupancy: [['open', 3]], parked: 0 }

test('an answer of each kind is taken as it is', () => {
  for (const answer of [partition, { ...partition, stored: { dirtySeq: 2, stateEnd: 7 } }, { ...partition, stored: { dirtySeq: undefined, stateEnd: 0 } }, { ...partition, at: undefined, occupancy: [] }, { kind: 'command', at, isTaken: true, reply: null }, { kind: 'state', at, code: 'c', watermarkMs: -Infinity, entity: undefined }, { kind: 'refused', reason: 'no' }, { kind: 'moved', reason: 'no', state: 'waiting' }]) {
    assert.deepEqual(parseAnswer(answer, 0), answer)
  }
})

test('what is no answer for this partition is none, whatever it is made of', () => {
  for (const wrong of [
    undefined, null, 7, [], {}, { kind: 'state' }, { kind: 'state', at, entity: 7, code: 'c' }, { kind: 'state', at, entity: { status: 1 }, code: 'c' }, { kind: 'state', at: { ...at, partition: 1 }, code: 'c', entity: undefined },
    { ...partition, look: undefined }, { ...partition, look: 7 }, { ...partition, look: { ...look, state: 7 } }, { ...partition, look: { ...look, sourceLag: '7' } }, { ...partition, look: { ...look, waitingFor: 'x' } }, { ...partition, look: { ...look, waitingFor: [1] } },
    { ...partition, occupancy: {} }, { ...partition, occupancy: [7] }, { ...partition, occupancy: [['open', '3']] }, { ...partition, occupancy: [[1, 3]] }, { ...partition, parked: undefined }, { ...partition, parked: -1 }, { ...partition, stored: 2 }, { ...partition, stored: { dirtySeq: '2', stateEnd: 7 } }, { ...partition, stored: { dirtySeq: 2 } },
    { kind: 'command', at, isTaken: 'yes' }, { kind: 'command', at: { ...at, seq: 0.5 }, isTaken: true }, { kind: 'refused', reason: 7 }, { kind: 'other', at },
  ]) assert.equal(parseAnswer(wrong, 0), undefined, JSON.stringify(wrong))
  fc.assert(fc.property(fc.anything(), fc.record({ kind: fc.constantFrom('partition', 'flow', 'state', 'command', 'moved', 'refused') }, { requiredKeys: ['kind'] }), (value, head) => {
    parseAnswer(Object.assign(Object(value), head), 0)
  }), { seed: testSeed(), numRuns: 300 })
})

test('what an owner says in words is handed on up to a bound', () => {
  const reason = 'x'.repeat(100_000)
  for (const answer of [{ kind: 'refused', reason }, { kind: 'moved', reason, state: reason }, { ...partition, look: { ...look, reason } }, { kind: 'flow', at: undefined, state: reason, reason, owner: reason, flow: undefined }]) assert.ok(JSON.stringify(parseAnswer(answer, 0)).length < 4000)
})
