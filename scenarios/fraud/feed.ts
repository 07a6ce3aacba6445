// The feed: the timeline as records for the topics 'transactions' and 'labels', and what was fed, for the summary.
//
// D1. Every feed of the same input yields the same items in the same chunks.
// D2. After each chunk both topics promise that nothing older comes, so that partitions without events know the time.
import type { FeedEvent, FeedItem } from '../../system/authoring/scenario.ts'
import type { FailureClass } from '../../system/protocol/failures.ts'
import { BadRecords } from './hostile.ts'
import type { Payments } from './payment.ts'
import { timeline } from './timeline.ts'
import type { Moment } from './timeline.ts'

const CHUNK_ITEMS = 500
const TOPICS = ['transactions', 'labels'] as const

export interface FeedInput {
  readonly payments: Payments
  readonly labelDelayMs: number
  readonly seed: number
  /** Share of bad records among transactions. */
  readonly bad: number
}

/** What a feed has yielded so far. Filled by the feed, read by the summary. */
export class Fed {
  transactions = 0
  labels = 0
  firstMs = Infinity
  lastMs = -Infinity
  /** Fraudulent transactions; the rest is genuine. */
  readonly frauds = new Set<string>()
  /** Bad records by the class they must be dead-lettered with. */
  readonly bad = new Map<FailureClass, number>()

  add({ kind, timeMs, payment }: Moment): void {
    if (kind === 'label') {
      this.labels += 1
      return
    }
    this.transactions += 1
    this.firstMs = Math.min(this.firstMs, timeMs)
    this.lastMs = timeMs
    if (payment.fraud === 1) this.frauds.add(payment.transactionId)
  }

  addBad(failureClass: FailureClass): void {
    this.bad.set(failureClass, (this.bad.get(failureClass) ?? 0) + 1)
  }
}

export async function* feed(input: FeedInput, fed: Fed): AsyncGenerator<readonly FeedItem[]> {
  const bad = new BadRecords(input.seed, input.bad)
  let items: FeedItem[] = []
  for await (const moments of timeline(input.payments, input.labelDelayMs)) {
    for (const moment of moments) {
      if (items.length >= CHUNK_ITEMS) {
        yield [...items, ...promises(moment.timeMs)]
        items = []
      }
      if (moment.kind === 'payment') {
        for (const record of bad.before(moment.payment)) {
          fed.addBad(record.class)
          items.push(record.item)
        }
      }
      fed.add(moment)
      items.push(eventOf(moment))
    }
  }
  // A millisecond more, so that the last events are behind the watermark. Not the end of time: timers due later stay armed.
  yield fed.transactions === 0 ? items : [...items, ...promises(fed.lastMs + 1)]
}

function promises(watermarkMs: number): readonly FeedItem[] {
  return TOPICS.map((topic) => ({ topic, watermarkMs }))
}

function eventOf({ kind, timeMs, payment }: Moment): FeedEvent {
  const { transactionId, cardId, terminalId, amount, fraud } = payment
  return kind === 'payment'
    ? { topic: 'transactions', key: cardId, timeMs, event: { type: 'transaction', time: timeMs, transactionId, cardId, terminalId, amount } }
    : { topic: 'labels', key: terminalId, timeMs, event: { type: 'label', time: timeMs, transactionId, terminalId, fraud } }
}
