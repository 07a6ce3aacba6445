// UTC: parts of an instant by integer arithmetic, so that no time zone of the machine can reach a feature (I11).
import type { TimePart } from './node.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** 1 January 1970 was a Thursday. */
const FIRST_DAY_OF_WEEK = 4

/** The part of an instant in ms since the epoch; also right before 1970. */
export function timePart(part: TimePart, timeMs: number): number {
  if (part === 'ms') return timeMs
  const day = Math.floor(timeMs / DAY_MS)
  const msOfDay = timeMs - day * DAY_MS
  if (part === 'hour') return Math.floor(msOfDay / HOUR_MS)
  if (part === 'minuteOfDay') return Math.floor(msOfDay / MINUTE_MS)
  const dayOfWeek = (((day + FIRST_DAY_OF_WEEK) % 7) + 7) % 7
  if (part === 'dayOfWeek') return dayOfWeek
  return dayOfWeek === 0 || dayOfWeek === 6 ? 1 : 0
}
