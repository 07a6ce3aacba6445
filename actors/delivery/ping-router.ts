// Ping router: pings are keyed by rider, a delivery wants those of its rider. Re-keys them into the inbox of `delivery`.
//
// The third consumer group of the topic. It passes duplicates on: one entity stands for all pings of a partition, so that a window of
// ids that is long enough would be dear. A delivery knows its own.
import { defineIngress } from 'statelog'
import { pings } from './pings.ts'

export const pingRouter = defineIngress({
  name: 'ping-router',
  sources: { pings },
  tells: ['delivery'],
  route: (ping) => (ping.deliveryId === '' ? undefined : { target: 'delivery', id: ping.deliveryId }),
})
