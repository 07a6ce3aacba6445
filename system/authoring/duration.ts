// Durations as people write them: '10m', '30d', or a number of milliseconds.
import { DefinitionError } from '../protocol/failures.ts'

export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration; throws DefinitionError for anything else. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return duration
    throw new DefinitionError([`${duration} is no duration: give milliseconds >= 0`])
  }
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  const unit = UNIT_MS[match?.[2] ?? '']
  if (match === null || unit === undefined) throw new DefinitionError([`'${duration}' is no duration: write 500ms, 10s, 5m, 2h or 7d`])
  return Number(match[1]) * unit
}
