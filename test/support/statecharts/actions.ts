// Random actions: of XState, of this runtime, named and inline. Raised events and events to itself are bounded by the depth that events carry.
import { assign, cancel, emit, log, raise, sendTo, spawnChild, stopChild } from 'xstate'
import { infer, lookup, reply, tell } from '../../../system/authoring/effects.ts'
import { ENQUEUED, randomEnqueue } from './enqueue.ts'
import { frail } from './frail.ts'
import { mark, marking } from './meter.ts'
import { randomParams } from './params.ts'
import { amountOf, DEPTH_MAX, depthOf, QUIET, TASKS, TYPES, walked } from './words.ts'
import type { Args, Draw, Params, RandomEvent } from './words.ts'

/** What a named action was given; without params it makes do with 1. */
const given = (params: unknown): number => {
  const read = params as Params | undefined
  if (read !== undefined) mark(`action params ${read.how}`)
  return read?.by ?? 1
}

export const ACTIONS = {
  ...ENQUEUED,
  count: assign(marking('assign function', ({ context }: Args) => ({ n: context.n + 1 })) as never),
  add: assign(marking('assign with params', ({ context }: Args, params: unknown) => ({ m: (context.m + given(params)) % 97 })) as never),
  keep: assign({ list: marking('assign with params', ({ context }: Args, params: unknown) => [...context.list, given(params)].slice(-4)), n: ({ context }: Args) => (context.n + 1) % 101 } as never),
  announce: emit(marking('emit', ({ context }: Args) => ({ type: 'announced', n: context.n, trail: context.trail })) as never),
  say: emit(marking('emit with params', ({ context }: Args, params: unknown) => ({ type: 'said', by: given(params), m: context.m })) as never),
  told: tell('other', 'one', (({ context, event }: Args) => ({ type: 'told', n: context.n, of: event.type })) as never),
  tellAll: tell('other', ((_: Args, params: unknown) => `o${given(params)}`) as never, (({ context }: Args, params: unknown) => ({ type: 'told', by: given(params), n: context.n })) as never),
  answer: reply((({ context }: Args, params: unknown) => [context.n, given(params)]) as never),
  later: raise(marking('raise with params', (args: Args, params: unknown) => ({ ...again('c')(args), amount: given(params) })) as never, { delay: ((_: Args, params: unknown) => given(params)) as never, id: 'later' }),
  forget: cancel(((_: Args, params: unknown) => `timer${given(params)}`) as never),
  end: stopChild(((_: Args, params: unknown) => `spawned${given(params) % 3}`) as never),
  call: sendTo(marking('send target with params', (_: Args, params: unknown) => (given(params) > 3 ? undefined : '#_internal')) as never, marking('send with params', (args: Args, params: unknown) => ({ ...again('d')(args), amount: given(params) })) as never),
  note: log(((_: Args, params: unknown) => given(params)) as never),
}

const WITH_PARAMS = ['add', 'add', 'keep', 'say', 'say', 'tellAll', 'answer', 'later', 'forget', 'end', 'note', 'call', 'call', 'decide', 'decide'] as const

export const DELAYS = {
  soon: 50,
  growing: marking('delay named', ({ context }: Args) => 10 * context.m),
  back: marking('delay named', ({ context }: Args) => 5 - context.n),
  sometimes: marking('delay named', ({ context }: Args) => (context.n % 8 === 3 ? undefined : context.n)),
}

const again = (type: string) => ({ event }: Args): RandomEvent => ({ type: depthOf(event) >= DEPTH_MAX ? QUIET : type, depth: depthOf(event) + 1, amount: amountOf(event) })

/** Leaves a mark among the effects or in the context: what shows in which order actions run. */
export function trailing({ chance }: Draw, name: string): unknown {
  return chance.is(70) ? emit({ type: name } as never) : assign({ trail: ({ context }: Args) => walked(context.trail, name) } as never)
}

export function randomActions(draw: Draw, most: number): readonly unknown[] {
  return Array.from({ length: draw.chance.below(most + 1) }, () => randomAction(draw))
}

function randomAction(draw: Draw): unknown {
  const { chance } = draw
  const drawn = chance.below(100)
  if (drawn < 23) return randomParams(draw, chance.pick(WITH_PARAMS))
  if (drawn < 42) return randomAssign(draw)
  if (drawn < 57) return randomEffect(draw)
  if (drawn < 90) return randomEvent(draw)
  return randomEnqueue(draw)
}

function randomAssign(draw: Draw): unknown {
  const { chance } = draw
  const by = chance.below(9)
  const makers: readonly (() => unknown)[] = [
    () => assign({ n: frail(draw, 'assign', 'assign object', ({ context }) => (context.n + by) % 101), m: by } as never),
    () => 'count',
    () => assign({ list: frail(draw, 'assign', 'assign object', ({ context, event }) => [...context.list, amountOf(event)].slice(-4)) } as never),
    () => assign({ m: ({ context }: Args) => (context.m + by) % 97, n: frail(draw, 'assign', 'assign object', ({ context }) => (context.n + context.m) % 101) } as never),
    () => assign(frail(draw, 'assign', 'assign function', ({ context }) => (context.n % 2 === 0 ? { [`key${by % 3}`]: context.n, n: context.n + 1 } : undefined)) as never),
    () => assign(frail(draw, 'assign', 'assign function', ({ event }) => ({ list: [event.type] })) as never),
    () => assign({ [`key${by % 3}`]: chance.is(50) ? undefined : by } as never),
    () => assign({ made: ({ context }: Args) => (context.n % 13 === by ? new Map() : by) } as never),
    () => assign((({ context }: Args) => (context.n % 13 !== by % 13 ? {} : by % 2 === 0 ? { list: [new Map()] } : { made: () => 1 })) as never),
  ]
  return chance.pick(makers)()
}

