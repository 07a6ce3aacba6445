// Workload: a small system with known arithmetic that uses everything a crash can tear: several outputs per input, tells in a circle, durable
// timers, tasks, inference, dedup, guards that throw, ends and rebirths. The checker knows the same arithmetic, written a second time.
import { assign, cancel, emit, fromPromise, raise, setup } from 'xstate'
import { defineActor, defineModel, defineSystem, infer, range, tell } from '../../../adapters/node/statelog.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'
import type { Variant } from './variant.ts'

type Move = { readonly uid: string; readonly account: string; readonly time: number } & (
  | { readonly type: 'add'; readonly n: number; readonly to: string }
  | { readonly type: 'remind'; readonly wait: number }
  | { readonly type: 'ask'; readonly x: number }
  | { readonly type: 'job'; readonly n: number }
  | { readonly type: 'calm' | 'trap' | 'close' }
)
type Rate = { readonly type: 'rate'; readonly pool: string; readonly time: number; readonly percent: number }
type Bonus = { readonly type: 'bonus'; readonly n: number; readonly count: number }
type Credit = { readonly type: 'credit'; readonly n: number; readonly from: string }
type Score = { readonly type: 'inference.line'; readonly score: number; readonly version: number }

export const line = defineModel({ name: 'line', version: 3, kind: 'linear', features: ['x', 'rest'], weights: [0.5, 0.25], bias: 1 })

const isText = (value: unknown): boolean => typeof value === 'string'
const isNumber = (value: unknown): boolean => typeof value === 'number'

const MOVES: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  add: { n: isNumber, to: isText }, remind: { wait: isNumber }, ask: { x: isNumber }, job: { n: isNumber }, calm: {}, trap: {}, close: {},
}

function schema<E>(check: (value: Readonly<Record<string, unknown>>) => boolean): StandardSchemaV1<unknown, E> {
  return {
    '~standard': {
      version: 1, vendor: 'chaos',
      validate: (value) => (typeof value === 'object' && value !== null && check(value as Readonly<Record<string, unknown>>) ? { value: value as E } : { issues: [{ message: 'not of this shape' }] }),
    },
  }
}

const moveSchema = schema<Move>((value) => {
  const fields = MOVES[String(value['type'])]
  if (fields === undefined || !isText(value['uid']) || !isText(value['account']) || !isNumber(value['time'])) return false
  return Object.entries(fields).every(([name, check]) => check(value[name]))
})
const rateSchema = schema<Rate>((value) => value['type'] === 'rate' && isText(value['pool']) && isNumber(value['time']) && isNumber(value['percent']))

interface Account { readonly total: number; readonly count: number; readonly bonus: number; readonly score: number; readonly jobs: number; readonly job: number }

const accountMachine = setup({
  types: { context: {} as Account, events: {} as Move | Bonus | Score | { readonly type: 'reminded' } },
  actors: { double: fromPromise(async ({ input }: { input: { n: number } }) => ({ doubled: 2 * input.n + 1 })) },
  guards: {
    crosses: ({ context, event }) => event.type === 'add' && Math.floor((context.total + event.n) / 100) !== Math.floor(context.total / 100),
    throws: () => {
      throw new RangeError('a guard that cannot be asked')
    },
  },
  actions: {
    counting: assign(({ context, event }) => (event.type === 'add' ? { total: context.total + event.n, count: context.count + 1 } : {})),
  },
}).createMachine({
  id: 'account',
  context: { total: 0, count: 0, bonus: 0, score: 0, jobs: 0, job: 0 },
  initial: 'open',
  states: {
    open: {
      initial: 'idle',
      on: {
        add: [
          { guard: 'crosses', actions: ['counting', emit(({ context, event }) => added(context, event.n)), tell('pool', ({ event }) => event.to, ({ event }) => credit(event.n, event.account)), emit(({ context }) => ({ type: 'milestone', total: context.total }))] },
          { actions: ['counting', emit(({ context, event }) => added(context, event.n)), tell('pool', ({ event }) => event.to, ({ event }) => credit(event.n, event.account))] },
        ],
        remind: { actions: raise({ type: 'reminded' }, { id: 'remind', delay: ({ event }) => event.wait }) },
        calm: { actions: cancel('remind') },
        reminded: { actions: [emit(({ context }) => ({ type: 'reminded', total: context.total })), tell('pool', 'pool-0', ({ context }) => ({ type: 'credit', n: context.count % 5, from: '' }))] },
        ask: { actions: [emit(({ event }) => ({ type: 'asked', x: event.x })), infer('line', ({ context, event }) => [event.x, context.total % 97])] },
        'inference.line': { actions: [assign({ score: ({ event }) => event.score }), emit(({ event }) => ({ type: 'scored', score: event.score, version: event.version }))] },
        bonus: { actions: [assign({ bonus: ({ context, event }) => context.bonus + event.n }), emit(({ context, event }) => ({ type: 'bonused', bonus: context.bonus, count: event.count }))] },
        job: { target: '.working', actions: assign({ job: ({ event }) => event.n }) },
        trap: { guard: 'throws' },
        close: { target: 'closed', actions: emit(({ context }) => ({ type: 'closed', total: context.total, count: context.count })) },
      },
      states: {
        idle: {},
        working: {
          invoke: {
            id: 'job', src: 'double', input: ({ context }) => ({ n: context.job }),
            onDone: { target: 'idle', actions: [assign({ jobs: ({ context }) => context.jobs + 1 }), emit(({ context, event }) => ({ type: 'worked', jobs: context.jobs, doubled: event.output.doubled }))] },
          },
        },
      },
    },
    closed: { type: 'final' },
  },
})

