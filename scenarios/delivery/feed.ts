// The feed: moments as records for the topics 'pings' and 'orders', and what was fed, for the summary.
//
// D1. Every feed of the same story yields the same items in the same chunks.
// D2. After each chunk both topics promise that nothing older comes than what may still be on its way; clocks that lie do not count.
import { OUT_OF_ORDER_MS } from '../../actors/delivery/pings.ts'
import type { FeedEvent, FeedItem } from '../../system/authoring/scenario.ts'
import type { Moment, Moments } from './moment.ts'

const CHUNK_ITEMS = 500
const TOPICS = ['pings', 'orders'] as const

/** What a feed has yielded so far. Filled by the feed, read by the summary. */
export class Fed {
  pings = 0
  /** Pings that came after a newer one of their rider. */
  outOfOrder = 0
  placed = 0
  /** When the first one arrived: clocks may lie. */
  firstMs = Infinity
  /** The newest event time. */
  lastMs = -Infinity
  readonly #newestMs = new Map<string, number>()

  add(moment: Moment): void {
    const { time } = moment.kind === 'ping' ? moment.ping : moment.event
    this.firstMs = Math.min(this.firstMs, moment.arriveMs)
    this.lastMs = Math.max(this.lastMs, time)
    if (moment.kind === 'order') {
      if (moment.event.type === 'placed') this.placed += 1
      return
    }
    this.pings += 1
    const newestMs = this.#newestMs.get(moment.ping.riderId) ?? -Infinity
    if (time < newestMs) this.outOfOrder += 1
    else this.#newestMs.set(moment.ping.riderId, time)
  }
}

export async function* feed(moments: Moments, fed: Fed): AsyncGenerator<readonly FeedItem[]> {
  let items: FeedItem[] = []
  for await (const some of moments()) {
    for (const moment of some) {
      if (items.length >= CHUNK_ITEMS) {
        yield [...items, ...promises(moment.arriveMs - OUT_OF_ORDER_MS)]
        items = []
      }
      fed.add(moment)
      items.push(itemOf(moment))
    }
  }
  // A millisecond more, so that the last events are behind the watermark. Not the end of time: timers due later stay armed.
  yield fed.pings === 0 ? items : [...items, ...promises(fed.lastMs + 1)]
}

export function promises(watermarkMs: number): readonly FeedItem[] {
  return TOPICS.map((topic) => ({ topic, watermarkMs }))
}

function itemOf(moment: Moment): FeedEvent {
  if (moment.kind === 'order') return { topic: 'orders', key: moment.event.deliveryId, timeMs: moment.event.time, event: moment.event }
  return { topic: 'pings', key: moment.ping.riderId, timeMs: moment.ping.time, event: moment.ping }
}
