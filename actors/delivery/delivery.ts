// Delivery: from the order to the payment, with an ETA at every ping of its rider.
//
//   expected -> placed -- assigned --> underway: toRestaurant -> atRestaurant -> toCustomer --> completed
//                                      underway -- two minutes without pings --> lost -- a newer ping --> underway, where it was
//                                      lost -- twenty minutes --> failed;   any -- cancelled --> cancelled
//
// V1. A ping may come late or twice. One seen before changes nothing; an older one may open a geofence, but closes none and makes no ETA.
// V2. A delivery completes in the customer's geofence, by a ping not older than the one that left the restaurant's. It is paid then, and only then.
import { and, assign, cancel, emit, raise, setup } from 'xstate'
import { defineActor, infer, required } from 'statelog'
import type { Assigned, Cancelled, Estimated, Ping, Placed } from './events.ts'
import { OrderEvent } from './events.ts'
import { etaFeatures } from './features.ts'
import { eta } from './model.ts'
import type { DeliveryStep, Eta, Payment } from './outputs.ts'
import { SILENT_MS } from './pings.ts'
import { isAtCustomer, isAtRestaurant, newDelivery, observed, stepOf } from './progress.ts'
import type { DeliveryContext } from './progress.ts'

/** A lost rider who does not come back within this time is given up, ms. */
export const GIVE_UP_MS = 1_200_000

const DAY_MS = 86_400_000

/** The timer of the watch; not moved by every ping, see `rider.ts`. */
interface Silence {
  readonly type: 'silence'
  readonly time: number
}

type DeliveryEvent = Placed | Assigned | Cancelled | Ping | Estimated | Silence

const steps = setup({
  types: {
    context: {} as DeliveryContext,
    events: {} as DeliveryEvent,
    input: {} as { readonly id: string },
    emitted: {} as Eta | DeliveryStep | Payment,
  },
  guards: {
    isKnown: ({ context, event }) => event.type === 'ping' && context.recent.includes(event.pingId),
    isNewest: ({ context, event }) => event.time > context.newestMs,
    entersRestaurant: ({ context, event }) => event.type === 'ping' && isAtRestaurant(context, event),
    leavesRestaurant: ({ context, event }) => event.type === 'ping' && event.time > context.newestMs && !isAtRestaurant(context, event),
    leavesToCustomer: ({ context, event }) => event.type === 'ping' && event.time > context.newestMs && !isAtRestaurant(context, event) && isAtCustomer(context, event),
    entersCustomer: ({ context, event }) => event.type === 'ping' && event.time >= (context.pickedUpMs ?? Infinity) && isAtCustomer(context, event),
    isSilent: ({ context, event }) => event.time >= context.quietSinceMs + SILENT_MS,
  },
  actions: {
    place: assign({ order: ({ event }) => event as Placed }),
    take: assign({
      riderId: ({ event }) => (event as Assigned).riderId,
      quietSinceMs: ({ context, event }) => Math.max(context.quietSinceMs, event.time),
    }),
    observe: assign(({ context, event }) => observed(context, event as Ping)),
    pickUp: assign({ pickedUpMs: ({ event }) => event.time }),
    score: infer(eta, ({ context }) => etaFeatures.values(context.track)),
    watch: raise({ type: 'silence', time: 0 }, { id: 'silence', delay: ({ context, event }) => Math.max(0, context.quietSinceMs + SILENT_MS - event.time) }),
    tellEta: emit(({ context, event }) => etaOf(context, event as Estimated)),
    promise: assign({ promisedMs: ({ context, event }) => context.promisedMs ?? arrivalMs(context, event as Estimated) }),
    tellPickedUp: emit(({ context, event }) => stepOf('delivery.pickedUp', context, event.time)),
    tellCompleted: emit(({ context, event }) => stepOf('delivery.completed', context, event.time)),
    tellLost: emit(({ context, event }) => stepOf('delivery.lost', context, event.time)),
    tellFound: emit(({ context, event }) => stepOf('delivery.found', context, event.time)),
    tellFailed: emit(({ context, event }) => stepOf('delivery.failed', context, event.time)),
    tellCancelled: emit(({ context, event }) => stepOf('delivery.cancelled', context, event.time)),
    pay: emit(({ context, event }) => ({ type: 'payment', time: event.time, deliveryId: context.deliveryId, riderId: context.riderId, amountCents: context.order?.priceCents ?? 0 })),
  },
  delays: { givingUp: GIVE_UP_MS },
})

