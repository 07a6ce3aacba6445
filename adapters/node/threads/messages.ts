// What the main thread and a worker thread say to each other. Plain data and ports.
import type { BatchEvent, PartitionEvent } from '../../../system/ports/telemetry.ts'
import type { PartitionSettings } from '../../../system/partition/deps.ts'
import type { ThreadChannel } from '../../sqlite/log.ts'
import type { Look } from '../look.ts'

/** How a thread gets its system: functions cannot be sent, so it loads them for itself. */
export interface SystemLoader {
  /** URL of a module that exports `load(argument): Promise<SystemDefinition>`. */
  readonly module: string
  readonly argument: unknown
}

export interface ThreadStart {
  readonly folder: string
  readonly slot: number
  readonly loader: SystemLoader
  readonly channel: ThreadChannel
  readonly turnstile: SharedArrayBuffer
  readonly witness: SharedArrayBuffer
  readonly settings: Partial<PartitionSettings>
}

export type ToThread =
  | { readonly kind: 'look'; readonly id: number }
  /** Drain, then end. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'hurry' }

export type FromThread =
  /** It has joined its groups. */
  | { readonly kind: 'started' }
  | { readonly kind: 'look'; readonly id: number; readonly look: Look }
  | { readonly kind: 'partition'; readonly event: PartitionEvent }
  | { readonly kind: 'batch'; readonly event: BatchEvent }
  | { readonly kind: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly kind: 'stopped' }
