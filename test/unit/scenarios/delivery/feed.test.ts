import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OUT_OF_ORDER_MS } from '../../../../actors/delivery/pings.ts'
import { Fed, feed } from '../../../../scenarios/delivery/feed.ts'
import { generatedStory } from '../../../../scenarios/delivery/generated.ts'
import type { Moment } from '../../../../scenarios/delivery/moment.ts'
import type { FeedItem, FeedPromise } from '../../../../system/authoring/scenario.ts'
import { allOf } from '../fraud/story.ts'

const { moments, truth } = generatedStory(9, 8000)
const isPromise = (item: FeedItem): item is FeedPromise => 'watermarkMs' in item

test('a feed is the same every time, chunk by chunk', async () => {
  const chunks = async (): Promise<string[]> => {
    const all: string[] = []
    for await (const items of feed(moments, new Fed())) all.push(JSON.stringify(items))
    return all
  }
  assert.deepEqual(await chunks(), await chunks())
})

test('each chunk ends with promises for both topics that everything after it keeps, but for clocks that lie', async () => {
  let promisedMs = -Infinity
  let chunks = 0
  for await (const items of feed(moments, new Fed())) {
    for (const item of items) {
      if (isPromise(item) || !('event' in item)) continue
      if (truth().spoofers.get(String(item.event['riderId'])) !== 'staleClock') assert.ok(item.timeMs >= promisedMs, `${promisedMs - item.timeMs} ms behind the promise`)
    }
    const made = items.filter(isPromise)
    assert.deepEqual(made.map(({ topic }) => topic), ['pings', 'orders'])
    assert.ok(items.length <= 502)
    promisedMs = made[0]!.watermarkMs
    chunks += 1
  }
  assert.ok(chunks > 15)
})

test('events are keyed by the entity that takes them, and counted', async () => {
  const ping = (time: number, pingId: string): Moment => ({ kind: 'ping', arriveMs: 1000 + time, ping: { type: 'ping', time, pingId, riderId: '7', deliveryId: 'd', lat: 52, lng: 13, traffic: 1 } })
  const order: Moment = { kind: 'order', arriveMs: 900, event: { type: 'placed', time: 800, orderEventId: 'o', deliveryId: 'd', restaurantLat: 52, restaurantLng: 13, customerLat: 52.01, customerLng: 13, priceCents: 1 } }
  const fed = new Fed()
  const some = [order, ping(5000, 'a'), ping(2000, 'b')]
  const items = await allOf(feed(async function* () { yield some }, fed))
  assert.deepEqual(items, [
    { topic: 'orders', key: 'd', timeMs: 800, event: order.event }, { topic: 'pings', key: '7', timeMs: 5000, event: (some[1] as { ping: unknown }).ping },
    { topic: 'pings', key: '7', timeMs: 2000, event: (some[2] as { ping: unknown }).ping }, { topic: 'pings', watermarkMs: 5001 }, { topic: 'orders', watermarkMs: 5001 },
  ])
  assert.deepEqual([fed.pings, fed.placed, fed.outOfOrder, fed.firstMs, fed.lastMs], [2, 1, 1, 900, 5000])
  assert.ok(OUT_OF_ORDER_MS > 45_000)
  assert.deepEqual(await allOf(feed(async function* () { /* nothing */ }, new Fed())), [])
})
