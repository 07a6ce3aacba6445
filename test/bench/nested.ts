// A machine of 30 states for the micro-benchmarks: three regions with states in states, guards, assigns and an event that all regions take together.
import { assign, setup } from 'xstate'

interface Context {
  readonly steps: number
  readonly moved: number
}

const nested = setup({
  types: { context: {} as Context, events: {} as { type: 'step' | 'swap' | 'pause'; amount: number } },
  guards: { isLarge: ({ event }) => event.amount > 50 },
  actions: { count: assign({ steps: ({ context }) => context.steps + 1 }), move: assign({ moved: ({ context, event }) => (context.moved + event.amount) % 1000 }) },
})

/** Three states in a ring. */
const ring = {
  initial: 'a' as const,
  states: {
    a: { on: { step: [{ guard: 'isLarge' as const, target: 'c' as const, actions: 'move' as const }, { target: 'b' as const, actions: 'count' as const }] } },
    b: { on: { step: { target: 'c' as const, actions: 'count' as const } } },
    c: { on: { step: { target: 'a' as const, actions: 'move' as const } } },
  },
}

const region = {
  initial: 'left' as const,
  states: {
    left: { ...ring, on: { swap: 'right' as const } },
    right: { ...ring, on: { swap: 'left' as const } },
  },
}

const pausing = { ...region, states: { ...region.states, paused: { on: { pause: 'left' as const } } }, on: { pause: '.paused' as const } }

export const nestedMachine = nested.createMachine({
  id: 'nested', context: { steps: 0, moved: 0 }, type: 'parallel',
  states: { first: region, second: pausing, third: pausing },
})

const TYPES = ['step', 'step', 'step', 'swap', 'step', 'step', 'pause', 'step'] as const

export function nestedEvent(n: number): { readonly type: (typeof TYPES)[number]; readonly amount: number } {
  return { type: TYPES[n % TYPES.length] ?? 'step', amount: (n * 37) % 100 }
}
