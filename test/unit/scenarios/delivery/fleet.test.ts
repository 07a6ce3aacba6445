import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ping, OrderEvent } from '../../../../actors/delivery/events.ts'
import { fleet } from '../../../../scenarios/delivery/fleet.ts'
import type { FleetOptions } from '../../../../scenarios/delivery/fleet.ts'
import type { FeedEvent, FeedPromise } from '../../../../system/authoring/scenario.ts'
import { Play } from '../../actors/delivery/play.ts'

const eventsOf = (options: FleetOptions): FeedEvent[] => [...fleet(options)].flat().filter((item) => 'event' in item)
const idsOf = (events: readonly FeedEvent[], topic: string): unknown[] => events.flatMap(({ topic: of, event }) => (of === topic ? [event['deliveryId']] : []))

test('a fleet sends a ping per delivery every five seconds, in the order of event time, the same every time', () => {
  const events = eventsOf({ deliveries: 300, seconds: 60 })
  assert.equal(idsOf(events, 'pings').length, 300 * 12)
  assert.ok(events.every(({ timeMs }, i) => i === 0 || timeMs >= events[i - 1]!.timeMs))
  assert.deepEqual(eventsOf({ deliveries: 300, seconds: 60 }), events)
  assert.notDeepEqual(eventsOf({ deliveries: 300, seconds: 60, seed: 2 }), events)
  for (const { topic, key, event, timeMs } of events) {
    const parsed = topic === 'pings' ? Ping.parse(event) : OrderEvent.parse(event)
    assert.equal(parsed.time, timeMs)
    assert.equal(key, parsed.type === 'ping' ? parsed.riderId : parsed.deliveryId)
  }
})

test('pings are spread evenly over the five seconds, for any number of deliveries', () => {
  for (const deliveries of [1, 7, 1000]) {
    const times = eventsOf({ deliveries, seconds: 10 }).filter(({ topic }) => topic === 'pings').map(({ timeMs }) => timeMs)
    assert.equal(times.length, 2 * deliveries)
    const half = times.filter((timeMs) => (timeMs - times[0]!) % 5000 < 2500).length
    assert.ok(Math.abs(half - deliveries) <= 2)
  }
})

test('what is promised is kept, once a second, in chunks of about five hundred', () => {
  let promisedMs = -Infinity
  let promised = 0
  for (const items of fleet({ deliveries: 2000, seconds: 20 })) {
    assert.ok(items.length < 510)
    for (const item of items) {
      if ('event' in item) assert.ok(item.timeMs >= promisedMs)
      else {
        promisedMs = (item as FeedPromise).watermarkMs
        promised += 1
      }
    }
  }
  assert.equal(promised, 2 * 20)
})

test('deliveries begin before their first ping, complete by the rider of that story, and as many are underway at any moment', () => {
  const events = eventsOf({ deliveries: 8, seconds: 3600 })
  const known = new Set<unknown>()
  for (const { topic, event } of events) {
    if (topic === 'pings') assert.ok(known.has(event['deliveryId']))
    else if (event['type'] === 'assigned') known.add(event['deliveryId'])
  }
  assert.ok(known.size >= 8 * 3, `${known.size} deliveries`)
  const play = new Play('delivery', 'r0-1')
  for (const { event } of events) if (event['deliveryId'] === 'r0-1') play.send(event as unknown as { readonly type: string; readonly time: number })
  assert.deepEqual([play.at, play.emitted('payment').length], ['completed', 1])
  const watch = new Play('spoof', 'r0')
  for (const { topic, event } of events) if (topic === 'pings' && event['riderId'] === 'r0') watch.send(event as unknown as { readonly type: string; readonly time: number })
  assert.equal(watch.at, 'trusted')
})
