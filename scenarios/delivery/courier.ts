// Courier: what a rider really does. Waits, is given a delivery, rides, waits for the food, rides, hands over.
import type { OrderEvent } from '../../actors/delivery/events.ts'
import type { Chance } from '../chance.ts'
import { alongWay, BLOCKS, cornerNear, lengthOf, latOf, lngOf, spotOf } from './streets.ts'
import type { Corner, Spot } from './streets.ts'
import { trafficAt } from './traffic.ts'

interface Job {
  readonly deliveryId: string
  readonly restaurant: Corner
  readonly customer: Corner
  /** When it is called off unless the food is with the rider by then. */
  readonly cancelMs: number
}

type Doing =
  | { readonly kind: 'waiting'; readonly at: Corner; readonly job: Job; readonly untilMs: number }
  | { readonly kind: 'riding'; readonly from: Corner; readonly to: Corner; readonly isEastFirst: boolean; readonly job: Job; doneM: number }
  | { readonly kind: 'standing'; readonly at: Corner; readonly job: Job; readonly untilMs: number }

const CANCELLED_SHARE = 0.03
/** Of the moments on the way: at a light. */
const STOPPED_SHARE = 0.08

export class Courier {
  readonly riderId: string
  readonly #chance: Chance
  /** On empty streets, m/s. */
  readonly #speed: number
  readonly #orders: (event: OrderEvent) => void
  #doing: Doing
  #jobs = 0

  /** `orders` is called with what happens to the rider's deliveries, also ahead of time. */
  constructor(riderId: string, chance: Chance, nowMs: number, orders: (event: OrderEvent) => void) {
    this.riderId = riderId
    this.#chance = chance
    this.#orders = orders
    this.#speed = chance.uniform(5, 10)
    this.#doing = this.#wait({ column: chance.index(BLOCKS + 1), row: chance.index(BLOCKS + 1) }, nowMs)
  }

  /** The delivery that the rider's phone names. */
  get deliveryId(): string {
    return this.#doing.kind === 'waiting' ? '' : this.#doing.job.deliveryId
  }

  get spot(): Spot {
    const { kind } = this.#doing
    return kind === 'riding' ? alongWay(this.#doing.from, this.#doing.to, this.#doing.isEastFirst, this.#doing.doneM) : spotOf(this.#doing.at)
  }

  /** Lives for `seconds` up to `nowMs`. */
  live(nowMs: number, seconds: number): void {
    const doing = this.#doing
    const isToRestaurant = doing.kind === 'riding' && doing.to === doing.job.restaurant
    if (isToRestaurant && doing.job.cancelMs <= nowMs) return this.#cancel(doing.job.deliveryId, nowMs)
    if (doing.kind === 'riding') this.#ride(doing, nowMs, seconds)
    else if (doing.untilMs > nowMs) return
    else if (doing.kind === 'waiting') this.#doing = this.#way(doing.at, doing.job.restaurant, doing.job)
    else if (doing.at === doing.job.restaurant) this.#doing = this.#way(doing.at, doing.job.customer, doing.job)
    else this.#doing = this.#wait(doing.at, nowMs)
  }

  #ride(doing: Extract<Doing, { readonly kind: 'riding' }>, nowMs: number, seconds: number): void {
    if (this.#chance.happens(STOPPED_SHARE)) return
    doing.doneM += (seconds * this.#speed * this.#chance.uniform(0.75, 1.15)) / trafficAt(nowMs, this.spot)
    if (doing.doneM < lengthOf(doing.from, doing.to)) return
    const isRestaurant = doing.to === doing.job.restaurant
    const standS = isRestaurant ? this.#chance.uniform(40, 300) : this.#chance.uniform(25, 75)
    this.#doing = { kind: 'standing', at: doing.to, job: doing.job, untilMs: nowMs + standS * 1000 }
  }

  /** The next delivery is known before the rider is: it was placed a while before it is assigned. */
  #wait(at: Corner, nowMs: number): Doing {
    const chance = this.#chance
    const assignedMs = nowMs + Math.round(chance.uniform(20, 240) * 1000)
    const placedMs = Math.max(nowMs, assignedMs - Math.round(chance.uniform(15, 120) * 1000))
    const deliveryId = `${this.riderId}-${(this.#jobs += 1)}`
    const restaurant = near(chance, at, 18)
    const customer = near(chance, restaurant, 22)
    const [from, to] = [spotOf(restaurant), spotOf(customer)]
    this.#orders({
      type: 'placed', time: placedMs, orderEventId: `${deliveryId}/placed`, deliveryId, priceCents: 800 + chance.index(5200),
      restaurantLat: latOf(from.north), restaurantLng: lngOf(from.east), customerLat: latOf(to.north), customerLng: lngOf(to.east),
    })
    this.#orders({ type: 'assigned', time: assignedMs, orderEventId: `${deliveryId}/assigned`, deliveryId, riderId: this.riderId })
    const cancelMs = chance.happens(CANCELLED_SHARE) ? assignedMs + chance.uniform(30, 200) * 1000 : Infinity
    return { kind: 'waiting', at, job: { deliveryId, restaurant, customer, cancelMs }, untilMs: assignedMs }
  }

  #way(from: Corner, to: Corner, job: Job): Doing {
    return { kind: 'riding', from, to, isEastFirst: this.#chance.happens(0.5), job, doneM: 0 }
  }

  #cancel(deliveryId: string, nowMs: number): void {
    this.#orders({ type: 'cancelled', time: nowMs, orderEventId: `${deliveryId}/cancelled`, deliveryId })
    this.#doing = this.#wait(cornerNear(this.spot), nowMs)
  }
}

/** Another corner, up to `blocks` away in each direction. */
function near(chance: Chance, { column, row }: Corner, blocks: number): Corner {
  for (;;) {
    const corner = { column: within(column + chance.index(2 * blocks + 1) - blocks), row: within(row + chance.index(2 * blocks + 1) - blocks) }
    // Far enough that the geofences of two ends never meet.
    if (lengthOf(corner, { column, row }) >= 480) return corner
  }
}

function within(block: number): number {
  return Math.min(BLOCKS, Math.max(0, block))
}
