// Terminal: knows how its past transactions turned out, has every purchase scored, and decides.
//
//   open -- purchase --> scoring -- inference.fraud --> open
//
// With `order: 'eventTime'` labels and purchases are taken strictly by event time, so that decisions are the same however the
// input was cut or delayed; with 'arrival' they are taken as they come.
import { assign, emit, setup } from 'xstate'
import { defineActor, infer, required, rule, tell } from 'statelog'
import { Label } from './events.ts'
import type { Purchase, Scored, Verdict } from './events.ts'
import { namedFeatures, purchaseVector, terminalFeatures } from './features.ts'
import { decide, fraud } from './model.ts'

/** A purchase that waits for its score, with exactly the vector that is scored. */
interface Pending {
  readonly purchase: Purchase
  readonly vector: readonly number[]
}

interface TerminalContext {
  readonly terminalId: string
  readonly risk: typeof terminalFeatures.State
  readonly pending: Pending | null
}

/** One for every transaction, on topic 'decisions'. */
export interface Decision {
  readonly type: 'decision'
  readonly time: number
  readonly transactionId: string
  readonly cardId: string
  readonly terminalId: string
  readonly amount: number
  readonly decision: Verdict['decision']
  readonly score: number
  readonly model: { readonly name: string; readonly version: number; readonly hash: string }
  readonly features: Readonly<Record<string, number>>
}

const YEAR_2000_MS = 946_684_800_000
const DAY_MS = 86_400_000

const machine = setup({
  types: {
    context: {} as TerminalContext,
    events: {} as Label | Purchase | Scored,
    input: {} as { readonly id: string },
    emitted: {} as Decision,
  },
}).createMachine({
  id: 'terminal',
  context: ({ input }) => ({ terminalId: input.id, risk: terminalFeatures.empty, pending: null }),
  initial: 'open',
  on: {
    label: { actions: assign({ risk: ({ context, event }) => terminalFeatures.fold(context.risk, event) }) },
  },
  states: {
    open: {
      on: {
        purchase: {
          target: 'scoring',
          actions: [
            assign({
              pending: ({ context, event }) => ({
                purchase: event,
                vector: purchaseVector(event.amount, event.spending, terminalFeatures.values(context.risk, event.time)),
              }),
            }),
            infer(fraud, ({ context }) => pendingOf(context).vector),
          ],
        },
      },
    },
    scoring: {
      on: {
        'inference.fraud': {
          target: 'open',
          actions: [
            emit(({ context, event }) => decisionOf(context, event)),
            tell('card', ({ context }) => pendingOf(context).purchase.cardId, ({ context, event }) => verdictOf(context, event)),
            assign({ pending: null }),
          ],
        },
      },
    },
  },
})

/** In `scoring` there is always one. */
function pendingOf(context: TerminalContext): Pending {
  return context.pending as Pending
}

function decisionOf(context: TerminalContext, { score, model, version, hash }: Scored): Decision {
  const { purchase, vector } = pendingOf(context)
  const { time, transactionId, cardId, amount } = purchase
  return {
    type: 'decision', time, transactionId, cardId, terminalId: context.terminalId, amount,
    decision: decide(score), score, model: { name: model, version, hash }, features: namedFeatures(vector),
  }
}

function verdictOf(context: TerminalContext, { score }: Scored): Verdict {
  const { time, transactionId } = pendingOf(context).purchase
  return { type: 'verdict', time, transactionId, score, decision: decide(score) }
}

/** The terminal, with its order: 'arrival' for live traffic, 'eventTime' for history. */
export function terminal(order: 'arrival' | 'eventTime') {
  return defineActor({
    name: 'terminal',
    version: 1,
    machine,
    sources: {
      labels: {
        schema: Label,
        key: (label) => label.terminalId,
        id: (label) => label.transactionId,
        rules: [
          required('transactionId', (label: Label) => label.transactionId),
          rule('time >= 2000-01-01', (label: Label) => label.time >= YEAR_2000_MS),
        ],
      },
    },
    outputs: { decision: 'decisions' },
    // The card does not wait for verdicts, and nothing it sends depends on them.
    tells: { card: 'feedback' },
    order,
    rank: ['label', 'purchase'],
    dedup: { count: 32, within: '1d' },
    // History runs a day of event time in a second or less: ten minutes ahead would stop the labels at every turn.
    limits: { skewMs: DAY_MS },
  })
}
