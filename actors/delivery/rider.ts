// Rider: how fast, how far, and whether anyone still hears from them.
//
//   offline -- ping --> heard -- two minutes without pings --> lost -- a newer ping --> heard
//
// The timer is not moved by every ping: when it is due it looks how long ago the newest one was, and waits for the rest.
import { assign, emit, setup } from 'xstate'
import { defineActor } from 'statelog'
import type { Ping } from './events.ts'
import { riderFeatures } from './features.ts'
import type { RiderContact, RiderSpeed } from './outputs.ts'
import { pings, SILENT_MS } from './pings.ts'

interface RiderContext {
  readonly riderId: string
  readonly track: typeof riderFeatures.State
  /** Time of the newest ping. */
  readonly newestMs: number
  /** Since when silence counts: the newest ping, or the moment of being lost. */
  readonly quietSinceMs: number
}

const machine = setup({
  types: {
    context: {} as RiderContext,
    events: {} as Ping,
    input: {} as { readonly id: string },
    emitted: {} as RiderSpeed | RiderContact,
  },
  actions: {
    follow: assign({
      track: ({ context, event }) => riderFeatures.fold(context.track, event),
      newestMs: ({ context, event }) => Math.max(context.newestMs, event.time),
      quietSinceMs: ({ context, event }) => Math.max(context.quietSinceMs, event.time),
    }),
    tellSpeed: emit(({ context, event }) => {
      const [speed = 0, distance = 0] = riderFeatures.values(context.track)
      return { type: 'rider.speed', time: event.time, riderId: context.riderId, pingId: event.pingId, speed, distance }
    }),
  },
  guards: {
    isNewer: ({ context, event }) => event.time > context.newestMs,
    isSilent: ({ context, event }) => event.time >= context.quietSinceMs + SILENT_MS,
  },
  delays: { silence: ({ context, event }) => context.quietSinceMs + SILENT_MS - event.time },
}).createMachine({
  id: 'rider',
  context: ({ input }) => ({ riderId: input.id, track: riderFeatures.empty, newestMs: 0, quietSinceMs: 0 }),
  initial: 'offline',
  states: {
    offline: { on: { ping: { target: 'heard', actions: ['follow', 'tellSpeed'] } } },
    heard: {
      on: { ping: { actions: ['follow', 'tellSpeed'] } },
      after: { silence: [{ guard: 'isSilent', target: 'lost' }, { target: 'heard', reenter: true }] },
    },
    lost: {
      entry: [
        assign({ quietSinceMs: ({ event }) => event.time }),
        emit(({ context, event }) => ({ type: 'rider.lost', time: event.time, riderId: context.riderId, silentSince: context.newestMs })),
      ],
      on: {
        ping: [
          {
            guard: 'isNewer', target: 'heard',
            actions: [
              emit(({ context, event }) => ({ type: 'rider.found', time: event.time, riderId: context.riderId, silentSince: context.newestMs })),
              'follow', 'tellSpeed',
            ],
          },
          // One that was on its way for long says nothing about now.
          { actions: ['follow', 'tellSpeed'] },
        ],
      },
    },
  },
})

export const rider = defineActor({
  name: 'rider',
  version: 1,
  machine,
  sources: { pings: { ...pings, key: (ping) => ping.riderId, id: (ping) => ping.pingId } },
  outputs: { 'rider.speed': 'speeds', 'rider.lost': 'riders', 'rider.found': 'riders' },
  timers: 'event',
  // Late pings too: they take their own place among the last ten.
  late: 'apply',
  dedup: { count: 24, within: '1h' },
})
