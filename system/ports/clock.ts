// Port: time. The core reads no other clock.
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  nowMs(): number
  /** Monotonic milliseconds from an arbitrary origin. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts; after 0 when what waits already has had its turn. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
