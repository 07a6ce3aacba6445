// Reader: turns a feature's node into a function of the set's state, and asks the plan to keep what it needs.
import { pow } from '../protocol/math.ts'
import { compile } from './compute.ts'
import type { Compute } from './compute.ts'
import { collectKinds, containsFold, isFold } from './node.ts'
import type { FoldNode, LastNode, Node, TrackNode, WindowNode } from './node.ts'
import type { Plan } from './plan.ts'
import type { FeatureState } from './state.ts'
import { sumAt } from './sum.ts'
import { repeatedSteps, travelled } from './tail.ts'

type Read = Compute<FeatureState>

/** A feature as a function of a state that stands at the given time. `place` names it in errors. */
export function compileFeature(node: Node, plan: Plan, place: string): Read {
  return compile(node, (inner) => {
    if (isFold(inner)) return readFold(inner, plan, place)
    // Each event-only part is read from the newest event of its kind; several kinds are combined after.
    if (containsFold(inner) || collectKinds(inner, new Set()).size !== 1) return undefined
    const slot = plan.current(inner, place)
    return (state) => state.current[slot]!
  })
}

function readFold(node: FoldNode, plan: Plan, place: string): Read {
  switch (node.op) {
    case 'window': return readWindow(node, plan, place)
    case 'last': return readLast(node, plan, place)
    case 'track': return readTrack(node, plan, place)
    case 'decay': {
      const { halfLifeMs } = node
      const at = 2 * plan.decay(plan.kindOf(node.kind, [node.of], place), halfLifeMs, node.of)
      return (state, nowMs) => decayed(state.decays[at]!, nowMs - state.decays[at + 1]!, halfLifeMs)
    }
    case 'counter': {
      const at = plan.counter(node.rules.map((rule) => ({ ...rule, kind: plan.kindOf(rule.kind, [rule.on, rule.gain], place) })))
      return (state) => state.counters[at]!
    }
  }
}

/** What is left of `value` after `elapsedMs`. */
export function decayed(value: number, elapsedMs: number, halfLifeMs: number): number {
  return value === 0 || elapsedMs === 0 ? value : value * pow(2, -elapsedMs / halfLifeMs)
}

function readWindow(node: WindowNode, plan: Plan, place: string): Read {
  const { statistic, of, whenEmpty } = node
  const kind = plan.kindOf(node.kind, [of], place)
  const { ring, window } = plan.window(kind, node.delayMs, node.windowMs)
  const [from, to] = [2 * window, 2 * window + 1]
  if (!of || statistic === 'count') return (state) => state.rings[ring]!.edges[to]! - state.rings[ring]!.edges[from]!
  const column = plan.column(kind, of)
  if (statistic === 'min' || statistic === 'max') {
    return (state) => {
      const { columns, edges } = state.rings[ring]!
      return extreme(statistic, columns[column]!, edges[from]!, edges[to]!, whenEmpty)
    }
  }
  const sum = 2 * plan.sum(kind, window, column)
  if (statistic === 'sum') return (state) => sumAt(state.rings[ring]!.sums, sum)
  return (state) => {
    const { edges, sums } = state.rings[ring]!
    const count = edges[to]! - edges[from]!
    return count === 0 ? whenEmpty : sumAt(sums, sum) / count
  }
}

function extreme(statistic: 'min' | 'max', values: readonly number[], from: number, to: number, whenEmpty: number): number {
  if (from === to) return whenEmpty
  let best = values[from]!
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!
    if (statistic === 'min' ? value < best : value > best) best = value
  }
  return best
}

function readLast(node: LastNode, plan: Plan, place: string): Read {
  const { size, statistic, whenEmpty } = node
  const kind = plan.kindOf(node.kind, [node.of], place)
  const tail = plan.tail(kind, size)
  const column = plan.tailColumn(tail, node.of)
  return (state) => {
    const values = state.tails[tail]!.columns[column]!
    const end = values.length
    const first = Math.max(0, end - size)
    if (first === end) return whenEmpty
    if (typeof statistic === 'object') return end - 1 - statistic.back >= first ? values[end - 1 - statistic.back]! : whenEmpty
    switch (statistic) {
      case 'first': return values[first]!
      case 'last': return values[end - 1]!
      case 'mean': return mean(values, first, end)
      case 'min': return extreme('min', values, first, end, whenEmpty)
      case 'max': return extreme('max', values, first, end, whenEmpty)
    }
  }
}

function mean(values: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += values[i]!
  return sum / (to - from)
}

function readTrack(node: TrackNode, plan: Plan, place: string): Read {
  const { points, statistic, whenEmpty } = node
  const tail = plan.tail(plan.kindOf(node.kind, [node.lat, node.lng], place), points)
  if (statistic === 'repeated') {
    const columns = { lat: plan.tailColumn(tail, node.lat), lng: plan.tailColumn(tail, node.lng) }
    return (state) => repeatedSteps(state.tails[tail]!, columns, points)
  }
  const track = plan.track(tail, node.lat, node.lng)
  return (state) => {
    const way = travelled(state.tails[tail]!, track, points)
    if (!way) return whenEmpty
    if (statistic === 'distance') return way.metres
    return way.seconds === 0 ? whenEmpty : way.metres / way.seconds
  }
}
