// The delivery domain as one app: riders, their watch against spoofing, deliveries, and the router that brings pings to them.
import { defineSystem } from 'statelog'
import type { SystemDefinition } from 'statelog'
import { delivery } from './delivery.ts'
import { eta } from './model.ts'
import { pingRouter } from './ping-router.ts'
import { rider } from './rider.ts'
import { spoof } from './spoof.ts'

export interface DeliverySystemOptions {
  /** Of the deliveries: 'arrival' for live traffic, 'eventTime' for history. */
  readonly order: 'arrival' | 'eventTime'
  /** Of all actor types, fixed for the life of the app. 4 unless given. */
  readonly partitions?: number
  /** For live traffic: a partition without orders for so long no longer holds the time of its deliveries back, ms. */
  readonly idleAfter?: number
}

export function deliverySystem({ order, partitions = 4, idleAfter }: DeliverySystemOptions): SystemDefinition {
  return defineSystem({ name: 'delivery', actors: [rider, spoof, pingRouter, delivery(order, idleAfter)], models: [eta], partitions })
}
