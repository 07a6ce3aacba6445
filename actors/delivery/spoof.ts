// Spoof: whether a rider's positions can be true.
//
//   trusted -- sign --> suspected -- ten minutes without signs --> trusted
//
// Reads the same pings as the rider, in a consumer group of its own: it may lag, stop or be replayed without anyone noticing.
import { assign, emit, setup } from 'xstate'
import { defineActor } from 'statelog'
import type { Ping } from './events.ts'
import { spoofFeatures } from './features.ts'
import type { Suspicion } from './outputs.ts'
import { pings } from './pings.ts'
import { runsAfter, signOf } from './signs.ts'
import type { Observation } from './signs.ts'

interface SpoofContext {
  readonly riderId: string
  readonly track: typeof spoofFeatures.State
  readonly newestMs: number
  readonly seen: Observation
  /** The sign of the newest ping, and how far that ping was behind. */
  readonly sign: Suspicion['sign'] | null
  readonly behindMs: number
  /** Kinds of signs since the rider was last trusted. */
  readonly signs: readonly Suspicion['sign'][]
  readonly signMs: number
}

const QUIET_MS = 600_000

/** Everything that one more ping changes. */
function looked(context: SpoofContext, event: Ping): SpoofContext {
  const behindMs = context.newestMs === 0 ? 0 : Math.max(0, context.newestMs - event.time)
  const track = spoofFeatures.fold(context.track, event)
  const [step = 0, speed = 0, repeated = 0] = spoofFeatures.values(track)
  const seen = { ...runsAfter(context.seen, step, speed, behindMs), step, speed, repeated }
  const sign = signOf(seen, behindMs) ?? null
  return { ...context, track, seen, sign, behindMs, newestMs: Math.max(context.newestMs, event.time), signMs: sign === null ? context.signMs : Math.max(context.signMs, event.time) }
}

const machine = setup({
  types: {
    context: {} as SpoofContext,
    events: {} as Ping,
    input: {} as { readonly id: string },
    emitted: {} as Suspicion,
  },
  actions: {
    look: assign(({ context, event }) => looked(context, event)),
    report: emit(({ context, event }) => {
      const { step, speed, repeated } = context.seen
      // A guard saw the sign.
      const sign = context.sign as Suspicion['sign']
      return { type: 'spoof.suspected', time: event.time, riderId: context.riderId, pingId: event.pingId, sign, evidence: { step, speed, behindMs: context.behindMs, repeated } }
    }),
    note: assign({ signs: ({ context }) => (context.sign === null ? context.signs : [...context.signs, context.sign]), sign: null }),
  },
  guards: {
    isNewSign: ({ context }) => context.sign !== null && !context.signs.includes(context.sign),
    isQuiet: ({ context, event }) => event.time >= context.signMs + QUIET_MS,
  },
  delays: { quiet: ({ context, event }) => Math.max(0, context.signMs + QUIET_MS - event.time) },
}).createMachine({
  id: 'spoof',
  context: ({ input }) => ({
    riderId: input.id, track: spoofFeatures.empty, newestMs: 0, seen: { fast: 0, stale: 0, step: 0, speed: 0, repeated: 0 },
    sign: null, behindMs: 0, signs: [], signMs: 0,
  }),
  initial: 'trusted',
  on: { ping: { actions: 'look' } },
  states: {
    trusted: { always: { guard: 'isNewSign', target: 'suspected', actions: ['report', 'note'] } },
    suspected: {
      always: { guard: 'isNewSign', actions: ['report', 'note'] },
      after: {
        quiet: [
          { guard: 'isQuiet', target: 'trusted', actions: assign({ signs: [], sign: null }) },
          { target: 'suspected', reenter: true },
        ],
      },
    },
  },
})

export const spoof = defineActor({
  name: 'spoof',
  version: 1,
  machine,
  sources: { pings: { ...pings, key: (ping) => ping.riderId, id: (ping) => ping.pingId } },
  outputs: { 'spoof.suspected': 'spoofing' },
  timers: 'event',
  // Late pings most of all: a clock that is behind shows in nothing else.
  late: 'apply',
  dedup: { count: 24, within: '1h' },
})
