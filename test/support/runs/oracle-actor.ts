// One entity of the oracle, and the form it must be stored in.
import type { AnyMachineSnapshot } from 'xstate'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { OracleMachine } from './oracle-step.ts'

export interface Timer {
  readonly generation: string
  readonly dueMs: number
  readonly event: MachineEvent
}

export interface Task {
  readonly key: string
  readonly src: string
  readonly input: unknown
  attempt: number
  dueMs: number
}

export interface Actor {
  readonly id: string
  /** Of its type. */
  partition: number
  snapshot: AnyMachineSnapshot | undefined
  stopped: boolean
  timers: Map<string, Timer>
  tasks: Map<string, Task>
  seen: { readonly key: string; readonly timeMs: number; reply?: unknown; readonly sum?: number }[]
  expireAtMs: number | undefined
  arms: { readonly seq: number; count: number }
}

export function newActor(id: string): Actor {
  return { id, partition: 0, snapshot: undefined, stopped: false, timers: new Map(), tasks: new Map(), seen: [], expireAtMs: undefined, arms: { seq: -1, count: 0 } }
}

/** The entity as it must be stored; undefined: not at all. */
export function storedActor(machine: OracleMachine, actor: Actor): object | undefined {
  const { snapshot, timers, tasks, seen, expireAtMs, stopped } = actor
  if (snapshot === undefined && seen.length === 0 && !stopped) return undefined
  return {
    v: 1, a: 1,
    ...(snapshot === undefined ? {} : { m: machine.stored(snapshot) }),
    ...(timers.size === 0 ? {} : { t: [...timers].map(([id, { generation, dueMs, event }]) => [id, generation, dueMs, event] as const).sort(byId) }),
    ...(tasks.size === 0 ? {} : { k: [...tasks].map(([id, { key, src, input, attempt, dueMs }]) => [id, key, src, input, attempt, dueMs] as const).sort(byId) }),
    ...(seen.length === 0 ? {} : { d: seen.map(({ key, timeMs, reply, sum }) => (sum !== undefined ? [key, timeMs, reply, sum] : reply === undefined ? [key, timeMs] : [key, timeMs, reply])) }),
    ...(expireAtMs === undefined ? {} : { x: expireAtMs }),
    ...(stopped ? { stopped: true } : {}),
  }
}

const byId = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number => (a[0] < b[0] ? -1 : 1)
