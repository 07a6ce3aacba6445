// Folder: applies one event to a state. Copy-on-write: what the event's kind does not touch is shared with the state before.
import type { EventRecord } from './compute.ts'
import { FeatureError } from './failure.ts'
import type { FinishedPlan } from './plan.ts'
import { decayed } from './reader.ts'
import { advanced, emptyRing, withSample } from './ring.ts'
import type { Ring } from './ring.ts'
import type { FeatureState } from './state.ts'
import { emptyTail, withLast } from './tail.ts'

export interface Folder {
  readonly empty: FeatureState
  fold(state: FeatureState, event: EventRecord, timeMs?: number): FeatureState
  /** The state with its windows moved up to `timeMs`; the same object when that is not after the newest event. */
  at(state: FeatureState, timeMs: number | undefined): FeatureState
}

interface FolderOptions { readonly name: string; readonly of: string; readonly kinds: readonly string[]; readonly plan: FinishedPlan }

/** What an event of one kind touches: places in the plan. */
interface Touched {
  readonly currents: readonly number[]
  readonly ring: number
  readonly tail: number
  readonly decays: readonly number[]
  readonly counters: readonly number[]
}

export function folder({ name, of, kinds, plan }: FolderOptions): Folder {
  const touched = new Map(kinds.map((kind) => [kind, touchedBy(plan, kind)]))
  const single = kinds.length === 1 ? touched.get('') : undefined
  const check = (state: FeatureState): void => {
    if (state.of !== of) throw new FeatureError(`${name}: the state was written by another definition (${state.of}, now ${of}); migrate it or start from ${name}'s empty state`)
  }
  return {
    empty: {
      of, seen: 0, newestMs: 0, current: plan.currents.map(() => 0), rings: plan.rings.map(emptyRing), tails: plan.tails.map(emptyTail),
      decays: plan.decays.flatMap(() => [0, 0]), counters: plan.counters.map(() => 0),
    },
    fold: (state, event, given) => {
      check(state)
      const timeMs = given ?? event['time']
      if (typeof timeMs !== 'number' || !Number.isFinite(timeMs)) {
        throw new FeatureError(`${name}: the event has no event time; give it as event.time or as the third argument, in ms since the epoch`)
      }
      const touches = single ?? touched.get(String(event['type']))
      if (!touches) throw new FeatureError(`${name}: has no features of events of type '${String(event['type'])}', only of ${kinds.join(', ')}`)
      return applied(plan, state, event, timeMs, touches)
    },
    at: (state, timeMs) => {
      check(state)
      if (timeMs === undefined || timeMs <= state.newestMs) return state
      if (!Number.isFinite(timeMs)) throw new FeatureError(`${name}: ${timeMs} is no time in ms since the epoch`)
      return { ...state, rings: state.rings.map((ring, i) => advanced(plan.rings[i]!, ring, timeMs)) }
    },
  }
}

function touchedBy(plan: FinishedPlan, kind: string): Touched {
  const places = (entries: readonly { readonly kind: string }[]): number[] => entries.flatMap((entry, i) => (entry.kind === kind ? [i] : []))
  return {
    currents: places(plan.currents), decays: places(plan.decays),
    ring: plan.rings.findIndex((ring) => ring.kind === kind), tail: plan.tails.findIndex((tail) => tail.kind === kind),
    counters: plan.counters.flatMap((rules, i) => (rules.some((rule) => rule.kind === kind) ? [i] : [])),
  }
}

function applied(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, touches: Touched): FeatureState {
  const newestMs = state.seen === 0 || timeMs > state.newestMs ? timeMs : state.newestMs
  return {
    of: state.of, seen: state.seen + 1, newestMs,
    current: currentAfter(plan, state, event, timeMs, touches),
    rings: ringsAfter(plan, state, event, timeMs, newestMs, touches.ring),
    tails: touches.tail < 0 ? state.tails : tailsAfter(plan, state, event, timeMs, touches.tail),
    decays: touches.decays.length === 0 ? state.decays : decaysAfter(plan, state, event, timeMs, touches.decays),
    counters: touches.counters.length === 0 ? state.counters : countersAfter(plan, state, event, timeMs, touches),
  }
}

function currentAfter(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, { currents }: Touched): readonly number[] {
  if (currents.length === 0) return state.current
  const current = state.current.slice()
  for (const slot of currents) current[slot] = plan.currents[slot]!.compute(event, timeMs)
  return current
}

function ringsAfter(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, newestMs: number, sampled: number): readonly Ring[] {
  const rings = new Array<Ring>(state.rings.length)
  for (let i = 0; i < rings.length; i++) {
    const ringPlan = plan.rings[i]!
    const ring = state.rings[i]!
    rings[i] = i === sampled
      ? withSample(ringPlan, ring, ringPlan.columns.map((column) => column(event, timeMs)), timeMs, newestMs)
      : advanced(ringPlan, ring, newestMs)
  }
  return rings
}

function tailsAfter(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, at: number): FeatureState['tails'] {
  const tailPlan = plan.tails[at]!
  const tails = state.tails.slice()
  tails[at] = withLast(tailPlan, tails[at]!, tailPlan.columns.map((column) => column(event, timeMs)), timeMs)
  return tails
}

function decaysAfter(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, places: readonly number[]): readonly number[] {
  const decays = state.decays.slice()
  for (const place of places) {
    const { halfLifeMs, of } = plan.decays[place]!
    const gain = of ? of(event, timeMs) : 1
    const value = decays[2 * place]!
    // A zero has no age, so the first sample sets the time.
    const atMs = value === 0 ? timeMs : Math.max(timeMs, decays[2 * place + 1]!)
    const sum = decayed(value, atMs - decays[2 * place + 1]!, halfLifeMs) + decayed(gain, atMs - timeMs, halfLifeMs) + 0
    if (!Number.isFinite(sum)) throw new FeatureError('a decayed sum is not finite')
    decays[2 * place] = sum
    decays[2 * place + 1] = atMs
  }
  return decays
}

function countersAfter(plan: FinishedPlan, state: FeatureState, event: EventRecord, timeMs: number, touches: Touched): readonly number[] {
  const kind = touches.counters.length === 0 ? '' : String(event['type'])
  const counters = state.counters.slice()
  for (const place of touches.counters) {
    for (const { kind: of, on, factor, gain } of plan.counters[place]!) {
      if ((of !== '' && of !== kind) || (on && on(event, timeMs) === 0)) continue
      const value = counters[place]! * factor + gain(event, timeMs) + 0
      if (!Number.isFinite(value)) throw new FeatureError('a decayed counter is not finite')
      counters[place] = value
    }
  }
  return counters
}
