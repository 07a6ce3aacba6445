import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delivery } from '../../../../actors/delivery/delivery.ts'
import { METRE, NOON_MS, ping, Play } from './play.ts'

const at = (seconds: number): number => NOON_MS + seconds * 1000
/** The restaurant is 1 km north of the start, the customer 2 km north of the restaurant. */
const placed = { type: 'placed', time: at(-60), orderEventId: 'o1', deliveryId: 'd', restaurantLat: 52 + 1000 * METRE, restaurantLng: 13, customerLat: 52 + 3000 * METRE, customerLng: 13, priceCents: 1250 }
const assigned = { type: 'assigned', time: at(0), orderEventId: 'o2', deliveryId: 'd', riderId: '7' }
const cancelled = { type: 'cancelled', time: at(50), orderEventId: 'o3', deliveryId: 'd' }

const begun = (): Play => new Play('delivery', 'd').send(placed, assigned)
/** Underway with the food. */
const pickedUp = (): Play => begun().send(ping(5, 500), ping(10, 980), ping(15, 1100))
const steps = (play: Play): string[] => play.emitted('delivery.pickedUp', 'delivery.completed', 'delivery.lost', 'delivery.found', 'delivery.failed', 'delivery.cancelled').map(({ type }) => type.slice(9))

test('a delivery goes from placed to completed and is paid once', () => {
  const play = new Play('delivery', 'd')
  const seen = [placed, assigned, ping(5, 500), ping(10, 980), ping(15, 1000), ping(20, 1100), ping(25, 2000), ping(30, 2970)].map((event) => play.send(event).at)
  assert.deepEqual(seen, ['placed', 'underway.toRestaurant', 'underway.toRestaurant', 'underway.atRestaurant', 'underway.atRestaurant', 'underway.toCustomer', 'underway.toCustomer', 'completed'])
  assert.ok(play.isOver)
  const [first] = play.emitted('eta')
  assert.deepEqual(play.emitted('delivery.completed'), [{ type: 'delivery.completed', time: at(30), deliveryId: 'd', riderId: '7', placed: at(-60), promised: first?.['arrival'] }])
  assert.deepEqual(play.emitted('payment'), [{ type: 'payment', time: at(30), deliveryId: 'd', riderId: '7', amountCents: 1250 }])
  play.send(ping(35, 3000))
  assert.equal(play.emitted('payment').length, 1)
})

test('every newer ping makes an ETA from the five features', () => {
  const play = pickedUp().send(ping(20, 2000))
  const etas = play.emitted('eta')
  assert.deepEqual(etas.map((event) => event['pingId']), ['p5', 'p10', 'p15', 'p20'])
  const features = etas.map((event) => event['features'] as Record<string, number>)
  assert.deepEqual(features.map((one) => [Math.round(one['toRestaurant']!), Math.round(one['toCustomer']!)]), [[500, 2000], [20, 2000], [0, 1900], [0, 1000]])
  assert.deepEqual([features[3]?.['traffic'], features[3]?.['minuteOfDay']], [1, 720])
  assert.ok(Math.abs(features[3]!['riderSpeed']! - 100) < 1e-6)
  for (const event of etas) assert.equal(event['arrival'], (event['time'] as number) + Math.round((event['seconds'] as number) * 1000))
})

test('pings before the order, and the customer before the pick-up, change nothing', () => {
  assert.equal(new Play('delivery', 'd').send(ping(5, 980)).at, 'expected')
  const play = begun().send(ping(5, 3000), ping(10, 3000))
  assert.equal(play.at, 'underway.toRestaurant')
  assert.deepEqual(play.emitted('payment'), [])
})

test('a ping that comes twice counts once', () => {
  const [once, twice] = [begun().send(ping(5, 0), ping(10, 100)), begun().send(ping(5, 0), ping(10, 100), ping(5, 0), ping(10, 100))]
  assert.deepEqual(twice.effects, once.effects)
  assert.deepEqual(twice.context(), once.context())
})

