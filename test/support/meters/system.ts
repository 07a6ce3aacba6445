// Meters: a small system for tests of the command line. Meters hand what they read to their site, which has it scored and answers.
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineActor, defineModel, defineSystem, infer, range, tell } from '../../../adapters/node/statelog.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'

export const Reading = z.object({ type: z.literal('reading'), time: z.number(), meter: z.string(), value: z.number() })
export type Reading = z.output<typeof Reading>

interface Measured { readonly type: 'measured'; readonly time: number; readonly meter: string; readonly value: number }
interface Answer { readonly type: 'answer'; readonly time: number; readonly score: number }

export const heat = defineModel({ kind: 'linear', name: 'heat', version: 1, features: ['value'], weights: [0.01], bias: 0 })

interface MeterContext { readonly sum: number; readonly count: number; readonly site: string; readonly answers: number }

const meterMachine = (hotAbove: number) => setup({
  types: { context: {} as MeterContext, events: {} as Reading | Answer, input: {} as { readonly id: string }, emitted: {} as { readonly type: 'meter.hot'; readonly value: number } },
  guards: { isHot: ({ event }) => event.type === 'reading' && event.value > hotAbove },
  delays: { cooling: 60_000 },
}).createMachine({
  id: 'meter',
  context: ({ input }) => ({ sum: 0, count: 0, site: `s${input.id.length}`, answers: 0 }),
  initial: 'normal',
  on: {
    reading: {
      actions: [
        assign({ sum: ({ context, event }) => context.sum + event.value, count: ({ context }) => context.count + 1 }),
        tell('site', ({ context }) => context.site, ({ event }): Measured => ({ type: 'measured', time: event.time, meter: event.meter, value: event.value })),
      ],
    },
    answer: { actions: assign({ answers: ({ context }) => context.answers + 1 }) },
  },
  states: {
    normal: {
      on: {
        reading: {
          guard: 'isHot',
          target: 'hot',
          actions: [
            assign({ sum: ({ context, event }) => context.sum + event.value, count: ({ context }) => context.count + 1 }),
            tell('site', ({ context }) => context.site, ({ event }): Measured => ({ type: 'measured', time: event.time, meter: event.meter, value: event.value })),
            emit(({ event }) => ({ type: 'meter.hot', value: event.value })),
          ],
        },
      },
    },
    hot: { after: { cooling: 'normal' } },
  },
})

const meter = (hotAbove: number) => defineActor({
  name: 'meter',
  version: 1,
  machine: meterMachine(hotAbove),
  sources: { readings: { schema: Reading, key: (reading) => reading.meter, rules: [range('value', (reading: Reading) => reading.value, { min: 0, max: 100 })] } },
  outputs: { 'meter.hot': 'alarms' },
  tells: { site: 'forward' },
  timers: 'event',
})

interface SiteContext { readonly measured: number; readonly last: string }

const siteMachine = setup({
  types: { context: {} as SiteContext, events: {} as Measured | { readonly type: 'inference.heat'; readonly time: number; readonly score: number }, emitted: {} as { readonly type: 'judged'; readonly meter: string; readonly time: number; readonly score: number } },
}).createMachine({
  id: 'site',
  context: { measured: 0, last: '' },
  on: {
    measured: { actions: [assign({ measured: ({ context }) => context.measured + 1, last: ({ event }) => event.meter }), infer(heat, ({ event }) => [event.value])] },
    'inference.heat': {
      actions: [
        emit(({ context, event }) => ({ type: 'judged', meter: context.last, time: event.time, score: event.score })),
        tell('meter', ({ context }) => context.last, ({ event }): Answer => ({ type: 'answer', time: event.time, score: event.score })),
      ],
    },
  },
})

export const site = defineActor({ name: 'site', version: 1, machine: siteMachine, sources: {}, outputs: { judged: 'judgements' }, tells: { meter: 'feedback' } })

export const metersWith = (hotAbove: number): SystemDefinition => defineSystem({ name: 'meters', actors: [meter(hotAbove), site], models: [heat], partitions: 2 })

export const meters: SystemDefinition = metersWith(90)
