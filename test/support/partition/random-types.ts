// Random types: small actor types made of what actors do, as fast-check arbitraries, with inputs whose disorder stays within their bound.
import fc from 'fast-check'
import { assign, cancel, createMachine, emit, log, raise } from 'xstate'
import type { AnyStateMachine } from 'xstate'
import { infer, lookup, tell } from '../../../system/authoring/effects.ts'
import { defineTable } from '../../../system/authoring/table.ts'
import { defineModel } from '../../../system/models/definition.ts'
import type { ActorDefinition, ActorLimits } from '../../../system/authoring/definition.ts'
import { deedSchema, defineActor, planOf } from './bench.ts'
import type { Deed } from './bench.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'

/** One thing a handler does. */
type Atom =
  | { readonly do: 'count' | 'emit' | 'cancel' | 'ask' | 'find' | 'tell' | 'log' | 'trap' }
  | { readonly do: 'arm'; readonly timer: string; readonly delayMs: number }

export interface TypeSpec {
  readonly order: 'arrival' | 'eventTime'
  readonly timers: 'processing' | 'event'
  readonly outOfOrderMs: number
  readonly handlers: Readonly<Record<'a' | 'b' | 'c' | 'score' | 'tick', readonly Atom[]>>
  /** Of leaving the second state by itself; undefined: never. */
  readonly afterMs: number | undefined
  readonly ends: boolean
  /** What a trap does to its entity; undefined: its record alone is refused. */
  readonly onTrap: 'stop' | 'park' | undefined
  readonly dedups: boolean
}

const delays = fc.constantFrom(0, 1, 5, 20, 60)
/** Names that a cause has to encode. */
const [TIMER, OTHER_TIMER] = ['t-1.2', '%2D \u{1F552}']
const arm = fc.record({ do: fc.constant('arm' as const), timer: fc.constantFrom(TIMER, OTHER_TIMER), delayMs: delays })
const plainAtom = fc.record({ do: fc.constantFrom('count' as const, 'emit', 'cancel', 'tell', 'log', 'trap') })
const asking = fc.record({ do: fc.constantFrom('ask' as const, 'find') })
const anyAtom: fc.Arbitrary<Atom> = fc.oneof({ weight: 3, arbitrary: plainAtom }, { weight: 2, arbitrary: arm }, { weight: 1, arbitrary: asking })
const atoms = fc.array(anyAtom, { minLength: 1, maxLength: 4 })
/** What answers a timer may not arm one, or it would never end; what answers a score may not ask again, nor arm when timers ask. */
const tickAtoms = fc.array(fc.oneof(plainAtom, asking), { maxLength: 3 })
const scoreAtoms = fc.array(fc.oneof(plainAtom, arm), { maxLength: 3 })

export const typeSpec = (order: fc.Arbitrary<'arrival' | 'eventTime'>, timers: fc.Arbitrary<'processing' | 'event'>, onTrap: fc.Arbitrary<TypeSpec['onTrap']> = fc.constantFrom(undefined, 'stop')): fc.Arbitrary<TypeSpec> => fc.record({
  order, timers, onTrap, outOfOrderMs: fc.constantFrom(0, 10, 40),
  handlers: fc.record({ a: atoms, b: atoms, c: atoms, score: scoreAtoms, tick: tickAtoms }).map((handlers) => (
    handlers.tick.some((atom) => atom.do === 'ask' || atom.do === 'find') ? { ...handlers, score: handlers.score.filter((atom) => atom.do !== 'arm') } : handlers
  )),
  afterMs: fc.option(delays, { nil: undefined }), ends: fc.boolean(), dedups: fc.boolean(),
})

interface Memo { readonly n: number; readonly v: number; readonly score: number }

const TABLE = defineTable({ name: 't', rows: {} })
const MODEL = defineModel({ name: 'm', version: 1, kind: 'linear', features: ['n', 'v'], weights: [1, 1], bias: 0 })

function actionsOf(handler: string, list: readonly Atom[]): readonly unknown[] {
  return [assign(({ context, event }: { context: Memo; event: Partial<Deed> & { v?: number; score?: number; row?: { v: number } } }) => ({
    n: (context.n * 31 + (event.v ?? 1) + handler.length) % 100_003,
    v: event.v ?? event.row?.v ?? context.v,
    score: event.score ?? context.score,
  })), ...list.flatMap((atom, index) => actionOf(handler, atom, index))]
}

