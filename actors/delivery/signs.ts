// Signs that a rider's positions are made up: what is impossible for anyone on the street.
import type { Suspicion } from './outputs.ts'

/** m/s. Stands for a step that took no time. */
export const INSTANT = 1e6
/** m/s. Faster than any rider, 162 km/h. */
export const SPEED_IMPOSSIBLE = 45
/** So many steps in a row at such a speed are no error of measurement. */
export const FAST_STEPS = 4
/** Metres in one step, at an impossible speed. Receivers err by less. */
export const TELEPORT_M = 1000
/** A ping so far behind the rider's newest one was not just late. */
export const STALE_MS = 90_000
/** So many stale pings in a row come from a clock, not from a network that delivers what it kept. */
export const STALE_PINGS = 4
/** So many steps between exactly the same points are no chance. */
export const REPEATED_STEPS = 6

/** What has been seen of a rider's newest pings. */
export interface Runs {
  /** Steps in a row at an impossible speed. */
  readonly fast: number
  /** Pings in a row far behind the newest. */
  readonly stale: number
}

export interface Observation extends Runs {
  /** Metres and m/s of the newest step; steps taken before. */
  readonly step: number
  readonly speed: number
  readonly repeated: number
}

/** The runs after one more ping, which is `behindMs` older than the newest before it. */
export function runsAfter({ fast, stale }: Runs, step: number, speed: number, behindMs: number): Runs {
  // Between old positions there is nothing to measure.
  if (behindMs > 0) return { fast, stale: behindMs >= STALE_MS ? stale + 1 : stale }
  if (speed >= INSTANT) return { fast, stale: 0 }
  return { fast: speed >= SPEED_IMPOSSIBLE && step < TELEPORT_M ? fast + 1 : 0, stale: 0 }
}

/** The sign that the newest ping shows, the most certain first; undefined: none. `behindMs` as above. */
export function signOf({ fast, stale, step, speed, repeated }: Observation, behindMs: number): Suspicion['sign'] | undefined {
  if (behindMs > 0) return stale >= STALE_PINGS && behindMs >= STALE_MS ? 'staleClock' : undefined
  if (step >= TELEPORT_M && speed >= SPEED_IMPOSSIBLE) return 'teleport'
  if (repeated >= REPEATED_STEPS) return 'repeatedTrack'
  return fast >= FAST_STEPS ? 'speed' : undefined
}
