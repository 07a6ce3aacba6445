// Terminals ordered by event time decide the same whatever the batches, and whoever is late.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fraudSystem } from '../../actors/fraud/system.ts'
import { prepareFraud } from '../../scenarios/fraud.ts'
import { decide } from '../support/fraud/orders.ts'
import type { Decided, HoldBack } from '../support/fraud/orders.ts'

const EVENTS = 6000

async function run(batchRecordsMax: number, hold?: HoldBack): Promise<Decided> {
  const prepared = await prepareFraud({ seed: 7, data: undefined, events: EVENTS, flags: new Map([['order', 'eventTime'], ['label-delay', '1d']]) })
  return decide(fraudSystem({ order: 'eventTime' }), prepared.feed(), { batchRecordsMax, commitWaitMs: 0 }, hold)
}

test('batches of 7 and of 500, and a card partition that gets nothing for a second, give the same decisions', async () => {
  const whole = await run(500)
  assert.equal(whole.decisions, EVENTS)
  assert.equal(whole.deadLetters, 0)
  const small = await run(7)
  assert.deepEqual(small.outputs, whole.outputs)
  const late = await run(500, { group: 'fraud.card', partition: 2, topic: 'transactions', afterOffset: 500, ms: 1000 })
  assert.ok(late.heldMs > 900, `held back for ${late.heldMs} ms`)
  assert.deepEqual(late.outputs, whole.outputs)
})