function actionOf(handler: string, atom: Atom, index: number): readonly unknown[] {
  switch (atom.do) {
    case 'count': return [assign({ n: ({ context }: { context: Memo }) => (context.n + index + 1) % 100_003 })]
    case 'emit': return [emit(({ context, event }: { context: Memo; event: Partial<Deed> }) => ({ type: 'out', by: `${handler}${index}`, n: context.n, v: context.v, score: context.score, at: event.time ?? 0 }))]
    case 'cancel': return [cancel(TIMER)]
    case 'ask': return [infer('m', ({ context }: { context: Memo }) => [context.n, context.v])]
    case 'find': return [lookup('t', ({ context }: { context: Memo }) => `k${context.n % 20}`)]
    case 'tell': return [tell('sink', 'all', ({ context }: { context: Memo }) => ({ type: 'told', n: context.n }))]
    case 'log': return [log(({ context }: { context: Memo }) => context.n, 'n')]
    case 'trap': return [assign({ v: ({ context }: { context: Memo }) => trapped(context) })]
    case 'arm': return [raise({ type: 'tick' }, { id: atom.timer, delay: atom.delayMs })]
  }
}

function trapped({ n, v }: Memo): number {
  if (n % 5 === 3) throw new RangeError('a trap')
  return v
}

function machineOf(spec: TypeSpec): AnyStateMachine {
  const on = (handler: keyof TypeSpec['handlers'], target?: string): unknown => ({ ...(target === undefined ? {} : { target }), actions: actionsOf(handler, spec.handlers[handler]) })
  const config = {
    id: 'random', context: { n: 0, v: 0, score: 0 }, initial: 'one',
    on: { 'inference.m': on('score'), 'lookup.t': on('score'), tick: on('tick'), ...(spec.ends ? { end: '.over' } : {}) },
    states: {
      one: { on: { a: on('a'), b: on('b', 'two'), c: on('c') } },
      two: { on: { a: on('b'), b: on('c', 'one'), c: on('a') }, ...(spec.afterMs === undefined ? {} : { after: { [spec.afterMs]: { target: 'one', actions: actionsOf('after', [{ do: 'emit' }, { do: 'tell' }]) } } }) },
      over: { type: 'final', entry: emit({ type: 'out', by: 'end' }) },
    },
  }
  return createMachine(config as never) as unknown as AnyStateMachine
}

const sinkMachine = createMachine({ types: { events: {} as { type: string } } })
const sink: ActorDefinition = defineActor({ name: 'sink', version: 1, machine: sinkMachine })
const waitingSink: ActorDefinition = defineActor({ name: 'sink', version: 1, order: 'eventTime', machine: sinkMachine })

/** The type of a spec, in a system with a target; when that `waits`, the type has watermarks whatever the spec says. */
export function planOfSpec(spec: TypeSpec, waits = true, snapshotEvery = 5000, limits: Partial<ActorLimits> = {}): TypePlan {
  const actor = defineActor({
    name: 'random', version: 1, machine: machineOf(spec) as never,
    sources: {
      first: { schema: deedSchema as never, key: (deed: Deed) => deed.who, outOfOrder: spec.outOfOrderMs, ...(spec.dedups ? { id: (deed: Deed) => String(deed['uid']) } : {}) },
      second: { schema: deedSchema as never, key: (deed: Deed) => deed.who, outOfOrder: spec.outOfOrderMs },
    } as never,
    outputs: { out: 'outs' },
    tells: { sink: 'forward' },
    order: spec.order, timers: spec.timers, snapshotEvery, keepStopped: 300, rank: ['c', 'a', 'b'] as never,
    onFailure: spec.onTrap === undefined ? {} : { action: spec.onTrap }, limits,
  })
  return planOf([actor, waits ? waitingSink : sink], 'random', { models: [MODEL], tables: [TABLE] })
}

const FEW: fc.ArrayConstraints = { maxLength: 40 }

/** Deeds of one topic: times go up, each deed then comes up to the bound late. */
export function deeds(outOfOrderMs: number, prefix: string, ids: readonly string[] = ['x', 'y', 'z'], lengths = FEW): fc.Arbitrary<readonly Deed[]> {
  const one = fc.record({
    stepMs: fc.constantFrom(0, 0, 1, 3, 15, 50), lateMs: fc.integer({ min: 0, max: outOfOrderMs }), who: fc.constantFrom(...ids),
    type: fc.constantFrom('a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c', 'end'), v: fc.integer({ min: 0, max: 50 }), again: fc.constantFrom(false, false, false, true),
  })
  return fc.array(one, { ...lengths, size: 'max' }).map((list) => {
    let timeMs = 1_000_000
    const made = list.map(({ stepMs, lateMs, who, type, v }, index) => {
      timeMs += stepMs
      return { arrivesMs: timeMs + lateMs, index, deed: { type, time: timeMs, who, v, uid: `${prefix}${index}` } }
    })
    made.sort((p, q) => p.arrivesMs - q.arrivesMs || p.index - q.index)
    return made.flatMap(({ deed, index }) => (list[index]?.again === true ? [deed, deed] : [deed]))
  })
}
