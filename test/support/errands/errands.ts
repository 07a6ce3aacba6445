// Errands: an entity that waits for a timer and for a task at once, for tests of what becomes of both.
import { assign, emit, fromPromise, raise, setup } from 'xstate'
import { defineActor, defineSystem } from '../../../adapters/node/statelog.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'

/** When the reminder of an errand is due, ms. */
export const REMIND_MS = 40_000

/** What an errand's task does; `key` names it, however often it is started. */
export type Fetch = (key: string) => Promise<string>

const errandMachine = (fetch: Fetch) => setup({
  types: {
    context: {} as { readonly nudges: number },
    events: {} as { readonly type: 'start' | 'nudge' | 'reminded' },
    emitted: {} as { readonly type: 'reminded'; readonly nudges: number } | { readonly type: 'fetched'; readonly what: string },
  },
  // XState does not know of the key that a task is given.
  actors: { fetch: fromPromise<string>((given) => fetch((given as unknown as { readonly key: string }).key)) },
}).createMachine({
  id: 'errand',
  context: { nudges: 0 },
  initial: 'idle',
  on: {
    nudge: { actions: assign({ nudges: ({ context }) => context.nudges + 1 }) },
    reminded: { actions: emit(({ context }) => ({ type: 'reminded', nudges: context.nudges })) },
  },
  states: {
    idle: { on: { start: { target: 'fetching', actions: raise({ type: 'reminded' }, { id: 'remind', delay: REMIND_MS }) } } },
    fetching: { invoke: { id: 'fetch', src: 'fetch', onDone: { target: 'done', actions: emit(({ event }) => ({ type: 'fetched', what: event.output })) } } },
    done: {},
  },
})

export const errands = (fetch: Fetch): SystemDefinition => defineSystem({
  name: 'errands', models: [], partitions: 2,
  actors: [defineActor({ name: 'errand', version: 1, machine: errandMachine(fetch), sources: {}, outputs: { reminded: 'outcomes', fetched: 'outcomes' }, snapshotEvery: 0 })],
})
