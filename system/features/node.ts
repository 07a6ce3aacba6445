// Nodes: a feature's definition as plain data.
//
// Owns the canonical form that a set's hash is taken over: what is computed, never how. A change here that alters
// the JSON of an unchanged definition changes every hash; do not make one.

export type TimePart = 'ms' | 'minuteOfDay' | 'hour' | 'dayOfWeek' | 'weekend'
export type BinaryOperator = 'plus' | 'minus' | 'times' | 'equals' | 'atMost' | 'atLeast' | 'below' | 'above' | 'and' | 'or'
export type WindowStatistic = 'count' | 'sum' | 'mean' | 'min' | 'max'
export type LastStatistic = 'mean' | 'min' | 'max' | 'first' | 'last'

/** A value of one event. `kind` is the event type, '' in a set of a single schema. */
export type FieldNode = {
  readonly op: 'field'
  readonly kind: string
  readonly path: readonly string[]
  readonly orElse?: number | string | boolean
}

/** What can be computed from constants, one event and other features. */
export type PlainNode =
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: 'text'; readonly value: string }
  | FieldNode
  | { readonly op: 'time'; readonly kind: string; readonly part: TimePart }
  | { readonly op: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly op: 'over'; readonly left: Node; readonly right: Node; readonly whenZero: number }
  | { readonly op: 'not'; readonly of: Node }
  | { readonly op: 'between'; readonly points: readonly [Node, Node, Node, Node] }

/** Samples of (t - delay - window, t - delay]. `kind: null` means the set's only kind. */
export type WindowNode = {
  readonly op: 'window'
  readonly kind: string | null
  readonly delayMs: number
  readonly windowMs: number
  readonly statistic: WindowStatistic
  readonly of: Node | null
  readonly whenEmpty: number
}

/** Sum that halves every `halfLifeMs`. */
export type DecayNode = { readonly op: 'decay'; readonly kind: string | null; readonly halfLifeMs: number; readonly of: Node | null }

/** Counter that each matching event multiplies by `factor` and raises by `gain`. */
export type CounterNode = { readonly op: 'counter'; readonly rules: readonly CounterRule[] }
export type CounterRule = { readonly kind: string | null; readonly on: Node | null; readonly factor: number; readonly gain: Node }

/** A statistic of the last `size` samples, or the sample `back` places before the newest. */
export type LastNode = {
  readonly op: 'last'
  readonly kind: string | null
  readonly size: number
  readonly statistic: LastStatistic | { readonly back: number }
  readonly of: Node
  readonly whenEmpty: number
}

/** Path length (m), mean speed (m/s) or steps taken before, over the last `points` positions. */
export type TrackNode = {
  readonly op: 'track'
  readonly kind: string | null
  readonly points: number
  readonly statistic: 'distance' | 'speed' | 'repeated'
  readonly lat: Node
  readonly lng: Node
  readonly whenEmpty: number
}

export type FoldNode = WindowNode | DecayNode | CounterNode | LastNode | TrackNode
export type Node = PlainNode | FoldNode

/** The nodes a plain node is made of. Folds are leaves here: their arguments belong to the fold. */
export function operands(node: Node): readonly Node[] {
  if ('left' in node) return [node.left, node.right]
  if (node.op === 'not') return [node.of]
  if (node.op === 'between') return node.points
  return []
}

export function isFold(node: Node): node is FoldNode {
  return node.op === 'window' || node.op === 'decay' || node.op === 'counter' || node.op === 'last' || node.op === 'track'
}

/** True when the node, or one it is made of, is a fold. */
export function containsFold(node: Node): boolean {
  return isFold(node) || operands(node).some(containsFold)
}

/** Adds the event kinds that the node reads to `kinds`. */
export function collectKinds(node: Node, kinds: Set<string>): Set<string> {
  if (node.op === 'field' || node.op === 'time') kinds.add(node.kind)
  for (const operand of operands(node)) collectKinds(operand, kinds)
  return kinds
}
