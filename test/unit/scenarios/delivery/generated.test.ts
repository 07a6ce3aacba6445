import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OUT_OF_ORDER_MS } from '../../../../actors/delivery/pings.ts'
import type { OrderEvent, Ping } from '../../../../actors/delivery/events.ts'
import { generatedStory, PING_EVERY_MS } from '../../../../scenarios/delivery/generated.ts'
import type { Story } from '../../../../scenarios/delivery/generated.ts'
import type { Moment } from '../../../../scenarios/delivery/moment.ts'
import { haversineM } from '../../../../system/features/geo.ts'
import { sha256Hex } from '../../../../system/protocol/sha256.ts'
import { allOf } from '../fraud/story.ts'

const told = (story: Story): Promise<Moment[]> => allOf(story.moments())
const pingsOf = (moments: readonly Moment[]): Ping[] => moments.flatMap((moment) => (moment.kind === 'ping' ? [moment.ping] : []))
const ordersOf = (moments: readonly Moment[]): OrderEvent[] => moments.flatMap((moment) => (moment.kind === 'order' ? [moment.event] : []))

const evening = generatedStory(3, 60_000)
const moments = await told(evening)
const pings = pingsOf(moments)
const orders = ordersOf(moments)

test('a seed is a story, the same bytes on every runtime', async () => {
  const bytesOf = async (seed: number): Promise<string> => sha256Hex(JSON.stringify(await told(generatedStory(seed, 5000))))
  assert.equal(await bytesOf(1), 'cd56c8201ce3a6306ec50b6ae4c510c7064ab9ab971fc1213b6034b0725651b8')
  assert.notEqual(await bytesOf(2), await bytesOf(1))
})

test('a story can be told twice and has exactly as many pings as asked for, in the order of arrival', async () => {
  assert.equal(pings.length, 60_000)
  assert.ok(moments.every(({ arriveMs }, i) => i === 0 || arriveMs >= moments[i - 1]!.arriveMs))
  const again = generatedStory(6, 4000)
  assert.deepEqual(await told(again), await told(again))
  assert.equal(pingsOf(await told(generatedStory(1, 1))).length, 1)
  assert.equal((await told(generatedStory(1, 0))).length, 0)
})

test('pings come late, twice and with gaps, within what the actors allow for; only stale clocks are further behind', () => {
  const truth = evening.truth()
  const arrived = moments.flatMap((moment) => (moment.kind === 'ping' ? [{ lagMs: moment.arriveMs - moment.ping.time, riderId: moment.ping.riderId }] : []))
  const far = arrived.filter(({ lagMs }) => lagMs > OUT_OF_ORDER_MS + 20_000)
  assert.ok(far.length > 0)
  assert.deepEqual([...new Set(far.map(({ riderId }) => truth.spoofers.get(riderId)))], ['staleClock'])
  const late = arrived.filter(({ lagMs }) => lagMs > 5000).length / arrived.length
  assert.ok(late > 0.01 && late < 0.05, `${late} late`)
  const twice = pings.length - new Set(pings.map(({ pingId }) => pingId)).size
  assert.ok(twice > 150 && twice < 600, `${twice} twice`)
})

test('honest riders move as riders do: no step is impossible', () => {
  const truth = evening.truth()
  const byRider = Map.groupBy(pings.filter(({ riderId }) => !truth.spoofers.has(riderId)), ({ riderId }) => riderId)
  assert.ok(byRider.size === 20)
  for (const own of byRider.values()) {
    const track = own.toSorted((a, b) => a.time - b.time)
    for (const [i, { lat, lng, time }] of track.entries()) {
      const before = track[i - 1]
      if (before === undefined || time === before.time) continue
      const step = haversineM(before.lat, before.lng, lat, lng)
      assert.ok(step < 1000 || step / ((time - before.time) / 1000) < 45, `${step} m`)
      assert.ok(time - before.time >= PING_EVERY_MS)
    }
  }
})

test('deliveries are placed, then assigned, then named by the pings of their rider; a few are called off', () => {
  const placed = new Map(orders.flatMap((event) => (event.type === 'placed' ? [[event.deliveryId, event.time]] : [])))
  const assigned = new Map(orders.flatMap((event) => (event.type === 'assigned' ? [[event.deliveryId, event]] : [])))
  assert.ok(placed.size > 150)
  for (const [deliveryId, event] of assigned) assert.ok(placed.get(deliveryId)! <= event.time)
  for (const { deliveryId, riderId, time } of pings) {
    if (deliveryId === '') continue
    assert.equal(assigned.get(deliveryId)?.riderId, riderId)
    // A clock that is behind says the time before.
    if (evening.truth().spoofers.get(riderId) !== 'staleClock') assert.ok(time >= assigned.get(deliveryId)!.time)
  }
  const cancelled = orders.filter(({ type }) => type === 'cancelled').length / placed.size
  assert.ok(cancelled > 0 && cancelled < 0.1, `${cancelled} cancelled`)
})

test('one rider in six spoofs, in all four ways, and some phones die', () => {
  const { spoofers, silences } = evening.truth()
  assert.equal(evening.riders, 24)
  assert.deepEqual([...spoofers.values()].sort(), ['repeatedTrack', 'speed', 'staleClock', 'teleport'])
  assert.ok(silences.length > 2)
})
