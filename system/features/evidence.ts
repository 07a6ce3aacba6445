// Evidence: which events a feature's value is made of, as far as a state still tells.
//
// V1. Nothing is guessed. A sum that halves and a counter keep none of their events, a field's last value not its time: no number of events is told of them then.
import { collectKinds, containsFold, isFold, operands } from './node.ts'
import type { FoldNode, Node } from './node.ts'
import type { Plan } from './plan.ts'
import type { FeatureState } from './state.ts'

/** `kind` is the event type, '' in a set of a single schema. Times are event times in ms, newest first, at most TIMES_MAX of them. */
export type Source =
  /** Events of (afterMs, untilMs]. `leftEarly`: samples of its kind that had to go before their time, ever. */
  | { readonly made: 'window'; readonly kind: string; readonly events: number; readonly afterMs: number; readonly untilMs: number; readonly timesMs: readonly number[]; readonly leftEarly: number }
  /** The last events, at most so many. */
  | { readonly made: 'last'; readonly kind: string; readonly events: number; readonly eventsMax: number; readonly timesMs: readonly number[] }
  /** All events so far, each counting half after `halfLifeMs`. `newestMs`: the newest of them; absent while the sum is nothing. */
  | { readonly made: 'half-life'; readonly kind: string; readonly halfLifeMs: number; readonly newestMs?: number }
  /** All events so far that its rules are about. */
  | { readonly made: 'counter'; readonly kinds: readonly string[] }
  /** The event of its kind that arrived last. */
  | { readonly made: 'arrival'; readonly kind: string }

/** Of a state as of its newest event. */
export type ReadSources = (state: FeatureState) => readonly Source[]

const TIMES_MAX = 5

/** The sources of a feature, each once. `place` names it in errors. */
export function compileSources(node: Node, plan: Plan, place: string): ReadSources {
  const reads = new Map<string, (state: FeatureState) => Source>()
  collect(node, plan, place, reads)
  return (state) => [...reads.values()].map((read) => read(state))
}

function collect(node: Node, plan: Plan, place: string, reads: Map<string, (state: FeatureState) => Source>): void {
  if (isFold(node)) return collectFold(node, plan, place, reads)
  const [kind, ...others] = collectKinds(node, new Set())
  if (containsFold(node) || others.length > 0) for (const operand of operands(node)) collect(operand, plan, place, reads)
  else if (kind !== undefined) reads.set(`arrival ${kind}`, () => ({ made: 'arrival', kind }))
}

function collectFold(node: FoldNode, plan: Plan, place: string, reads: Map<string, (state: FeatureState) => Source>): void {
  switch (node.op) {
    case 'window': {
      const { delayMs, windowMs } = node
      const kind = plan.kindOf(node.kind, [node.of], place)
      const { ring, window } = plan.window(kind, delayMs, windowMs)
      reads.set(`window ${kind} ${window}`, ({ rings, newestMs }) => {
        const { times, edges, truncated } = rings[ring]!
        const [from, to] = [edges[2 * window]!, edges[2 * window + 1]!]
        const untilMs = newestMs - delayMs
        return { made: 'window', kind, events: to - from, afterMs: untilMs - windowMs, untilMs, timesMs: newest(times, from, to), leftEarly: truncated }
      })
      return
    }
    case 'last':
    case 'track': {
      const kind = plan.kindOf(node.kind, node.op === 'last' ? [node.of] : [node.lat, node.lng], place)
      const eventsMax = node.op === 'last' ? node.size : node.points
      const tail = plan.tail(kind, eventsMax)
      reads.set(`last ${kind} ${eventsMax}`, ({ tails }) => {
        const { times } = tails[tail]!
        const from = Math.max(0, times.length - eventsMax)
        return { made: 'last', kind, events: times.length - from, eventsMax, timesMs: newest(times, from, times.length) }
      })
      return
    }
    case 'decay': {
      const { halfLifeMs } = node
      const kind = plan.kindOf(node.kind, [node.of], place)
      const at = 2 * plan.decay(kind, halfLifeMs, node.of)
      reads.set(`decay ${at}`, ({ decays }) => ({ made: 'half-life', kind, halfLifeMs, ...(decays[at] === 0 ? {} : { newestMs: decays[at + 1]! }) }))
      return
    }
    case 'counter': {
      const kinds = [...new Set(node.rules.map(({ kind, on, gain }) => plan.kindOf(kind, [on, gain], place)))]
      reads.set(`counter ${kinds.join()}`, () => ({ made: 'counter', kinds }))
    }
  }
}

function newest(times: readonly number[], from: number, to: number): readonly number[] {
  return times.slice(Math.max(from, to - TIMES_MAX), to).reverse()
}
