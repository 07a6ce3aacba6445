// Fleet: N deliveries underway at any moment, a ping every five seconds each, as load for measurements.
//
// L1. A pure function of its options: the same items in the same chunks every time, in the order of event time.
// L2. Every rider is on a delivery all the time; the next one is placed and assigned with its first ping, so that in the first five
//     seconds two order events come before each ping. Nobody lies, nothing is late or lost.
// L3. Cheap: no distribution is drawn from, positions follow from the time.
import type { FeedItem } from '../../system/authoring/scenario.ts'
import { promises } from './feed.ts'
import { alongWay, BLOCKS, lengthOf, latOf, lngOf, spotOf } from './streets.ts'
import type { Corner, Spot } from './streets.ts'
import { PING_EVERY_MS } from './generated.ts'
import { trafficAt } from './traffic.ts'

export interface FleetOptions {
  /** How many are underway at once; each sends a ping every 5 s: 100,000 are 20,000 pings a second. */
  readonly deliveries: number
  /** Event time to generate. */
  readonly seconds: number
  readonly seed?: number
  /** Event time of the first ping, ms; 2025-01-10 16:30 UTC unless given. */
  readonly startMs?: number
}

const START_MS = Date.UTC(2025, 0, 10, 16, 30)
const CHUNK_ITEMS = 500
/** A delivery takes between these, placed to the next one placed. */
const CYCLE_MS_MIN = 720_000
const CYCLE_MS_MAX = 1_200_000
/** Shares of the cycle at which the rider reaches the restaurant, leaves it, reaches the customer. */
const [REACHES, LEAVES, ARRIVES] = [0.35, 0.43, 0.94]
const JITTER_M = 6

/** Chunks of about 500 items; after every second of event time both topics promise it. */
export function* fleet({ deliveries, seconds, seed = 1, startMs = START_MS }: FleetOptions): Generator<readonly FeedItem[]> {
  const riders = Array.from({ length: deliveries }, (_, i) => new FleetRider(i, seed))
  const endMs = startMs + seconds * 1000
  let promisedMs = startMs
  let items: FeedItem[] = []
  for (let roundMs = startMs, n = 0; roundMs < endMs; roundMs += PING_EVERY_MS, n += 1) {
    for (let i = 0; i < deliveries; i += 1) {
      const timeMs = roundMs + Math.floor((i * PING_EVERY_MS) / deliveries)
      if (timeMs >= endMs) break
      if (timeMs >= promisedMs + 1000) items.push(...promises((promisedMs = timeMs)))
      if (items.length >= CHUNK_ITEMS) {
        yield items
        items = []
      }
      riders[i]!.ping(timeMs, timeMs - startMs, n, items)
    }
  }
  yield [...items, ...promises(endMs)]
}

class FleetRider {
  readonly #riderId: string
  readonly #index: number
  readonly #seed: number
  readonly #cycleMs: number
  readonly #offsetMs: number
  #cycle = -1
  #deliveryId = ''
  #start: Corner = { column: 0, row: 0 }
  #restaurant = this.#start
  #customer = this.#start

  constructor(index: number, seed: number) {
    this.#riderId = `r${index}`
    this.#index = index
    this.#seed = seed
    this.#cycleMs = CYCLE_MS_MIN + (mixed(index, seed, 1) % (CYCLE_MS_MAX - CYCLE_MS_MIN))
    this.#offsetMs = mixed(index, seed, 2) % this.#cycleMs
  }

  /** Adds the ping number `n`, and before it the orders of a delivery that begins with it. */
  ping(timeMs: number, sinceMs: number, n: number, items: FeedItem[]): void {
    const livedMs = sinceMs + this.#offsetMs
    const cycle = Math.floor(livedMs / this.#cycleMs)
    if (cycle !== this.#cycle) this.#begin(cycle, timeMs, items)
    const spot = this.#spot(livedMs / this.#cycleMs - cycle)
    const jitter = mixed(this.#index, n, this.#seed)
    const lat = latOf(spot.north + ((jitter & 0xffff) / 0xffff - 0.5) * JITTER_M)
    const lng = lngOf(spot.east + ((jitter >>> 16) / 0xffff - 0.5) * JITTER_M)
    items.push({
      topic: 'pings', key: this.#riderId, timeMs,
      event: { type: 'ping', time: timeMs, pingId: `${this.#riderId}/${n}`, riderId: this.#riderId, deliveryId: this.#deliveryId, lat, lng, traffic: trafficAt(timeMs, spot) },
    })
  }

  #begin(cycle: number, timeMs: number, items: FeedItem[]): void {
    this.#cycle = cycle
    this.#start = this.#corner(cycle, 0)
    this.#restaurant = this.#corner(cycle, 1)
    // The next delivery begins where this one ends.
    this.#customer = this.#corner(cycle + 1, 0)
    const deliveryId = (this.#deliveryId = `${this.#riderId}-${cycle}`)
    const [from, to] = [spotOf(this.#restaurant), spotOf(this.#customer)]
    const placed = {
      type: 'placed', time: timeMs, orderEventId: `${deliveryId}/placed`, deliveryId, priceCents: 800 + (mixed(this.#index, cycle, 3) % 5200),
      restaurantLat: latOf(from.north), restaurantLng: lngOf(from.east), customerLat: latOf(to.north), customerLng: lngOf(to.east),
    }
    const assigned = { type: 'assigned', time: timeMs, orderEventId: `${deliveryId}/assigned`, deliveryId, riderId: this.#riderId }
    items.push({ topic: 'orders', key: deliveryId, timeMs, event: placed }, { topic: 'orders', key: deliveryId, timeMs, event: assigned })
  }

  #spot(share: number): Spot {
    const isEastFirst = this.#cycle % 2 === 0
    if (share < REACHES) return along(this.#start, this.#restaurant, isEastFirst, share / REACHES)
    if (share < LEAVES) return spotOf(this.#restaurant)
    return along(this.#restaurant, this.#customer, isEastFirst, Math.min(1, (share - LEAVES) / (ARRIVES - LEAVES)))
  }

  /** Within half the city's width and height, each rider in its own part; customers at even corners, restaurants at odd ones, so that the two never meet. */
  #corner(cycle: number, stop: 0 | 1): Corner {
    const bits = mixed(this.#index, cycle * 2 + stop, this.#seed + 7)
    const home = mixed(this.#index, 4, this.#seed)
    return { column: placeIn(home & 0xffff, bits & 0xffff) + stop, row: placeIn(home >>> 16, bits >>> 16) + stop }
  }
}

/** An even street of the half that begins at `home`. */
function placeIn(home: number, bits: number): number {
  return 2 * ((home % (BLOCKS / 4)) + (bits % (BLOCKS / 4)))
}

function along(from: Corner, to: Corner, isEastFirst: boolean, share: number): Spot {
  return alongWay(from, to, isEastFirst, share * lengthOf(from, to))
}

/** 32 bits that depend on all bits of three whole numbers (the finisher of MurmurHash3). */
function mixed(a: number, b: number, c: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
