// What the main thread and a worker thread say to each other. Plain data and ports.
import type { PartitionSettings } from '../../../system/partition/deps.ts'
import type { SnapshotCache } from '../../../system/ports/cache.ts'
import type { Clock } from '../../../system/ports/clock.ts'
import type { BatchEvent, PartitionEvent, Telemetry } from '../../../system/ports/telemetry.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import type { Look } from '../look.ts'
import type { CallMessage, ServerMessage } from './rpc.ts'
import type { ThreadLog } from './thread-log.ts'
import type { QueryService } from '../query-service.ts'
import type { StateCache } from '../state-cache.ts'

/** How a thread gets its system: functions cannot be sent, so it loads them for itself. */
export interface SystemLoader {
  /** URL of a module that is a `LoaderModule`. */
  readonly module: string
  readonly argument: unknown
}

export interface LoaderModule {
  load(argument: unknown): Promise<SystemDefinition>
  /** For tests; no module of a production system exports it. Called once, before the thread joins. */
  hooks?(argument: unknown): ThreadHooks
}

/** What stands on a thread in the place of its own. A probe may end the thread: `process.exit()` ends no more than that, on Node and on Bun. */
export interface ThreadHooks {
  /** Default: none. */
  readonly probe?: Telemetry['probe']
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: states are read from the log by key. */
  readonly cache?: SnapshotCache
}

export interface ThreadStart {
  readonly log: ThreadLog
  readonly slot: number
  readonly loader: SystemLoader
  readonly turnstile: SharedArrayBuffer
  readonly witness: SharedArrayBuffer
  readonly settings: Partial<PartitionSettings>
  readonly stateCache: StateCache | undefined
  readonly queries: QueryService | undefined
}

export type ToThread =
  | { readonly kind: 'look'; readonly id: number }
  /** Drain, then end. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'hurry' }
  | CallMessage

export type FromThread =
  /** Before it is at work: what it waits for, which may not answer; undefined: for nothing any more. */
  | { readonly kind: 'waits'; readonly whom: string | undefined }
  /** It has joined its groups. */
  | { readonly kind: 'started' }
  /** It will not. `isAway`: because something does not answer that may again. */
  | { readonly kind: 'unstarted'; readonly why: string; readonly isAway: boolean }
  | { readonly kind: 'look'; readonly id: number; readonly look: Look }
  | { readonly kind: 'partition'; readonly event: PartitionEvent }
  | { readonly kind: 'batch'; readonly event: BatchEvent }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly kind: 'stopped' }
  | ServerMessage

/** For people. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${'code' in error ? `${String(error.code)}: ` : ''}${error.message}` : String(error)
}
