// One entity as the checker keeps it, and what is due for it.
import type { PlainEvent } from './checker-codec.ts'
import type { Situation } from './checker-reactions.ts'

export interface PlainHeld {
  readonly timeMs: number
  readonly rank: number
  readonly source: string
  readonly sourceId: string
  readonly topic: string
  readonly offset: number
  readonly event: PlainEvent
}

export interface PlainEntity {
  readonly id: string
  now: Situation | undefined
  stopped: boolean
  timers: Map<string, { readonly generation: string; readonly dueMs: number; readonly isLate: boolean }>
  tasks: Map<string, { readonly key: string; dueMs: number }>
  holds: PlainHeld[]
  seen: { readonly key: string; readonly timeMs: number }[]
  expireAtMs: number | undefined
}

export const blank = (id: string): PlainEntity => ({ id, now: undefined, stopped: false, timers: new Map(), tasks: new Map(), holds: [], seen: [], expireAtMs: undefined })

/** Nothing is known of it. */
export const isBlank = ({ now, stopped, holds, seen, expireAtMs }: PlainEntity): boolean => now === undefined && !stopped && expireAtMs === undefined && holds.length === 0 && seen.length === 0

export interface PlainDue {
  readonly dueMs: number
  readonly entity: string
  readonly kind: number
  readonly id: string
}

const order = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

export const byDue = (a: PlainDue, b: PlainDue): number => order(a.dueMs, b.dueMs) || order(a.entity, b.entity) || order(a.kind, b.kind) || order(a.id, b.id)

export const byHold = (a: PlainHeld, b: PlainHeld): number =>
  order(a.timeMs, b.timeMs) || order(a.rank, b.rank) || order(a.source, b.source) || order(a.sourceId, b.sourceId) || order(a.topic, b.topic) || order(a.offset, b.offset)

/** Everything due by event time, or everything due by processing time. */
export function duesOf(entity: PlainEntity, time: 'event' | 'processing', eventTimers: boolean): readonly PlainDue[] {
  const dues: PlainDue[] = []
  const { id: name, holds, timers, tasks, expireAtMs } = entity
  const [first] = holds
  if (time === 'event' && first !== undefined) dues.push({ dueMs: first.timeMs, entity: name, kind: 0, id: '' })
  if (eventTimers === (time === 'event')) for (const [id, { dueMs }] of timers) dues.push({ dueMs, entity: name, kind: 1, id })
  if (time === 'event') return dues
  for (const [id, { dueMs }] of tasks) dues.push({ dueMs, entity: name, kind: 2, id })
  if (expireAtMs !== undefined) dues.push({ dueMs: expireAtMs, entity: name, kind: 3, id: '' })
  return dues
}
