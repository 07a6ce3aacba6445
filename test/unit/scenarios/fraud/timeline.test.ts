import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeline } from '../../../../scenarios/fraud/timeline.ts'
import { allOf, paymentsAt, START_MS } from './story.ts'

const momentsOf = async (times: readonly number[], delayMs: number): Promise<string[]> =>
  (await allOf(timeline(paymentsAt(...times), delayMs))).map(({ kind, timeMs, payment }) => `${kind} ${payment.transactionId} at ${timeMs - START_MS}`)

test('a label comes one delay after its payment, at equal times before payments', async () => {
  assert.deepEqual(await momentsOf([0, 5, 10, 12], 10), [
    'payment t0 at 0', 'payment t1 at 5', 'label t0 at 10', 'payment t2 at 10', 'payment t3 at 12',
  ])
})

test('labels that would come after the last payment never come', async () => {
  assert.deepEqual(await momentsOf([0, 5], 6), ['payment t0 at 0', 'payment t1 at 5'])
  assert.deepEqual(await momentsOf([0, 5], 5), ['payment t0 at 0', 'label t0 at 5', 'payment t1 at 5'])
})

test('without delay a payment is known as soon as the next one comes', async () => {
  assert.deepEqual(await momentsOf([0, 0], 0), ['payment t0 at 0', 'label t0 at 0', 'payment t1 at 0'])
})
