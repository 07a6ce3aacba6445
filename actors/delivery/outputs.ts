// What the actors give out, by topic. `time` is always event time; no output holds a processing time.

/** Topic 'speeds': one for each ping of a rider. What an ETA wants to know of a rider. */
export interface RiderSpeed {
  readonly type: 'rider.speed'
  readonly time: number
  readonly riderId: string
  readonly pingId: string
  /** Mean speed along the last 10 pings, m/s. */
  readonly speed: number
  /** Length of that way, m. */
  readonly distance: number
}

/** Topic 'riders': a rider fell silent, or came back. */
export interface RiderContact {
  readonly type: 'rider.lost' | 'rider.found'
  readonly time: number
  readonly riderId: string
  /** Time of the newest ping before. */
  readonly silentSince: number
}

/** Topic 'spoofing': a rider's positions cannot be true. One for each kind of sign until the rider is trusted again. */
export interface Suspicion {
  readonly type: 'spoof.suspected'
  readonly time: number
  readonly riderId: string
  readonly pingId: string
  readonly sign: 'speed' | 'teleport' | 'staleClock' | 'repeatedTrack'
  /** What showed it: metres and m/s of the newest step, ms behind the rider's newest ping, steps taken before. */
  readonly evidence: { readonly step: number; readonly speed: number; readonly behindMs: number; readonly repeated: number }
}

/** Topic 'etas': one for each ping of a delivery that is newer than those before. */
export interface Eta {
  readonly type: 'eta'
  readonly time: number
  readonly deliveryId: string
  readonly riderId: string
  readonly pingId: string
  /** Seconds until arrival, counted from `time`. */
  readonly seconds: number
  readonly arrival: number
  readonly model: { readonly name: string; readonly version: number; readonly hash: string }
  readonly features: Readonly<Record<string, number>>
}

/** Topic 'deliveries': a step in the life of a delivery. */
export interface DeliveryStep {
  readonly type: 'delivery.pickedUp' | 'delivery.completed' | 'delivery.lost' | 'delivery.found' | 'delivery.failed' | 'delivery.cancelled'
  readonly time: number
  readonly deliveryId: string
  readonly riderId: string | null
  readonly placed: number
  /** The arrival that the first ETA promised; null before there was one. */
  readonly promised: number | null
}

/** Topic 'payments': exactly one for a completed delivery, none for any other. */
export interface Payment {
  readonly type: 'payment'
  readonly time: number
  readonly deliveryId: string
  readonly riderId: string | null
  readonly amountCents: number
}
