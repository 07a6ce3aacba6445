// What reaches the actors: transactions and labels from outside, purchases and verdicts between card and terminal.
import * as z from 'zod'

const Id = z.string().max(64)

/** A payment by card, as the acquirer reports it. */
export const Transaction = z.object({
  type: z.literal('transaction'),
  /** Event time, ms since the epoch, UTC. */
  time: z.number(),
  transactionId: Id,
  cardId: Id,
  terminalId: Id,
  amount: z.number(),
})
export type Transaction = z.output<typeof Transaction>

/** What a transaction turned out to be. `time` is when that became known, days after the transaction. */
export const Label = z.object({
  type: z.literal('label'),
  time: z.number(),
  transactionId: Id,
  terminalId: Id,
  fraud: z.literal([0, 1]),
})
export type Label = z.output<typeof Label>

/** Card to terminal: a transaction with the card's features at that moment. */
export interface Purchase {
  readonly type: 'purchase'
  readonly time: number
  readonly transactionId: string
  readonly cardId: string
  readonly amount: number
  /** The values of `cardFeatures`. */
  readonly spending: readonly number[]
}

/** Terminal back to card: what was decided. Feedback: the card never waits for it. */
export interface Verdict {
  readonly type: 'verdict'
  readonly time: number
  readonly transactionId: string
  readonly score: number
  readonly decision: 'approve' | 'review' | 'decline'
}

/** The score of a purchase, from the runtime. */
export interface Scored {
  readonly type: 'inference.fraud'
  readonly time: number
  readonly score: number
  readonly model: string
  readonly version: number
  readonly hash: string
}
