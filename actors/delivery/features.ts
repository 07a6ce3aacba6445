// What is computed from pings: a rider's speed, what makes a rider suspicious, and the five features of an ETA.
//
// Points count by event time: a late ping takes its own place among the last ones, it does not become the newest.
import * as z from 'zod'
import { features, geo } from 'statelog'
import { Ping } from './events.ts'
import { INSTANT } from './signs.ts'

/** Of a rider: mean speed (m/s) and length (m) of the way along the last 10 pings. */
export const riderFeatures = features('rider-track', 1, Ping, (ping) => ({
  speed: geo.speed(ping.lat, ping.lng, { points: 10 }),
  distance: geo.distance(ping.lat, ping.lng, { points: 10 }),
}))

/** Of a rider under suspicion: the newest step in metres and m/s, and how many of the newest steps were taken before (within 60 pings). */
export const spoofFeatures = features('rider-trust', 1, Ping, (ping) => ({
  step: geo.distance(ping.lat, ping.lng),
  speed: geo.speed(ping.lat, ping.lng, { whenEmpty: INSTANT }),
  repeated: geo.repeated(ping.lat, ping.lng, { points: 60 }),
}))

/** A ping of a delivery, with where it has to go. */
export const Position = z.object({
  time: z.number(), lat: z.number(), lng: z.number(), traffic: z.number(),
  isPickedUp: z.boolean(),
  restaurantLat: z.number(), restaurantLng: z.number(), customerLat: z.number(), customerLng: z.number(),
})
export type Position = z.output<typeof Position>

/** The five features of an ETA, in the order in which the model takes them. Distances are as the crow flies, in metres. */
export const etaFeatures = features('delivery-eta', 1, Position, (at) => ({
  /** 0 after the pick-up. */
  toRestaurant: at.isPickedUp.not().times(geo.between(at.lat, at.lng, at.restaurantLat, at.restaurantLng)),
  /** What is left of it: after the pick-up from the rider to the customer. */
  toCustomer: at.isPickedUp.not().times(geo.between(at.restaurantLat, at.restaurantLng, at.customerLat, at.customerLng))
    .plus(at.isPickedUp.times(geo.between(at.lat, at.lng, at.customerLat, at.customerLng))),
  traffic: at.traffic,
  minuteOfDay: at.time.minuteOfDay(),
  /** m/s along the last 10 pings of this delivery. */
  riderSpeed: geo.speed(at.lat, at.lng, { points: 10 }),
}))
