// Port: time. The core reads no other clock.
export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  nowMs(): number
  /** Monotonic milliseconds from an arbitrary origin. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
