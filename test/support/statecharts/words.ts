// What random machines are made of: their context, their events, and what is drawn from a seed for one of them.
import type { Chance } from './chance.ts'

export interface RandomContext {
  readonly n: number
  readonly m: number
  /** How many eventless transitions may still follow; events fill it up. */
  readonly loops: number
  readonly trail: string
  readonly list: readonly unknown[]
}

export interface RandomEvent {
  readonly type: string
  readonly amount?: number
  /** How many raised events this one follows from. */
  readonly depth?: number
  readonly output?: unknown
}

export interface Args {
  readonly context: RandomContext
  readonly event: RandomEvent
}

export const TYPES = ['a', 'b', 'c', 'd', 'x', 'x.y', 'x.z', 'x.y.w', 'inference.model', 'lookup.table'] as const
export const DESCRIPTORS = ['a', 'b', 'c', 'd', 'x', 'x.y', 'x.z', 'x.y.w', 'x.*', 'x.y.*', 'inference.model', 'lookup.*'] as const
export const TASKS = ['work', 'call'] as const
export const DEPTH_MAX = 2
/** What is raised instead, once events have followed each other deep enough: only `*` takes it. */
export const QUIET = 'quiet'
const TRAIL_CHARACTERS = 48

/** One node of a tree that is drawn before anything else: targets need all of them. */
export interface Shape {
  readonly id: string
  readonly key: string
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'shallow' | 'deep'
  readonly parent: Shape | undefined
  readonly children: Shape[]
}

export interface Draw {
  readonly chance: Chance
  readonly shapes: readonly Shape[]
}

/** What named actions and guards are given, and how it was written. */
export interface Params {
  readonly by: number
  readonly how: 'constant' | 'function' | 'method'
}

export function walked(trail: string, mark: string): string {
  return `${trail}${mark} `.slice(-TRAIL_CHARACTERS)
}

export const depthOf = (event: RandomEvent): number => event.depth ?? 0
export const amountOf = (event: RandomEvent): number => event.amount ?? 1
export const idOf = ({ id }: Shape): string => `#${id}`
