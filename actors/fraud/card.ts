// Card: folds how it is used, hands every transaction to its terminal, and reacts to what was decided there.
//
//   normal -- review --> suspicious -- a quiet day --> normal
//   any    -- decline -> blocked -- two days --> coolingOff -- a quiet day --> normal; there, a review blocks again
//
// Neither the features nor what the terminal is told depend on the card's state: a blocked card is scored like any other, so a
// verdict may come at any time without changing a later score.
import { assign, emit, setup } from 'xstate'
import { defineActor, range, required, rule, tell } from 'statelog'
import { Transaction } from './events.ts'
import type { Purchase, Verdict } from './events.ts'
import { cardFeatures } from './features.ts'

interface CardContext {
  readonly cardId: string
  readonly spending: typeof cardFeatures.State
}

const HOUR_MS = 3_600_000
const YEAR_2000_MS = 946_684_800_000

const machine = setup({
  types: {
    context: {} as CardContext,
    events: {} as Transaction | Verdict,
    input: {} as { readonly id: string },
    emitted: {} as
      | { readonly type: 'card.blocked'; readonly cardId: string; readonly time: number; readonly transactionId: string; readonly score: number }
      | { readonly type: 'card.unblocked'; readonly cardId: string; readonly time: number },
  },
  guards: {
    isDeclined: ({ event }) => event.type === 'verdict' && event.decision === 'decline',
    isReviewed: ({ event }) => event.type === 'verdict' && event.decision === 'review',
    isDoubtful: ({ event }) => event.type === 'verdict' && event.decision !== 'approve',
  },
  delays: { watching: 24 * HOUR_MS, blocking: 48 * HOUR_MS, coolingOff: 24 * HOUR_MS },
}).createMachine({
  id: 'card',
  context: ({ input }) => ({ cardId: input.id, spending: cardFeatures.empty }),
  initial: 'normal',
  on: {
    transaction: {
      actions: [
        assign({ spending: ({ context, event }) => cardFeatures.fold(context.spending, event) }),
        tell('terminal', ({ event }) => event.terminalId, ({ context, event }): Purchase => ({
          type: 'purchase',
          time: event.time,
          transactionId: event.transactionId,
          cardId: event.cardId,
          amount: event.amount,
          spending: cardFeatures.values(context.spending, event.time),
        })),
      ],
    },
  },
  states: {
    normal: {
      on: {
        verdict: [
          { guard: 'isDeclined', target: 'blocked' },
          { guard: 'isReviewed', target: 'suspicious' },
        ],
      },
    },
    suspicious: {
      on: {
        verdict: [
          { guard: 'isDeclined', target: 'blocked' },
          // Starts the watch again.
          { guard: 'isReviewed', target: 'suspicious', reenter: true },
        ],
      },
      after: { watching: 'normal' },
    },
    blocked: {
      entry: emit(({ context, event }) => {
        const { time, transactionId, score } = event as Verdict
        return { type: 'card.blocked', cardId: context.cardId, time, transactionId, score }
      }),
      after: {
        blocking: {
          target: 'coolingOff',
          // A timer's event carries the moment it was due.
          actions: emit(({ context, event }) => ({ type: 'card.unblocked', cardId: context.cardId, time: event.time })),
        },
      },
    },
    coolingOff: {
      on: { verdict: { guard: 'isDoubtful', target: 'blocked' } },
      after: { coolingOff: 'normal' },
    },
  },
})

export const card = defineActor({
  name: 'card',
  version: 1,
  machine,
  sources: {
    transactions: {
      schema: Transaction,
      key: (tx) => tx.cardId,
      id: (tx) => tx.transactionId,
      rules: [
        range('amount', (tx: Transaction) => tx.amount, { min: 0, max: 1_000_000 }),
        required('transactionId', (tx: Transaction) => tx.transactionId),
        required('terminalId', (tx: Transaction) => tx.terminalId),
        rule('time >= 2000-01-01', (tx: Transaction) => tx.time >= YEAR_2000_MS),
      ],
    },
  },
  outputs: { 'card.blocked': 'alerts', 'card.unblocked': 'alerts' },
  tells: { terminal: 'forward' },
  timers: 'event',
  dedup: { count: 32, within: '1d' },
})
