// Random actions: of XState, of this runtime, named and inline. Raised events and events to itself are bounded by the depth that events carry.
import { assign, cancel, emit, enqueueActions, log, raise, sendTo, spawnChild, stopChild } from 'xstate'
import { infer, lookup, reply, tell } from '../../../system/authoring/effects.ts'
import { randomGuard } from './guards.ts'
import { mark, marking } from './meter.ts'
import { amountOf, DEPTH_MAX, depthOf, TASKS, TYPES, walked } from './words.ts'
import type { Args, Draw, RandomEvent } from './words.ts'

export const ACTIONS = {
  count: assign(marking('assign function', ({ context }: Args) => ({ n: context.n + 1 })) as never),
  add: assign(marking('action params', ({ context }: Args, params: unknown) => ({ m: (context.m + (params as { readonly by: number }).by) % 97 })) as never),
  announce: emit(marking('emit', ({ context }: Args) => ({ type: 'announced', n: context.n, trail: context.trail })) as never),
  told: tell('other', 'one', (({ context, event }: Args) => ({ type: 'told', n: context.n, of: event.type })) as never),
}

export const DELAYS = { soon: 50, growing: marking('delay named', ({ context }: Args) => 10 * context.m) }

const again = (type: string) => ({ event }: Args): RandomEvent => ({ type, depth: depthOf(event) + 1, amount: amountOf(event) })

/** Leaves a mark in the context: what shows in which order actions run. */
export function trailing(name: string): unknown {
  return assign({ trail: ({ context }: Args) => walked(context.trail, name) } as never)
}

export function randomActions(draw: Draw, most: number): readonly unknown[] {
  return Array.from({ length: draw.chance.below(most + 1) }, () => randomAction(draw))
}

function randomAction(draw: Draw): unknown {
  const { chance } = draw
  const by = chance.below(9)
  const type = chance.pick(TYPES)
  const makers: readonly (() => unknown)[] = [
    () => assign({ n: marking('assign object', ({ context }: Args) => (context.n + by) % 101), m: by } as never),
    () => 'count',
    () => ({ type: 'add', params: { by } }),
    () => ({ type: 'add', params: marking('params function', ({ event }: Args) => ({ by: amountOf(event) })) }),
    () => assign({ list: marking('assign object', ({ context, event }: Args) => [...context.list, amountOf(event)].slice(-4)) } as never),
    () => assign({ m: ({ context }: Args) => (context.m + by) % 97, n: ({ context }: Args) => (context.n + context.m) % 101 } as never),
    () => 'announce',
    () => emit({ type: 'said', by } as never),
    () => 'told',
    () => tell('other', (({ context }: Args) => `o${context.m}`) as never, { type: 'hi' }),
    () => infer('model', marking('infer', ({ context }: Args) => [context.n, by]) as never),
    () => lookup('table', marking('lookup', ({ context }: Args) => `k${context.m}`) as never),
    () => reply(marking('reply', ({ context, event }: Args) => [context.n, event.type]) as never),
    () => log(marking('log', ({ context }: Args) => context.trail) as never, chance.is(50) ? 'label' : undefined),
    () => raise(marking('raise delayed', again(type)) as never, { delay: by * 10, ...(chance.is(50) ? { id: `timer${by}` } : {}) } as never),
    () => raise({ type, amount: by } as never, { delay: chance.is(50) ? 'growing' : marking('delay function', ({ context }: Args) => context.n) } as never),
    () => cancel(chance.is(50) ? `timer${by}` : (marking('cancel', () => `timer${by}`) as never)),
    () => sendTo((({ self }: { readonly self: unknown }) => self) as never, marking('send delayed', again(type)) as never, { delay: by } as never),
    () => spawnChild(chance.pick(TASKS) as never, { id: `spawned${by % 3}`, input: marking('spawn', ({ context }: Args) => context.n) } as never),
    () => stopChild(chance.is(50) ? `spawned${by % 3}` : (marking('stopChild', () => `spawned${by % 3}`) as never)),
    () => deciding(draw),
    () => deciding(draw),
    () => (chance.is(32) ? fragile(by) : raising(type, chance.is(50))),
    () => raising(type, chance.is(50)),
  ]
  return chance.pick(makers)()
}

/** An event that the machine takes within the step, or right after it. */
function raising(type: string, isRaised: boolean): unknown {
  return enqueueActions((({ event, enqueue }: Args & { readonly enqueue: Enqueue }) => {
    if (depthOf(event) >= DEPTH_MAX) return
    if (isRaised) enqueue.raise(marking('raise', again(type)))
    else enqueue.sendTo(({ self }: { readonly self: unknown }) => self, marking('send', again(type)))
  }) as never)
}

interface Enqueue {
  (action: unknown): void
  assign(assignment: unknown): void
  raise(event: unknown, options?: object): void
  emit(event: unknown): void
  cancel(timer: unknown): void
  sendTo(to: unknown, event: unknown): void
  spawnChild(src: unknown, options: object): void
  stopChild(task: unknown): void
}

function deciding(draw: Draw): unknown {
  const { chance } = draw
  const guard = randomGuard(draw, 1)
  const by = chance.below(9)
  return enqueueActions((({ context, enqueue, check }: Args & { readonly enqueue: Enqueue; readonly check: (guard: unknown) => boolean }) => {
    mark('enqueue')
    if (check(guard)) enqueue.assign({ m: ({ context }: Args) => (context.m + by) % 89 })
    else enqueue({ type: 'add', params: { by: 1 } })
    if (check('isEven')) enqueue(tell('other', 'two', (({ context }: Args) => ({ type: 'late', m: context.m, before: context.n })) as never))
    else enqueue.emit(({ context }: Args) => ({ type: 'odd', m: context.m }))
    if (context.n % 3 === 0) enqueue.raise({ type: 'd', amount: by }, { delay: by, id: 'queued' })
    if (context.n % 3 === 1) enqueue.cancel('queued')
    if (context.n % 5 === 1) enqueue.spawnChild('work', { id: 'spawned0', input: by })
    if (context.n % 5 === 2) enqueue.stopChild('spawned0')
    enqueue('count')
  }) as never)
}

/** Fails now and then, in one of the ways a step can. */
function fragile(by: number): unknown {
  return assign((({ context }: Args) => {
    if (context.n % 13 !== by % 13) return {}
    if (by % 3 === 0) throw new RangeError(`broken at ${context.n}`)
    return by % 3 === 1 ? { list: [new Map()] } : { made: () => 1 }
  }) as never)
}