const machine = steps.createMachine({
  id: 'delivery',
  context: ({ input }) => newDelivery(input.id),
  initial: 'expected',
  on: { cancelled: '.cancelled' },
  states: {
    // Pings may be here before the order is.
    expected: { on: { placed: { target: 'placed', actions: 'place' } } },
    placed: { on: { assigned: { target: 'underway', actions: 'take' } } },
    underway: {
      entry: 'watch',
      exit: cancel('silence'),
      on: {
        'inference.eta': { actions: ['tellEta', 'promise'] },
        silence: [{ guard: 'isSilent', target: 'lost' }, { actions: 'watch' }],
      },
      initial: 'toRestaurant',
      states: {
        toRestaurant: {
          on: {
            ping: [
              { guard: 'isKnown' },
              { guard: and(['entersRestaurant', 'isNewest']), target: 'atRestaurant', actions: ['observe', 'score'] },
              { guard: 'entersRestaurant', target: 'atRestaurant', actions: 'observe' },
              { guard: 'isNewest', actions: ['observe', 'score'] },
              { actions: 'observe' },
            ],
          },
        },
        atRestaurant: {
          on: {
            ping: [
              { guard: 'isKnown' },
              { guard: 'leavesToCustomer', target: '#delivery.completed', actions: ['pickUp', 'tellPickedUp', 'observe'] },
              { guard: 'leavesRestaurant', target: 'toCustomer', actions: ['pickUp', 'tellPickedUp', 'observe', 'score'] },
              { guard: 'isNewest', actions: ['observe', 'score'] },
              { actions: 'observe' },
            ],
          },
        },
        toCustomer: {
          on: {
            ping: [
              { guard: 'isKnown' },
              { guard: 'entersCustomer', target: '#delivery.completed', actions: 'observe' },
              { guard: 'isNewest', actions: ['observe', 'score'] },
              { actions: 'observe' },
            ],
          },
        },
        before: { type: 'history' },
      },
    },
    lost: {
      entry: [assign({ quietSinceMs: ({ event }) => event.time }), 'tellLost'],
      on: {
        // Taken again where it was: it may be the one that opens a geofence.
        ping: { guard: 'isNewest', target: 'underway.before', actions: ['tellFound', raise(({ event }) => event)] },
      },
      after: { givingUp: 'failed' },
    },
    completed: { type: 'final', entry: ['tellCompleted', 'pay'] },
    failed: { type: 'final', entry: 'tellFailed' },
    cancelled: { type: 'final', entry: 'tellCancelled' },
  },
})

function arrivalMs({ newestMs }: DeliveryContext, { score }: Estimated): number {
  return newestMs + Math.round(secondsOf(score) * 1000)
}

/** Trees may come out below zero near the door. */
function secondsOf(score: number): number {
  return Math.max(0, score)
}

function etaOf(context: DeliveryContext, estimated: Estimated): Eta {
  const { deliveryId, riderId, newestMs, recent, track } = context
  const { score, model: name, version, hash } = estimated
  const values = etaFeatures.values(track)
  return {
    type: 'eta', time: newestMs, deliveryId, riderId: riderId ?? '', pingId: recent.at(-1) ?? '', seconds: secondsOf(score), arrival: arrivalMs(context, estimated),
    model: { name, version, hash }, features: Object.fromEntries(etaFeatures.names.map((feature, i) => [feature, values[i]!])),
  }
}

/** The delivery, with its order: 'arrival' for live traffic, 'eventTime' for history. `idleAfter`: when orders that do not come are no longer awaited. */
export function delivery(order: 'arrival' | 'eventTime', idleAfter?: number) {
  return defineActor({
    name: 'delivery',
    version: 1,
    machine,
    sources: {
      orders: {
        schema: OrderEvent,
        key: (event) => event.deliveryId,
        id: (event) => event.orderEventId,
        rules: [required('orderEventId', (event: OrderEvent) => event.orderEventId)],
        ...(idleAfter === undefined ? {} : { idleAfter }),
      },
    },
    outputs: {
      eta: 'etas', payment: 'payments',
      'delivery.pickedUp': 'deliveries', 'delivery.completed': 'deliveries', 'delivery.lost': 'deliveries', 'delivery.found': 'deliveries', 'delivery.failed': 'deliveries', 'delivery.cancelled': 'deliveries',
    },
    order,
    rank: ['placed', 'assigned', 'cancelled', 'ping'],
    timers: 'event',
    // V1 says what a late ping still does.
    late: 'apply',
    dedup: { count: 8, within: '1d' },
    // History runs hours of event time in a second: orders that wait for the slowest rider would come after the pings they belong to.
    limits: { skewMs: DAY_MS },
  })
}
