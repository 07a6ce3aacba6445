// Machines that between them use everything an engine supports, with the events that drive them.
import { and, assign, cancel, emit, enqueueActions, fromPromise, log, not, raise, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { infer, reply, tell } from '../../system/authoring/effects.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'

export interface Specimen {
  readonly name: string
  readonly machine: unknown
  readonly events: readonly MachineEvent[]
}

/** Nested states, all effects, timers, a task, guards of every kind. */
const card = setup({
  types: { context: {} as { count: number; last: number }, events: {} as { type: 'pay' | 'ask' | 'note' | 'later' | 'never' | 'self' | 'many'; amount: number } },
  actors: { callIssuer: fromPromise(async ({ input }: { input: { last: number } }) => ({ limit: input.last * 2 })) },
  guards: { isLarge: ({ event }) => event.amount > 50, isOdd: ({ context }) => context.count % 2 === 1 },
  delays: { coolingOff: 600_000, growing: ({ context }) => 1000 * context.count },
  actions: { announce: emit({ type: 'card.announced' }), counting: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'card',
  context: { count: 0, last: 0 },
  initial: 'normal',
  on: {
    note: { actions: [assign({ last: ({ event }) => event.amount }), log(({ context }) => context.last, 'noted'), reply(({ context }) => ({ last: context.last }))] },
    later: { actions: raise({ type: 'note', amount: 7 }, { delay: 'growing', id: 'reminder' }) },
    never: { actions: cancel('reminder') },
    self: { actions: sendTo(({ self }) => self, { type: 'pay', amount: 60 }) },
    many: {
      actions: enqueueActions(({ enqueue, check }) => {
        enqueue.assign({ count: ({ context }) => context.count + 10 })
        if (check('isOdd')) enqueue('announce')
        enqueue.raise({ type: 'note', amount: 1 })
        enqueue(tell('terminal', 'enqueued', ({ context }) => ({ type: 'many', count: context.count })))
      }),
    },
  },
  states: {
    normal: {
      on: {
        pay: [
          { guard: and(['isLarge', not('isOdd')]), target: 'blocked', actions: ['counting', tell('terminal', ({ event }) => `t${event.amount}`, ({ context }) => ({ type: 'paid', count: context.count }))] },
          { actions: ['counting', infer('fraud', ({ context, event }) => [context.count, event.amount])] },
        ],
      },
    },
    blocked: {
      entry: emit(({ context }) => ({ type: 'card.blocked', count: context.count })),
      exit: 'announce',
      initial: 'calling',
      after: { coolingOff: 'normal', growing: { actions: 'counting' } },
      states: {
        calling: {
          invoke: {
            id: 'issuer', src: 'callIssuer', input: ({ context }) => ({ last: context.last }),
            onDone: { target: 'called', actions: assign({ last: ({ event }) => event.output.limit }) }, onError: 'called',
          },
        },
        called: { on: { ask: 'calling', pay: { guard: 'isOdd', target: '#card.normal' } } },
      },
    },
  },
})

/** Parallel regions that answer one event together, shallow and deep history, always, final regions. */
const delivery = setup({
  types: { context: {} as { count: number; trail: readonly string[] }, events: {} as { type: string; amount: number } },
  actions: { counting: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'delivery',
  context: { count: 0, trail: [] },
  initial: 'moving',
  output: ({ context }) => ({ trail: context.trail }),
  states: {
    moving: {
      type: 'parallel',
      on: { pause: 'paused' },
      onDone: 'over',
      states: {
        rider: {
          initial: 'riding',
          // A region that leaves and enters alone is where XState's order of entering and document order part.
          on: { restart: { target: '.riding', reenter: true }, both: { actions: assign({ trail: ({ context }) => [...context.trail, 'rider'].slice(-8) }) } },
          states: {
            riding: { on: { stop: 'waiting', finish: 'arrived' }, always: { guard: ({ context }) => context.count > 6, target: 'waiting' } },
            waiting: { entry: ['counting', raise({ type: 'waited', amount: 0 })], on: { go: { target: 'riding', actions: assign({ count: 0 }) } } },
            arrived: { type: 'final' },
          },
        },
        order: {
          initial: 'cold',
          on: { both: { actions: assign({ trail: ({ context }) => [...context.trail, 'order'].slice(-8) }) }, waited: { actions: 'counting' } },
          states: {
            cold: { on: { stop: { target: 'kept', actions: 'counting' } }, always: { guard: ({ context }) => context.count > 6, target: 'kept' } },
            kept: { initial: 'fresh', on: { restart: 'cold', finish: 'handed' }, states: { fresh: { on: { go: 'stale' } }, stale: { entry: 'counting' } } },
            handed: { type: 'final' },
          },
        },
        memory: { type: 'history', history: 'deep' },
      },
    },
    paused: { entry: 'counting', on: { go: 'moving.memory', stop: 'moving' } },
    over: { initial: 'open', states: { open: { on: { both: 'shut' } }, shut: { on: { both: 'open', finish: '#delivery.closed' } }, recent: { type: 'history' } }, on: { pause: 'aside' } },
    aside: { on: { go: 'over.recent' } },
    closed: { type: 'final', entry: emit({ type: 'delivery.closed' }) },
  },
})

/** Tasks that are spawned and stopped by hand, timers without ids, a root without states below. */
const batch = setup({
  types: { context: {} as { count: number }, events: {} as { type: string; amount: number } },
  actors: { work: fromPromise(async ({ input }: { input: number }) => input + 1) },
  actions: { counting: assign({ count: ({ context }) => context.count + 1 }) },
}).createMachine({
  id: 'batch',
  context: { count: 0 },
  on: {
    start: { actions: spawnChild('work', { id: 'worker', input: ({ context }) => context.count }) },
    stop: { actions: stopChild('worker') },
    tick: { actions: ['counting', raise({ type: 'tock', amount: 1 }, { delay: ({ context }) => context.count * 100 })] },
    tock: { actions: ['counting', reply('tocked')] },
    'xstate.done.actor.worker': { actions: 'counting' },
    'xstate.error.actor.*': { actions: emit({ type: 'work.failed' }) },
  },
})

const event = (type: string, more: object = {}): MachineEvent => ({ type, amount: 10, ...more })

export const SPECIMENS: readonly Specimen[] = [
  {
    name: 'card',
    machine: card,
    events: [
      event('pay'), event('pay', { amount: 90 }), event('ask'), event('note', { amount: 3 }), event('later'), event('never'), event('self'), event('many'), event('unknown'),
      event('xstate.after.coolingOff.card.blocked'), event('xstate.after.growing.card.blocked'),
      event('xstate.done.actor.issuer', { output: { limit: 5 }, actorId: 'issuer' }), event('xstate.error.actor.issuer', { error: 'down', actorId: 'issuer' }),
    ],
  },
  { name: 'delivery', machine: delivery, events: ['pause', 'go', 'stop', 'restart', 'both', 'finish', 'waited'].map((type) => event(type)) },
  {
    name: 'batch',
    machine: batch,
    events: [event('start'), event('stop'), event('tick'), event('tock'), event('xstate.done.actor.worker', { output: 2 }), event('xstate.error.actor.worker', { error: 'no' })],
  },
]
