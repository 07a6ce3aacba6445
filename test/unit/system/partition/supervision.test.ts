// Supervision: decisions as tables.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterEscalation, Escalation, taskRetryMs } from '../../../../system/partition/supervision.ts'
import { ESCALATION_PERIOD_MS, ESCALATIONS_MAX, RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN } from '../../../../system/protocol/limits.ts'
import { entityId } from '../../../support/partition/bench.ts'

test('the wait before a task is tried again doubles from the least to the longest', () => {
  assert.deepEqual([2, 3, 4, 5].map(taskRetryMs), [1, 2, 4, 8].map((times) => times * RETRY_DELAY_MS_MIN))
  assert.equal(taskRetryMs(1), RETRY_DELAY_MS_MIN)
  assert.equal(taskRetryMs(1000), RETRY_DELAY_MS_MAX)
})

test('a partition restarts until one failure too many stands within the period', () => {
  const nowMs = 1_000_000
  const times = (count: number, atMs: number): readonly number[] => Array.from({ length: count }, () => atMs)
  assert.equal(afterEscalation(times(ESCALATIONS_MAX, nowMs), nowMs), 'restart')
  assert.equal(afterEscalation(times(ESCALATIONS_MAX + 1, nowMs), nowMs), 'fail')
  assert.equal(afterEscalation(times(ESCALATIONS_MAX + 1, nowMs - ESCALATION_PERIOD_MS + 1), nowMs), 'fail')
  assert.equal(afterEscalation(times(ESCALATIONS_MAX + 1, nowMs - ESCALATION_PERIOD_MS), nowMs), 'restart')
})

test('an escalation names directive, input, entity, class and reason', () => {
  const escalation = new Escalation('park', '0:7', entityId('x'), { class: 'size', message: 'too big', stage: 'snapshot' })
  assert.equal(escalation.message, "park: input 0:7 of 'x' failed, class size: too big")
  assert.equal(new Escalation('escalate', '0:7', undefined, { class: 'size', message: 'too big', stage: 'x' }).message, 'escalate: input 0:7 failed, class size: too big')
})
