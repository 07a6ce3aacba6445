// Folds: what an author computes over many events of one entity.
//
// Owns: sliding and delayed windows, decay, last-n. Each call makes a node; the set computes it incrementally.
// Windows are (t - w, t]; delayed windows (t - d - w, t - d]; t is the newest event time the set has seen.
// A mean, minimum or maximum of nothing is `whenEmpty`, 0 unless given.
import { parseDuration } from '../authoring/duration.ts'
import type { Duration } from '../authoring/duration.ts'
import { DefinitionError } from '../protocol/failures.ts'
import { operandNode, term } from './expression.ts'
import type { Condition, NumberExpression, Operand } from './expression.ts'
import { LAST_SAMPLES_MAX } from './limits.ts'
import type { CounterRule, LastStatistic, Node, WindowStatistic } from './node.ts'
import { kindOfView } from './view.ts'

export interface EmptyOptions {
  /** The value of a statistic over no samples. */
  readonly whenEmpty?: number
}

/** Which events count: all of a kind (its view), those for which a condition holds, or all of the set's only kind. */
export type EventFilter = object | Condition

export interface Window {
  /** How many events. */
  count(events?: EventFilter): NumberExpression
  sum(of: Operand): NumberExpression
  mean(of: Operand, options?: EmptyOptions): NumberExpression
  min(of: Operand, options?: EmptyOptions): NumberExpression
  max(of: Operand, options?: EmptyOptions): NumberExpression
}

/** The events of the last `window`: (t - w, t]. */
export function sliding(window: Duration): Window {
  return windowOf(0, durationMs(window, 'sliding'))
}

/** The events of a window that ended `delay` ago: (t - d - w, t - d]. */
export function delayed(delay: Duration, window: Duration): Window {
  return windowOf(durationMs(delay, 'delayed', 0), durationMs(window, 'delayed'))
}

function windowOf(delayMs: number, windowMs: number): Window {
  const make = (statistic: WindowStatistic, kind: string | null, of: Node | null, whenEmpty = 0): NumberExpression =>
    term({ op: 'window', kind, delayMs, windowMs, statistic, of, whenEmpty })
  return {
    count: (events) => {
      const { kind, on } = filterOf(events, 'count')
      return on ? make('sum', kind, on) : make('count', kind, null)
    },
    sum: (of) => make('sum', null, operandNode(of, 'sum')),
    mean: (of, options) => make('mean', null, operandNode(of, 'mean'), options?.whenEmpty),
    min: (of, options) => make('min', null, operandNode(of, 'min'), options?.whenEmpty),
    max: (of, options) => make('max', null, operandNode(of, 'max'), options?.whenEmpty),
  }
}

export interface Decay {
  sum(of: Operand): NumberExpression
  count(events?: EventFilter): NumberExpression
}

export interface DecayRule {
  /** The events that the rule applies to. */
  readonly on: EventFilter
  /** What the counter is multiplied by on such an event. */
  readonly factor: number
  /** What is added then. */
  readonly gain: Operand
}

/** With a half-life: a sum in which an event counts half after that time. With rules: a counter that decays by event, not by time. */
export function decay(halfLife: Duration): Decay
export function decay(rules: readonly DecayRule[]): NumberExpression
export function decay(how: Duration | readonly DecayRule[]): Decay | NumberExpression {
  if (typeof how === 'object') return term({ op: 'counter', rules: how.map(ruleNode) })
  const halfLifeMs = durationMs(how, 'decay')
  return {
    sum: (of) => term({ op: 'decay', kind: null, halfLifeMs, of: operandNode(of, 'decay') }),
    count: (events) => {
      const { kind, on } = filterOf(events, 'decay')
      return term({ op: 'decay', kind, halfLifeMs, of: on })
    },
  }
}

function ruleNode(rule: DecayRule): CounterRule {
  if (!Number.isFinite(rule.factor)) throw new DefinitionError([`decay: the factor ${rule.factor} is not a finite number`])
  const { kind, on } = filterOf(rule.on, 'decay')
  return { kind, on, factor: rule.factor, gain: operandNode(rule.gain, 'decay') }
}

export interface LastOf {
  mean(options?: EmptyOptions): NumberExpression
  min(options?: EmptyOptions): NumberExpression
  max(options?: EmptyOptions): NumberExpression
  /** The oldest of the last n. */
  first(options?: EmptyOptions): NumberExpression
  /** The newest. */
  last(options?: EmptyOptions): NumberExpression
  /** All n, newest first, as features `name.0`, `name.1` ...; places without a sample are `whenEmpty`. */
  values(options?: EmptyOptions): readonly NumberExpression[]
}

/** The last n events by event time. */
export function lastN(size: number): { of(value: Operand): LastOf } {
  if (!Number.isInteger(size) || size < 1 || size > LAST_SAMPLES_MAX) {
    throw new DefinitionError([`lastN: ${size} is outside 1..${LAST_SAMPLES_MAX}; use a window for more`])
  }
  return {
    of: (value) => {
      const of = operandNode(value, 'lastN')
      const make = (statistic: LastStatistic | { readonly back: number }, options?: EmptyOptions): NumberExpression =>
        term({ op: 'last', kind: null, size, statistic, of, whenEmpty: options?.whenEmpty ?? 0 })
      return {
        mean: (options) => make('mean', options),
        min: (options) => make('min', options),
        max: (options) => make('max', options),
        first: (options) => make('first', options),
        last: (options) => make('last', options),
        values: (options) => Array.from({ length: size }, (_, back) => make({ back }, options)),
      }
    },
  }
}

function filterOf(events: EventFilter | undefined, place: string): { kind: string | null; on: Node | null } {
  if (events === undefined) return { kind: null, on: null }
  const kind = kindOfView(events)
  return kind === undefined ? { kind: null, on: operandNode(events, place) } : { kind, on: null }
}

function durationMs(duration: Duration, place: string, leastMs = 1): number {
  const ms = parseDuration(duration)
  if (Number.isSafeInteger(ms) && ms >= leastMs) return ms
  throw new DefinitionError([`${place}: '${duration}' is not a whole number of ms of at least ${leastMs}`])
}
