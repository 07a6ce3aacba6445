// Crowd: orders on their way, so many that nothing may cost by their number. Nested, parallel, with a history and a delay, features and a model.
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { defineActor, defineModel, defineSystem, features, infer, range, sliding } from '../../../adapters/node/statelog.ts'

export const STEPS = ['weigh', 'pack', 'box', 'send', 'drive', 'pay', 'refund', 'hold', 'resume', 'home', 'back'] as const
export const WEIGHT_MAX = 1000
/** Above it an order that comes home is held. */
export const HEAVY = 800

const Step = z.object({ type: z.literal(STEPS), time: z.number(), order: z.string(), weight: z.number() })
type Step = z.output<typeof Step>

const effort = defineModel({ kind: 'linear', name: 'effort', version: 1, features: ['weighed1h', 'mean1h'], weights: [0.5, 0.01], bias: 0 })
const loads = features('order-loads', 1, Step, (step) => ({ weighed1h: sliding('1h').count(), mean1h: sliding('1h').mean(step.weight) }))

interface OrderContext {
  readonly weighed: number
  readonly weight: number
  readonly legs: number
  readonly effort: number | null
  readonly loads: typeof loads.State
}

const machine = setup({
  types: { context: {} as OrderContext, events: {} as Step | { readonly type: 'inference.effort'; readonly time: number; readonly score: number } },
  guards: { isHeavy: ({ event }) => event.type === 'home' && event.weight > HEAVY },
  delays: { patience: 86_400_000 },
}).createMachine({
  id: 'order', description: 'An order, from the shelf to the door.', initial: 'placed',
  context: { weighed: 0, weight: 0, legs: 0, effort: null, loads: loads.empty },
  on: {
    weigh: {
      actions: [
        assign({ weighed: ({ context }) => context.weighed + 1, weight: ({ context, event }) => context.weight + event.weight, loads: ({ context, event }) => loads.fold(context.loads, event) }),
        infer(effort, ({ context, event }) => loads.values(context.loads, event.time)),
      ],
    },
    'inference.effort': { actions: assign({ effort: ({ event }) => event.score }) },
  },
  states: {
    placed: { description: 'Nobody has begun with it.', on: { pack: 'packing' } },
    packing: { initial: 'picking', on: { hold: 'held' }, states: { picking: { on: { box: 'boxed' } }, boxed: { on: { send: '#order.underway' } } } },
    underway: {
      type: 'parallel', on: { hold: 'held', home: [{ guard: 'isHeavy', target: 'held' }, { target: 'delivered' }] },
      states: {
        goods: { initial: 'depot', states: { depot: { on: { drive: { target: 'road', actions: assign({ legs: ({ context }) => context.legs + 1 }) } } }, road: { on: { drive: { target: 'depot', actions: assign({ legs: ({ context }) => context.legs + 1 }) } } } } },
        money: { initial: 'open', states: { open: { on: { pay: 'paid' } }, paid: { on: { refund: 'open' } } } },
        past: { type: 'history', history: 'deep' },
      },
    },
    held: { on: { resume: 'underway.past' }, after: { patience: 'lost' } },
    delivered: { on: { back: 'placed' } },
    lost: {},
  },
})

const order = defineActor({
  name: 'order', version: 1, machine,
  sources: { steps: { schema: Step, key: (step) => step.order, rules: [range('weight', (step: Step) => step.weight, { min: 0, max: WEIGHT_MAX })] } },
})

export const crowd = defineSystem({ name: 'crowd', actors: [order], models: [effort], partitions: 4 })