const added = ({ total, count }: Account, n: number): { readonly type: 'added'; readonly n: number; readonly total: number; readonly count: number } => ({ type: 'added', n, total, count })

const credit = (n: number, from: string): Credit => ({ type: 'credit', n, from })

const poolMachine = setup({
  types: { context: {} as { sum: number; count: number; percent: number }, events: {} as Rate | Credit },
  guards: {
    isFifth: ({ context, event }) => event.type === 'credit' && event.from !== '' && (context.count + 1) % 5 === 0,
    isShut: ({ event }) => event.type === 'rate' && event.percent > 95,
  },
  actions: {
    counting: assign({ sum: ({ context, event }) => context.sum + (event as Credit).n, count: ({ context }) => context.count + 1 }),
    announce: emit(({ context, event }) => ({ type: 'pooled', sum: context.sum, count: context.count, from: (event as Credit).from })),
  },
}).createMachine({
  id: 'pool',
  context: { sum: 0, count: 0, percent: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        credit: [
          { guard: 'isFifth', actions: ['counting', 'announce', tell('account', ({ event }) => event.from, ({ context }) => ({ type: 'bonus', n: ((context.sum % 7) + 7) % 7, count: context.count }))] },
          { actions: ['counting', 'announce'] },
        ],
        rate: [
          { guard: 'isShut', target: 'shut', actions: emit(({ context }) => ({ type: 'shut', sum: context.sum })) },
          { actions: [assign({ percent: ({ event }) => event.percent }), emit(({ context, event }) => ({ type: 'rated', sum: context.sum, percent: event.percent }))] },
        ],
      },
    },
    shut: { type: 'final' },
  },
})

/** The system in one variant; both have the same arithmetic. */
export function workloadSystem(variant: Variant): SystemDefinition {
  const limits = variant.entityBytesMax === undefined ? {} : { limits: { entityBytesMax: variant.entityBytesMax } }
  const account = defineActor({
    name: 'account', version: 1, machine: accountMachine,
    sources: {
      moves: {
        schema: moveSchema, key: (move) => move.account, id: (move) => move.uid, outOfOrder: variant.outOfOrderMs,
        rules: [range('n', (move: Move) => (move.type === 'add' ? move.n : 0), { min: -1000, max: 1000 })],
      },
    },
    outputs: Object.fromEntries(['added', 'milestone', 'reminded', 'asked', 'scored', 'bonused', 'worked', 'closed'].map((type) => [type, 'account-out'])),
    timers: variant.time, dedup: { count: variant.dedup.count, within: variant.dedup.withinMs },
    keepStopped: variant.keepStoppedMs, snapshotEvery: variant.snapshotEveryMs, ...limits,
  })
  const pool = defineActor({
    name: 'pool', version: 1, machine: poolMachine,
    sources: { rates: { schema: rateSchema, key: (rate) => rate.pool } },
    outputs: { pooled: 'pool-out', rated: 'pool-out', shut: 'pool-out' },
    tells: { account: 'feedback' },
    order: variant.time === 'event' ? 'eventTime' : 'arrival', rank: ['rate', 'credit'],
    snapshotEvery: variant.snapshotEveryMs, ...limits,
  })
  return defineSystem({ name: 'chaos', actors: [account, pool], models: [line], partitions: variant.partitions })
}
