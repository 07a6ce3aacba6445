// Spec: a random machine as plain data. `machine-draw.ts` draws one, `machine-build.ts` turns it into an XState machine for the runtime or for the oracle.
import type { MachineEvent } from '../../../system/protocol/data.ts'

/** What every machine of a run keeps. `trail` makes the order of assigns visible, `fuel` bounds `always`. */
export interface RunContext {
  readonly id: string
  readonly n: number
  readonly sum: number
  readonly last: number
  readonly fuel: number
  readonly newestMs: number
  readonly trail: string
  /** Never assigned: whoever changes it changes a committed context. */
  readonly nest: { readonly n: number }
}

/** A whole number out of context and event. */
export interface ValueSpec {
  readonly from: 'amount' | 'n' | 'sum' | 'last' | 'time'
  readonly times: number
  readonly mod: number
}

export type GuardSpec =
  | { readonly kind: 'over'; readonly value: ValueSpec; readonly bound: number }
  | { readonly kind: 'odd' }
  | { readonly kind: 'fuel' }
  | { readonly kind: 'newer' }
  /** Throws when the event's amount is `AMOUNT.guard`. */
  | { readonly kind: 'thrower' }
  | { readonly kind: 'not'; readonly guard: GuardSpec }
  | { readonly kind: 'and'; readonly guards: readonly GuardSpec[] }

/** A number of ms, a named delay that grows with the context, or the same inline. */
export type DelaySpec = number | 'growing' | 'inline'

export type ActionSpec =
  | { readonly kind: 'count'; readonly tag: string; readonly form: 'object' | 'function'; readonly refuels: boolean }
  | { readonly kind: 'burn' }
  | { readonly kind: 'emit'; readonly type: 'out' | 'alarm'; readonly value: ValueSpec }
  | { readonly kind: 'tell'; readonly value: ValueSpec; readonly isNamed: boolean }
  | { readonly kind: 'tell-back' }
  | { readonly kind: 'infer'; readonly value: ValueSpec }
  | { readonly kind: 'find'; readonly value: ValueSpec }
  | { readonly kind: 'reply'; readonly value: ValueSpec }
  | { readonly kind: 'log'; readonly value: ValueSpec }
  | { readonly kind: 'raise'; readonly type: string }
  | { readonly kind: 'later'; readonly type: string; readonly delay: DelaySpec; readonly id?: string; readonly self: boolean }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'self'; readonly type: string }
  | { readonly kind: 'many'; readonly actions: readonly ActionSpec[]; readonly check?: GuardSpec }
  | { readonly kind: 'spawn'; readonly id: string; readonly work: WorkSpec }
  | { readonly kind: 'stop'; readonly id: string }
  /** An assign that changes its argument when the event's amount is `AMOUNT.mutate`. */
  | { readonly kind: 'mutate' }

/** What a task does: takes `delayMs`, fails so many times, answers a number. */
export interface WorkSpec {
  readonly delayMs: number
  readonly fails: number
  readonly value: ValueSpec
}

export interface TransitionSpec {
  readonly target?: string
  readonly reenter?: boolean
  readonly guard?: GuardSpec
  readonly actions: readonly ActionSpec[]
}

export interface InvokeSpec {
  readonly id: string
  readonly isInline: boolean
  readonly work: WorkSpec
  readonly onDone: TransitionSpec | undefined
  readonly onError: TransitionSpec | undefined
}

export interface NodeSpec {
  /** Unique in the machine; also the key in its parent. */
  readonly id: string
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'shallow' | 'deep'
  readonly children: readonly NodeSpec[]
  readonly entry: readonly ActionSpec[]
  readonly exit: readonly ActionSpec[]
  readonly on: Readonly<Record<string, readonly TransitionSpec[]>>
  readonly always: readonly TransitionSpec[]
  readonly after: readonly { readonly delay: DelaySpec; readonly transition: TransitionSpec }[]
  readonly invoke: InvokeSpec | undefined
  readonly onDone: TransitionSpec | undefined
}

export interface MachineSpec {
  readonly root: NodeSpec
  /** The unit that delays are multiples of, ms. */
  readonly unitMs: number
}

/** Amounts at which something goes wrong, where a machine looks at it. */
export const AMOUNT = { guard: 901, mutate: 902, huge: 903, badId: 904, notFinite: 905 } as const
/** Characters of a huge output: more than the log of a run takes. */
export const HUGE = 70_000
/** A record of a run's log has at most this many bytes. */
export const RECORD_BYTES_MAX = 60_000

/** The number an event brings, whatever its kind. */
export function amountOf(event: MachineEvent): number {
  const { amount, output, row, score } = event as { readonly amount?: unknown; readonly output?: { readonly amount?: unknown }; readonly row?: { readonly amount?: unknown }; readonly score?: unknown }
  if (typeof amount === 'number') return amount
  if (typeof output?.amount === 'number') return output.amount
  if (typeof row?.amount === 'number') return row.amount
  return typeof score === 'number' ? Math.round(score * 100) : 7
}

export function valueOf(spec: ValueSpec, context: RunContext, event: MachineEvent): number {
  const time = (event as { readonly time?: unknown }).time
  const base = spec.from === 'amount' ? amountOf(event) : spec.from === 'time' ? (typeof time === 'number' ? time : 3) : context[spec.from]
  return (base * spec.times) % spec.mod
}

/** The score of the runs' model; every fifth vector has none. */
export function riskOf(vector: readonly number[]): number | undefined {
  const [a = 0, b = 0] = vector
  return (a + b) % 5 === 4 ? undefined : ((a * 7 + b * 3) % 100) / 100
}

/** The row of the runs' table: some keys have none, and one in 23 has one that cannot be journalled. */
export function limitOf(key: string): { readonly amount: number } | undefined | 'unfit' {
  const number = Number(key.slice(1))
  if (number % 23 === 22) return 'unfit'
  return number % 6 === 5 ? undefined : { amount: (number * 13) % 800 }
}