test('a late ping makes no ETA, but may open a geofence', () => {
  const play = begun().send(ping(5, 500), ping(15, 1100))
  play.send(ping(10, 990))
  assert.deepEqual([play.at, play.emitted('eta').length], ['underway.atRestaurant', 2])
  // The next ping shows that the rider has left.
  assert.equal(play.send(ping(20, 1200)).at, 'underway.toCustomer')
  play.send(ping(30, 3200), ping(25, 2990))
  assert.deepEqual([play.at, play.emitted('payment').map(({ time }) => time)], ['completed', [at(25)]])
})

test('a late ping does not leave the restaurant, nor complete what was picked up after it', () => {
  const play = begun().send(ping(5, 500), ping(20, 1000), ping(10, 700))
  assert.equal(play.at, 'underway.atRestaurant')
  play.send(ping(25, 1100), ping(15, 3000))
  assert.deepEqual([play.at, play.emitted('payment')], ['underway.toCustomer', []])
})

test('a rider who leaves the restaurant straight to the customer completes at once', () => {
  const close = { ...placed, customerLat: 52 + 1090 * METRE }
  const play = new Play('delivery', 'd').send(close, assigned, ping(5, 1000), ping(10, 1080))
  assert.deepEqual([play.at, steps(play)], ['completed', ['pickedUp', 'completed']])
})

test('without pings for two minutes a delivery is lost; a newer ping finds it where it was', () => {
  const play = pickedUp().until(134.999)
  assert.equal(play.at, 'underway.toCustomer')
  assert.equal(play.until(135).at, 'lost')
  assert.equal(play.send(ping(200, 2000)).at, 'underway.toCustomer')
  assert.deepEqual(steps(play), ['pickedUp', 'lost', 'found'])
  assert.equal(play.emitted('eta').at(-1)?.['pingId'], 'p200')
  assert.equal(play.until(319).at, 'underway.toCustomer')
  assert.equal(play.until(320).at, 'lost')
})

test('the ping that finds a delivery may complete it', () => {
  const play = pickedUp().until(135).send(ping(200, 3000))
  assert.deepEqual([play.at, steps(play), play.emitted('payment').length], ['completed', ['pickedUp', 'lost', 'found', 'completed'], 1])
})

test('a delivery whose rider never comes is lost two minutes after the assignment, and given up after twenty more', () => {
  const play = begun().until(120)
  assert.equal(play.at, 'lost')
  assert.equal(play.until(1319).at, 'lost')
  assert.equal(play.until(1320).at, 'failed')
  assert.deepEqual([steps(play), play.emitted('payment')], [['lost', 'failed'], []])
})

test('a delivery can be cancelled until it is over, and is not paid then', () => {
  for (const play of [new Play('delivery', 'd').send(placed), begun(), pickedUp(), begun().until(120)]) {
    play.send(cancelled)
    assert.deepEqual([play.at, play.emitted('payment')], ['cancelled', []])
    assert.equal(play.emitted('delivery.cancelled').length, 1)
  }
  const completed = pickedUp().send(ping(20, 3000), cancelled)
  assert.deepEqual([completed.at, completed.emitted('payment').length], ['completed', 1])
})

test('the watch of a delivery is armed once for many pings, and ends with it', () => {
  const play = begun()
  for (let i = 1; i < 20; i += 1) play.send(ping(5 * i, 10 * i))
  assert.equal(play.effects.filter(({ kind }) => kind === 'schedule').length, 1)
  assert.equal(pickedUp().send(ping(20, 3000)).timers.size, 0)
})

test('orders precede pings of the same moment', () => {
  const { rank, order, tells } = delivery('eventTime')
  assert.ok(rank.get('placed')! < rank.get('assigned')! && rank.get('assigned')! < rank.get('ping')!)
  assert.deepEqual([order, delivery('arrival').order, tells.size], ['eventTime', 'arrival', 0])
})
