import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prepareDelivery } from '../../../scenarios/delivery.ts'
import type { DeliveryRun } from '../../../scenarios/delivery.ts'
import { scenarios } from '../../../scenarios/registry.ts'
import { allOf, readerOf } from './fraud/story.ts'

const prepared = (events: number, flags: Record<string, string> = {}): Promise<DeliveryRun> => prepareDelivery({ seed: 1, data: undefined, events, flags: new Map(Object.entries(flags)) })

test('the scenario is known by its name, and its total is what is fed', async () => {
  assert.equal((await scenarios.get('delivery')?.())?.name, 'delivery')
  const run = await prepared(2000)
  const items = await allOf(run.feed())
  assert.equal(items.filter((item) => 'event' in item).length, run.total)
  assert.equal(run.fed.pings, 2000)
  assert.match(run.about, /2000 generated pings \(seed 1\) of 12 riders, one in six a spoofer; deliveries in order of event time/)
})

test('deliveries run by event time unless told otherwise; another order is refused', async () => {
  const orderOf = (run: DeliveryRun): string | undefined => run.system.actors.find(({ name }) => name === 'delivery')?.order
  assert.equal(orderOf(await prepared(10)), 'eventTime')
  assert.equal(orderOf(await prepared(10, { order: 'arrival' })), 'arrival')
  await assert.rejects(prepared(10, { order: 'random' }), /--order is 'random', expected arrival or eventTime/)
})

const MINUTE = 60_000
const step = (type: string, deliveryId: string, time: number, promised: number | null = null): Record<string, unknown> => ({ type: `delivery.${type}`, time, deliveryId, riderId: 'r1', placed: 0, promised })
const eta = (deliveryId: string, time: number, arrival: number): Record<string, unknown> => ({ type: 'eta', deliveryId, time, arrival, model: { name: 'eta', version: 1, hash: '0123456789abcdef' } })
const payment = (deliveryId: string, riderId = 'r1'): Record<string, unknown> => ({ type: 'payment', deliveryId, riderId, amountCents: 1250 })

test('the conclusion judges ETAs of completed deliveries, spoofers, lost riders and payments', async () => {
  const run = await prepared(2000)
  await allOf(run.feed())
  const lines = await run.conclude!(readerOf({
    deliveries: [step('pickedUp', 'a', 5), step('lost', 'a', 6), step('found', 'a', 7), step('completed', 'a', 20 * MINUTE, 22 * MINUTE), step('completed', 'b', 30 * MINUTE, 30 * MINUTE), step('failed', 'c', 9), step('cancelled', 'd', 9)],
    etas: [eta('a', 0, 21 * MINUTE), eta('a', 10 * MINUTE, 20 * MINUTE), eta('b', 20 * MINUTE, 33 * MINUTE), eta('c', 0, 1)],
    spoofing: [{ riderId: 'r5', sign: 'teleport' }, { riderId: 'r5', sign: 'speed' }, { riderId: 'r1', sign: 'speed' }],
    payments: [payment('a'), payment('b', 'r2')],
  }))
  const text = lines.join('\n')
  assert.match(text, /2,000 pings of 12 riders, \d+ of them out of order, 2025-01-10 16:30 to 2025-01-10 16:4\d UTC/)
  assert.match(text, /2 completed · 1 cancelled · 1 failed, their riders lost for good · \d+ not over yet/)
  assert.match(text, /half within 1 min, nine of ten within 3 min, made 13\.3 min before the arrival on average; first ETA of a delivery: half within 0 s \(3 of 4 ETAs are of completed deliveries, by model eta v1 \(01234567\)\)/)
  assert.match(text, /of 2 suspected riders are spoofers = \d+\.\d % precision \(signs: impossible speed 2, teleport 1\)/)
  assert.match(text, /1 deliveries without a ping for 2 min, 1 of them heard of again/)
  assert.match(text, /payments: 2 for 2 completed deliveries, exactly one each; 25 in money; 1 of them to riders under suspicion/)
  assert.deepEqual(run.tryNext.slice(0, 3), ['statelog history delivery a', 'statelog get rider a', 'statelog history spoof r5'])
})

test('a delivery that is paid twice, never, or without being completed is called wrong', async () => {
  const run = await prepared(100)
  const lines = await run.conclude!(readerOf({
    deliveries: [step('completed', 'a', 1), step('completed', 'b', 1), step('completed', 'c', 1)],
    payments: [payment('a'), payment('a'), payment('b'), payment('x')],
  }))
  assert.match(lines.join('\n'), /payments: 4 for 3 completed deliveries, WRONG: 3 deliveries without exactly one/)
})

test('a run without outputs yet has a conclusion too', async () => {
  const run = await prepared(100)
  assert.match((await run.conclude!(readerOf({}))).join('\n'), /ETAs: 0, of no delivery that was completed[^]*payments: 0 for 0 completed deliveries, exactly one each; 0 in money/)
})
