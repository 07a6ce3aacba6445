// Points of a file: GPS tracks of people as in GeoLife, plain or gzip, with the columns lat, lng, datetime and uid. Times are UTC.
//
// A person becomes a rider, each trip a delivery that goes where the person went: the restaurant lies on the way, the customer at its end.
import type { OrderEvent, Ping } from '../../actors/delivery/events.ts'
import { readCsv } from '../../adapters/files/csv.ts'
import { FileProblem } from '../../adapters/files/failure.ts'
import { Truth } from './moment.ts'
import type { Moment } from './moment.ts'
import type { Story } from './generated.ts'

const COLUMNS = ['lat', 'lng', 'datetime', 'uid']
/** Points are sorted in memory. */
const POINTS_MAX = 5_000_000
/** Without points for so long a trip has ended. */
const TRIP_GAP_MS = 600_000
/** Shorter trips are no deliveries. */
const TRIP_POINTS_MIN = 60
const RESTAURANT_AT = 0.3
const PRICE_CENTS = 2000
const CHUNK_MOMENTS = 500

interface Point {
  readonly riderId: string
  readonly timeMs: number
  readonly lat: number
  readonly lng: number
}

/** Reads the whole file. Throws FileProblem for what it cannot take. */
export async function fileStory(file: string): Promise<Story> {
  const byRider = new Map<string, Point[]>()
  let count = 0
  for await (const rows of readCsv(file, COLUMNS)) {
    count += rows.length
    if (count > POINTS_MAX) throw new FileProblem(`${file}: has more than ${POINTS_MAX} points; split it by rider`)
    for (const row of rows) {
      const point = { riderId: row.text('uid'), timeMs: row.time('datetime'), lat: row.number('lat'), lng: row.number('lng') }
      const others = byRider.get(point.riderId)
      if (others === undefined) byRider.set(point.riderId, [point])
      else others.push(point)
    }
  }
  const moments = [...byRider.values()].flatMap(momentsOf)
  // Equal times keep the order of the file, an order event before the ping.
  moments.sort((a, b) => a.arriveMs - b.arriveMs)
  return { riders: byRider.size, truth: () => new Truth(), moments: () => chunks(moments) }
}

async function* chunks(moments: readonly Moment[]): AsyncGenerator<readonly Moment[]> {
  for (let at = 0; at < moments.length; at += CHUNK_MOMENTS) yield moments.slice(at, at + CHUNK_MOMENTS)
}

/** Everything that arrives of one rider. */
function momentsOf(points: readonly Point[]): readonly Moment[] {
  const sorted = points.toSorted((a, b) => a.timeMs - b.timeMs)
  const moments: Moment[] = []
  let from = 0
  let trips = 0
  for (let to = 1; to <= sorted.length; to += 1) {
    if (to < sorted.length && sorted[to]!.timeMs - sorted[to - 1]!.timeMs <= TRIP_GAP_MS) continue
    const trip = sorted.slice(from, to)
    const deliveryId = trip.length < TRIP_POINTS_MIN ? '' : `${trip[0]!.riderId}-${(trips += 1)}`
    if (deliveryId !== '') moments.push(...ordersOf(trip, deliveryId))
    for (const [i, point] of trip.entries()) moments.push({ kind: 'ping', arriveMs: point.timeMs, ping: pingOf(point, from + i, deliveryId) })
    from = to
  }
  return moments
}

function pingOf({ riderId, timeMs, lat, lng }: Point, index: number, deliveryId: string): Ping {
  return { type: 'ping', time: timeMs, pingId: `${riderId}/${index}`, riderId, deliveryId, lat, lng, traffic: 1 }
}

function ordersOf(trip: readonly Point[], deliveryId: string): readonly Moment[] {
  const [start, end, restaurant] = [trip[0]!, trip.at(-1)!, trip[Math.floor(trip.length * RESTAURANT_AT)]!]
  const time = start.timeMs
  const events: readonly OrderEvent[] = [
    {
      type: 'placed', time, orderEventId: `${deliveryId}/placed`, deliveryId, priceCents: PRICE_CENTS,
      restaurantLat: restaurant.lat, restaurantLng: restaurant.lng, customerLat: end.lat, customerLng: end.lng,
    },
    { type: 'assigned', time, orderEventId: `${deliveryId}/assigned`, deliveryId, riderId: start.riderId },
  ]
  return events.map((event) => ({ kind: 'order', arriveMs: time, event }))
}
