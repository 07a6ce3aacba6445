// The timeline: payments and their labels in the order of time.
//
// T1. A label comes at its payment's time + delay; at equal times before payments.
// T2. Labels later than the last payment never come: nobody knows them yet.
import type { Payment, Payments } from './payment.ts'

export type Moment =
  | { readonly kind: 'payment'; readonly timeMs: number; readonly payment: Payment }
  | { readonly kind: 'label'; readonly timeMs: number; readonly payment: Payment }

/** Yields arrays of moments. Holds the payments of one delay in memory. */
export async function* timeline(payments: Payments, labelDelayMs: number): AsyncGenerator<readonly Moment[]> {
  let waiting: Payment[] = []
  let next = 0
  for await (const some of payments()) {
    const moments: Moment[] = []
    for (const payment of some) {
      for (let due = waiting[next]; due !== undefined && due.timeMs + labelDelayMs <= payment.timeMs; due = waiting[++next]) {
        moments.push({ kind: 'label', timeMs: due.timeMs + labelDelayMs, payment: due })
      }
      waiting.push(payment)
      moments.push({ kind: 'payment', timeMs: payment.timeMs, payment })
    }
    waiting = waiting.slice(next)
    next = 0
    yield moments
  }
}
