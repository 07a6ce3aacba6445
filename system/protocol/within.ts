// Within: an answer that is waited for no longer than it is of use.

/** The clock that the wait is of. */
export interface Sleeper {
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** For signals that are aborted many times a second: without a reason an error is made each time, with its stack, which takes five times as long. */
export const OVER = 'over'

/** The answer; after `ms` without one, what `late` says instead. The work itself goes on. */
export async function within<T>(clock: Sleeper, work: Promise<T>, ms: number, late: () => T): Promise<T> {
  const over = new AbortController()
  try {
    return await Promise.race([work, clock.sleep(ms, over.signal).then(() => (over.signal.aborted ? work : late()))])
  } finally {
    over.abort(OVER)
  }
}
