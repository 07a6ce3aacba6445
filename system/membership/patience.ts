// Patience: what a process asks before it is a member, asked again while the brokers are away. They were there as the log was opened.
//
// Only for what may be repeated: looks, and making what is missing.
import type { Clock } from '../ports/clock.ts'

export interface Patience {
  readonly clock: Clock
  readonly closing: AbortSignal
  readonly msMax: number
  /** Whether it may be answered later. */
  heals(thrown: unknown): boolean
}

const AGAIN_MS_MIN = 50
const AGAIN_MS_MAX = 1000

/** Throws what does not heal, and the last failure when the time is over. */
export async function patiently<T>({ clock, closing, msMax, heals }: Patience, ask: () => Promise<T>): Promise<T> {
  const untilMs = clock.monotonicMs() + msMax
  for (let againMs = AGAIN_MS_MIN; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
    try {
      return await ask()
    } catch (thrown) {
      if (closing.aborted || !heals(thrown) || clock.monotonicMs() >= untilMs) throw thrown
      await clock.sleep(againMs, closing)
    }
  }
}
