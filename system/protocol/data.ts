// Plain data: what states, events and payloads may hold, and what every codec keeps exactly.

export type Data = null | undefined | boolean | number | string | bigint | Uint8Array | Date | readonly Data[] | { readonly [key: string]: Data }

/** An event as a machine sees it. `time` is its event time, ms since the epoch, set by the runtime. */
export interface MachineEvent {
  readonly type: string
  readonly [key: string]: unknown
}
