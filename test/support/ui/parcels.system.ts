// Parcels: a system to look at: nested, parallel, history, a delay, a refusal, and names that would be markup where names are not text.
import { assign, setup } from 'xstate'
import { defineActor, defineSystem, reply } from 'statelog'

class Fragile extends RangeError {}

type Event = { readonly type: 'load' | 'depart' | 'arrive' | 'hold' | 'resume' | 'hand over' | 'lose' | '<img src=x onerror=alert(1)>' } | { readonly type: 'note'; readonly text: string } | { readonly type: 'shake'; readonly by: number }

interface Context {
  readonly notes: readonly string[]
  readonly last: { readonly stop: string; readonly legs: number }
  readonly weight: bigint
}

const machine = setup({
  types: { context: {} as Context, events: {} as Event },
  guards: { isNear: ({ context }) => context.last.legs > 1 },
  delays: { patience: 3_600_000 },
  actions: {
    note: assign({ notes: ({ context, event }) => (event.type === 'note' ? [...context.notes, event.text].slice(-5) : context.notes) }),
    leg: assign({ last: ({ context: { last } }) => ({ stop: `depot ${last.legs + 1}`, legs: last.legs + 1 }) }),
    shake: assign(({ event }) => {
      if (event.type === 'shake' && event.by > 9) throw new Fragile(`<b>broken</b> by ${event.by}`)
      return {}
    }),
  },
}).createMachine({
  id: 'parcel', description: 'A parcel on its way.', initial: 'taken', context: { notes: [], last: { stop: 'counter', legs: 0 }, weight: 12_345_678_901_234_567_890n },
  on: { note: { actions: 'note' }, shake: { actions: 'shake' } },
  states: {
    taken: { description: 'At the counter.', on: { load: { target: 'moving', actions: reply('loaded') } } },
    moving: {
      type: 'parallel', onDone: 'ready', on: { hold: 'held', lose: 'lost' },
      states: {
        goods: { initial: 'inTruck', states: { inTruck: { on: { depart: { target: 'onRoad', actions: 'leg' } } }, onRoad: { on: { arrive: [{ guard: 'isNear', target: 'near' }, { target: 'inTruck' }] } }, near: { type: 'final' } } },
        papers: { initial: 'unread', states: { unread: { on: { '<img src=x onerror=alert(1)>': '"><script>alert(2)</script>', arrive: '"><script>alert(2)</script>' } }, '"><script>alert(2)</script>': { type: 'final' } } },
        past: { type: 'history', history: 'deep' },
      },
    },
    held: { on: { resume: 'moving.past' }, after: { patience: 'lost' } },
    ready: { on: { 'hand over': 'delivered' } },
    delivered: { type: 'final' },
    lost: { type: 'final' },
  },
})

export default defineSystem({ name: 'parcels', actors: [defineActor({ name: 'parcel', version: 1, machine })], partitions: 2 })
