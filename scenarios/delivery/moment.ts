// A moment of the story: a ping or an order event with the time at which it arrives, and what is true about it all.
import type { OrderEvent, Ping } from '../../actors/delivery/events.ts'
import type { Suspicion } from '../../actors/delivery/outputs.ts'

export type Moment =
  | { readonly kind: 'ping'; readonly arriveMs: number; readonly ping: Ping }
  | { readonly kind: 'order'; readonly arriveMs: number; readonly event: OrderEvent }

/** Moments in arrays, in the order of arrival. Every iteration starts again and yields the same. */
export type Moments = () => AsyncIterable<readonly Moment[]>

/** A rider on a delivery whose phone said nothing from one time to another; Infinity: it never spoke again. */
export interface Silence {
  readonly deliveryId: string
  readonly fromMs: number
  readonly untilMs: number
}

/** What a generator knows. Filled while its moments are drawn. */
export class Truth {
  /** Riders that have spoofed so far, with how. */
  readonly spoofers = new Map<string, Suspicion['sign']>()
  readonly silences: Silence[] = []
}
