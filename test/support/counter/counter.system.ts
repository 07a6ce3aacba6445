// A counter that replies, and refuses what is no number: for tests of commands.
import { assign, setup } from 'xstate'
import { defineActor, defineSystem, reply } from 'statelog'

class NoNumber extends RangeError {}

export const counter = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'add'; by: number } | { type: 'end' } },
  actions: {
    add: assign({
      n: ({ context, event }) => {
        if (event.type !== 'add' || !Number.isFinite(event.by)) throw new NoNumber('add what?')
        return context.n + event.by
      },
    }),
  },
}).createMachine({
  context: { n: 0 },
  initial: 'counting',
  states: { counting: { on: { add: { actions: ['add', reply(({ context }) => context.n)] }, end: 'ended' } }, ended: { type: 'final' } },
})

export default defineSystem({ name: 'counters', actors: [defineActor({ name: 'counter', version: 1, machine: counter })], partitions: 2 })
