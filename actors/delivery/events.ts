// What reaches the actors: pings of riders and orders from outside. A ping without a delivery is of a rider who waits for one.
import * as z from 'zod'

const Id = z.string().max(64)
const Latitude = z.number().min(-90).max(90)
const Longitude = z.number().min(-180).max(180)

/** A position by GPS. `time` is that of the rider's phone, ms since the epoch, UTC: it may lag, jump or lie. */
export const Ping = z.object({
  type: z.literal('ping'),
  time: z.number(),
  /** Unique; a ping that is sent twice has the same. */
  pingId: Id,
  riderId: Id,
  /** The delivery that the rider is on, '' when on none. */
  deliveryId: Id.default(''),
  lat: Latitude,
  lng: Longitude,
  /** How much longer a way takes here and now than on empty streets, 1 = empty. */
  traffic: z.number().min(0).max(100).default(1),
})
export type Ping = z.output<typeof Ping>

const OrderHead = { time: z.number(), orderEventId: Id, deliveryId: Id }

/** A customer ordered. */
export const Placed = z.object({
  type: z.literal('placed'), ...OrderHead,
  restaurantLat: Latitude, restaurantLng: Longitude, customerLat: Latitude, customerLng: Longitude,
  /** What the customer pays, in cents. */
  priceCents: z.int().min(0),
})
export type Placed = z.output<typeof Placed>

/** A rider took the delivery, and is on the way. */
export const Assigned = z.object({ type: z.literal('assigned'), ...OrderHead, riderId: Id })
export type Assigned = z.output<typeof Assigned>

/** The customer or the restaurant called it off. */
export const Cancelled = z.object({ type: z.literal('cancelled'), ...OrderHead })
export type Cancelled = z.output<typeof Cancelled>

/** What happens to an order, on topic 'orders'. */
export const OrderEvent = z.discriminatedUnion('type', [Placed, Assigned, Cancelled])
export type OrderEvent = z.output<typeof OrderEvent>

/** The seconds until arrival, from the runtime. */
export interface Estimated {
  readonly type: 'inference.eta'
  readonly time: number
  readonly score: number
  readonly model: string
  readonly version: number
  readonly hash: string
}
