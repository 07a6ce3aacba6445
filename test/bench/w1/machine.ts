// W1's account as a statechart. It scores every payment and says so in one output.
//
//   normal -- suspect --> suspicious -- very high --> blocked -- ten minutes later --> normal
import { assign, emit, setup } from 'xstate'
import { COUNT, hasCooled, isSuspect, isVeryHigh, NEW_ACCOUNT, paid, SCORE } from './account.ts'
import type { Account, PaymentEvent, Standing } from './account.ts'

export interface Scored {
  readonly type: 'scored'
  readonly count: number
  readonly seq: number
  readonly score: number
  readonly state: Standing
}

export const accountMachine = setup({
  types: { context: {} as { readonly account: Account }, events: {} as PaymentEvent, emitted: {} as Scored },
  guards: {
    isSuspect: ({ context, event }) => isSuspect(context.account, event),
    isVeryHigh: ({ event }) => isVeryHigh(event),
    hasCooled: ({ context, event }) => hasCooled(context.account, event),
  },
  actions: {
    pay: assign({ account: ({ context, event }, { from, to }: { readonly from: Standing; readonly to: Standing }) => paid(context.account, event, from, to) }),
    say: emit(({ context, event }, { to }: { readonly to: Standing }): Scored => ({ type: 'scored', count: context.account[COUNT] ?? 0, seq: event.seq, score: context.account[SCORE] ?? 0, state: to })),
  },
}).createMachine({
  id: 'account',
  context: { account: NEW_ACCOUNT },
  initial: 'normal',
  states: {
    normal: { on: { payment: [{ guard: 'isSuspect', target: 'suspicious', actions: moving(0, 1) }, { actions: moving(0, 0) }] } },
    suspicious: { on: { payment: [{ guard: 'isVeryHigh', target: 'blocked', actions: moving(1, 2) }, { actions: moving(1, 1) }] } },
    blocked: { on: { payment: [{ guard: 'hasCooled', target: 'normal', actions: moving(2, 0) }, { actions: moving(2, 2) }] } },
  },
})

function moving(from: Standing, to: Standing) {
  return [{ type: 'pay' as const, params: { from, to } }, { type: 'say' as const, params: { to } }]
}
