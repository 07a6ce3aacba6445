import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerJudge } from '../../../../support/chaos/checker-answers.ts'
import type { Entry } from '../../../../support/chaos/checker-codec.ts'
import { blank } from '../../../../support/chaos/checker-entity.ts'
import type { PlainEntity } from '../../../../support/chaos/checker-entity.ts'
import { Report } from '../../../../support/chaos/checker-report.ts'
import { plainTypes } from '../../../../support/chaos/checker-types.ts'
import type { GivenAnswer } from '../../../../support/chaos/deaths.ts'
import { PROCESSING } from '../../../../support/chaos/variant.ts'

const entry = (seq: number, epoch: number, kind: string, nowMs: number): Entry => ({
  offset: seq, life: 'L', epoch, seq, kind, nowMs, inputs: [], positions: new Map(), firings: [], watermarks: [], cut: undefined, verdicts: [], drops: new Map(), isSingle: false,
})
const ENTRIES = [entry(0, 1, 'lease', 1000), entry(1, 1, 'batch', 1100), entry(2, 2, 'lease', 5000)]
const DATA = { total: 7, count: 1, bonus: 0, score: 0, jobs: 0, job: 0 }
const ANSWER: GivenAnswer = { askedAtMs: 1200, group: 'chaos.account', partition: 0, life: 'L', epoch: 1, seq: 1, entity: 'account-1', view: { state: 'open.idle', context: DATA, stopped: false } }

const COUNTED: PlainEntity = { ...blank('account-1'), now: { state: 'idle', data: DATA } }

/** What is found in one answer about an account that the batch left like this: counted once. */
function found(answer: GivenAnswer, account = COUNTED): string {
  const [type] = plainTypes(PROCESSING)
  assert.ok(type !== undefined)
  const report = new Report()
  const judge = new AnswerJudge({ all: [answer], proofMsMax: 100 }, type, 0, ENTRIES, report)
  const entities = new Map([['account-1', account]])
  for (const one of ENTRIES) judge.after(one, one.kind === 'lease' && one.seq === 0 ? new Map() : entities)
  judge.end()
  assert.ok(report.invariants.every((invariant) => invariant === 'I12'))
  return report.text()
}

test('an answer that shows what the fold says of its commit is honest', () => {
  assert.equal(found(ANSWER), '')
  assert.equal(found({ ...ANSWER, seq: 0, view: null }), '')
  assert.equal(found({ ...ANSWER, askedAtMs: 5100 }), '')
})

test('of an entity whose events were all refused, or wait, it is said that it has no state yet', () => {
  const isAsBorn = (view: GivenAnswer['view'], unborn: Partial<PlainEntity>): string => found({ ...ANSWER, view }, { ...blank('account-1'), ...unborn })
  const seen = [{ key: 'visit-1', timeMs: 1100 }]
  assert.equal(isAsBorn({ state: '', stopped: false }, { seen }), '')
  assert.match(isAsBorn(null, { seen }), /must be \{"state":"","stopped":false\}/)
  assert.equal(isAsBorn(null, {}), '')
  assert.match(isAsBorn({ state: '', stopped: false }, {}), /must be null/)
})

test('I12: another state, one that is not there, another epoch or life, a commit that never was are found', () => {
  assert.match(found({ ...ANSWER, view: { state: 'open.idle', context: { ...DATA, total: 8 }, stopped: false } }), /shows .*must be/)
  assert.match(found({ ...ANSWER, view: { state: 'open.working', context: DATA, stopped: false } }), /shows .*must be/)
  assert.match(found({ ...ANSWER, view: null }), /must be \{/)
  assert.match(found({ ...ANSWER, seq: 0 }), /must be null/)
  assert.match(found({ ...ANSWER, epoch: 3 }), /epoch 3, the journal life L and epoch 1/)
  assert.match(found({ ...ANSWER, life: 'M' }), /names life M/)
  assert.match(found({ ...ANSWER, seq: 9 }), /a commit that is not there/)
})

test('I12: an owner that was answers longer than a proof lasts', () => {
  assert.match(found({ ...ANSWER, askedAtMs: 5101 }), /was asked for 101 ms after epoch 2 had begun/)
})
