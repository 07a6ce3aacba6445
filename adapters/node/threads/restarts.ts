// Restarts: whether and when a thread is started in the place of one that is over. Decides only; `threads.ts` acts.
//
// Owns: how often threads died, and how long they take to start.
//
// T3. Threads are replaced at most DEATHS_MAX times in PERIOD_MS, and a place is tried at most TRIES_MAX times in turn; then the system has failed, with the last reason.
// T5. A start that came to nothing because something is away, or does not answer, counts for neither: it is tried again for as long as that is so, as those wait that run.

const DEATHS_MAX = 20
const PERIOD_MS = 60_000
const TRIES_MAX = 10
/** A thread that loads its system for longer than this will not start. */
export const START_MS_MAX = 60_000
/** A replacement gets this long, or so many times what the slowest start took; after each that came to nothing twice as long: of several that are asked one after the other the first may be silent. */
const RESTART_MS = 5000
const RESTART_FACTOR = 5
/** Before the second replacement in turn that has not started; each time twice as long. */
const PAUSE_MS = 50
const PAUSE_MS_MAX = 2000

/** Starts in one place that came to nothing since a thread ran there: for reasons of their own, and because something was away. */
export interface Tries {
  readonly failed: number
  readonly away: number
}

export const NO_TRIES: Tries = { failed: 0, away: 0 }

export type Restart =
  | { readonly kind: 'start'; readonly afterMs: number; readonly startMsMax: number }
  | { readonly kind: 'give-up'; readonly reason: string }

export class Restarts {
  #deathsAtMs: readonly number[] = []
  #slowestStartMs = 0

  started(tookMs: number): void {
    this.#slowestStartMs = Math.max(this.#slowestStartMs, tookMs)
  }

  /** After a thread that ran is over, or a try came to nothing. `tries`: with that one. */
  next(name: string, { why, isAway }: { readonly why: string; readonly isAway: boolean }, { failed, away }: Tries, nowMs: number): Restart {
    this.#deathsAtMs = [...this.#deathsAtMs.filter((atMs) => nowMs - atMs < PERIOD_MS), ...(isAway ? [] : [nowMs])]
    if (failed >= TRIES_MAX) return { kind: 'give-up', reason: `${name} did not start ${TRIES_MAX} times in turn; the last: ${why}` }
    if (this.#deathsAtMs.length > DEATHS_MAX) return { kind: 'give-up', reason: `worker threads died ${DEATHS_MAX} times within ${PERIOD_MS / 1000} s; the last: ${why}` }
    const tries = failed + away
    return {
      kind: 'start', afterMs: tries === 0 ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries),
      startMsMax: Math.min(START_MS_MAX, Math.max(RESTART_MS, RESTART_FACTOR * this.#slowestStartMs) * 2 ** tries),
    }
  }
}