/** What is handed out and changes nothing. */
function randomEffect(draw: Draw): unknown {
  const { chance } = draw
  const by = chance.below(9)
  const isOdd = (value: unknown, odd: unknown) => ({ context }: Args): unknown => (context.n % 13 === by ? odd : value)
  const makers: readonly (() => unknown)[] = [
    () => 'announce',
    () => emit({ type: 'said', by } as never),
    () => emit(frail(draw, 'action', 'emit', ({ context, event }) => ({ type: 'told', n: context.n, of: event.type })) as never),
    () => 'told',
    () => tell('other', frail(draw, 'action', 'tell', ({ context }) => `o${context.m}`) as never, { type: 'hi' }),
    () => infer('model', frail(draw, 'action', 'infer', ({ context }) => [context.n, by]) as never),
    () => infer('model', isOdd({ values: [by] }, 'no vector') as never),
    () => lookup('table', frail(draw, 'action', 'lookup', ({ context }) => `k${context.m}`) as never),
    () => lookup('table', isOdd('key', by) as never),
    () => lookup('table', frail(draw, 'action', 'lookup', ({ event }) => event.type) as never),
    () => reply(frail(draw, 'action', 'reply', ({ context, event }) => [context.n, event.type]) as never),
    () => reply(by),
    () => log(frail(draw, 'action', 'log', ({ context }) => context.trail) as never, chance.is(50) ? 'label' : undefined),
    () => (chance.is(50) ? log() : log('a text')),
  ]
  return chance.pick(makers)()
}

/** An id, or what else may stand for a task. */
function taskNamed(n: number, by: number): unknown {
  return [undefined, `spawned${by % 3}`, `spawned${by % 3}`, { id: 'spawned0' }, `spawned${by % 3}`, n % 2 === by % 2 ? null : 'spawned1'][n % 6]
}

/** Timers, tasks, and events of the machine to itself and to others. */
function randomEvent(draw: Draw): unknown {
  const { chance } = draw
  const by = chance.below(9)
  const type = chance.pick(TYPES)
  const self = ({ self: mine }: { readonly self: unknown }): unknown => mine
  const other = chance.pick(['gone', '#_parent', 'spawned0'])
  const makers: readonly (() => unknown)[] = [
    () => raise(frail(draw, 'action', 'raise delayed', again(type)) as never, { delay: by * 10, ...(chance.is(50) ? { id: `timer${by % 6}` } : {}) } as never),
    () => raise(frail(draw, 'action', 'raise delayed', again(type)) as never, { delay: 'back' } as never),
    () => raise({ type, amount: by } as never, { delay: chance.pick(['growing', 'back', 'sometimes']), id: `timer${by % 6}` } as never),
    () => raise({ type, amount: by } as never, { delay: frail(draw, 'action', 'delay function', ({ context }) => (context.n % 17 === by ? Number.NaN : context.n - 3)) } as never),
    () => cancel(chance.is(20) ? `timer${by % 6}` : (frail(draw, 'action', 'cancel function', ({ context }) => (context.n % 17 === by ? undefined : `timer${by % 6}`)) as never)),
    () => sendTo(self as never, frail(draw, 'action', 'send delayed', again(type)) as never, { delay: by, ...(chance.is(50) ? { id: `timer${by % 6}` } : {}) } as never),
    () => spawnChild(chance.pick(TASKS) as never, { id: `spawned${by % 3}`, input: chance.is(30) ? by : frail(draw, 'action', 'spawn', ({ context }) => context.n) } as never),
    () => cancel(frail(draw, 'action', 'cancel function', ({ event }) => `timer${amountOf(event) % 6}`) as never),
    () => spawnChild('work' as never, { id: 'spawned0', input: frail(draw, 'action', 'spawn', ({ event }) => event.type) } as never),
    () => stopChild(chance.is(20) ? `spawned${by % 3}` : (frail(draw, 'action', 'stopChild function', ({ context }) => taskNamed(context.n, by)) as never)),
    () => raise(frail(draw, 'action', 'raise', again(type)) as never),
    () => raise(frail(draw, 'action', 'raise', again(type)) as never),
    () => sendTo(self as never, frail(draw, 'action', 'send', again(type)) as never),
    () => sendTo(marking('send to nobody', () => undefined) as never, again(type) as never),
    () => sendTo(marking('send to nobody', () => null) as never, again(type) as never, { delay: by } as never),
    () => sendTo('#_internal' as never, marking('send delayed', again(type)) as never, { delay: 'growing', id: 'later' } as never),
    () => sendTo(marking('send to others', ({ context }: Args) => (context.n % 5 === by % 5 ? other : '#_internal')) as never, again(type) as never),
  ]
  return chance.pick(makers)()
}
