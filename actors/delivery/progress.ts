// Progress: what a delivery remembers of its order and its rider, and how a ping changes it.
import { isWithinM } from '../../system/features/geo.ts'
import type { Ping, Placed } from './events.ts'
import { etaFeatures } from './features.ts'
import type { DeliveryStep } from './outputs.ts'

/** Radius of the geofences of restaurants and customers, m. */
export const GEOFENCE_M = 60
/** Ids of pings remembered against duplicates: over a minute of them. */
const RECENT_MAX = 16

export interface DeliveryContext {
  readonly deliveryId: string
  /** Null until the order is there. */
  readonly order: Placed | null
  readonly riderId: string | null
  readonly track: typeof etaFeatures.State
  /** Ids of the last pings, newest last. */
  readonly recent: readonly string[]
  /** Time of the newest ping. */
  readonly newestMs: number
  /** Since when silence counts: the assignment, the newest ping, or the moment of being lost. */
  readonly quietSinceMs: number
  readonly pickedUpMs: number | null
  /** The arrival that the first ETA promised. */
  readonly promisedMs: number | null
}

export function newDelivery(deliveryId: string): DeliveryContext {
  return { deliveryId, order: null, riderId: null, track: etaFeatures.empty, recent: [], newestMs: 0, quietSinceMs: 0, pickedUpMs: null, promisedMs: null }
}

/** After one more ping of a delivery that has its order. */
export function observed(context: DeliveryContext, { time, pingId, lat, lng, traffic }: Ping): DeliveryContext {
  const { restaurantLat, restaurantLng, customerLat, customerLng } = orderOf(context)
  const position = { time, lat, lng, traffic, isPickedUp: context.pickedUpMs !== null, restaurantLat, restaurantLng, customerLat, customerLng }
  return {
    ...context,
    track: etaFeatures.fold(context.track, position),
    recent: [...(context.recent.length < RECENT_MAX ? context.recent : context.recent.slice(1)), pingId],
    newestMs: Math.max(context.newestMs, time),
    quietSinceMs: Math.max(context.quietSinceMs, time),
  }
}

export function isAtRestaurant(context: DeliveryContext, { lat, lng }: Ping): boolean {
  const { restaurantLat, restaurantLng } = orderOf(context)
  return isWithinM(GEOFENCE_M, lat, lng, restaurantLat, restaurantLng)
}

export function isAtCustomer(context: DeliveryContext, { lat, lng }: Ping): boolean {
  const { customerLat, customerLng } = orderOf(context)
  return isWithinM(GEOFENCE_M, lat, lng, customerLat, customerLng)
}

export function stepOf(type: DeliveryStep['type'], { deliveryId, riderId, order, promisedMs }: DeliveryContext, time: number): DeliveryStep {
  return { type, time, deliveryId, riderId, placed: order?.time ?? time, promised: promisedMs }
}

/** Underway there always is one. */
function orderOf(context: DeliveryContext): Placed {
  return context.order as Placed
}
