// Traffic: how much longer a way takes than on empty streets, by hour and by how central it is.
import { BLOCKS, spotOf } from './streets.ts'
import type { Spot } from './streets.ts'

/** Hour of the day (UTC) and the factor there; in between it changes evenly. */
const BY_HOUR: readonly (readonly [hour: number, factor: number])[] = [[0, 1], [6, 1.05], [8, 1.7], [10, 1.3], [12, 1.5], [14, 1.3], [17, 1.9], [19, 1.5], [22, 1.1], [24, 1]]
const CENTRE = spotOf({ column: BLOCKS / 2, row: BLOCKS / 2 })
const CENTRE_EXTRA = 0.35
const DAY_MS = 86_400_000

/** Two decimals, as a map service says it. */
export function trafficAt(timeMs: number, { east, north }: Spot): number {
  const hour = ((timeMs % DAY_MS) / DAY_MS) * 24
  const next = Math.max(1, BY_HOUR.findIndex(([until]) => until > hour))
  const [[fromHour, from], [toHour, to]] = [BY_HOUR[next - 1]!, BY_HOUR[next]!]
  const byHour = from + ((to - from) * (hour - fromHour)) / (toHour - fromHour)
  const away = Math.max(Math.abs(east - CENTRE.east), Math.abs(north - CENTRE.north)) / CENTRE.east
  return Math.round((byHour + CENTRE_EXTRA * Math.max(0, 1 - away)) * 100) / 100
}
