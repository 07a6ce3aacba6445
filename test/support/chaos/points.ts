// Points: where a process or a thread can end, and how soon. `random` is a moment chosen from outside; `mid-commit` lies inside SQLite.
import type { Probe } from '../../../system/ports/telemetry.ts'

export type KillPoint = Probe | 'random'

/** How often a start of the workload at least comes by, roughly: the nth visit to die at is drawn from 1 to this. */
const VISITS: Readonly<Record<KillPoint, number>> = {
  'assigned': 8, 'fenced': 8, 'recovering': 8, 'lease-committed': 8, 'folding': 4,
  'after-poll': 12, 'after-decode': 12, 'after-load': 12, 'after-step': 12, 'before-commit': 20, 'mid-commit': 20, 'after-commit': 20,
  'before-cache': 4, 'during-cache': 8, 'after-cache': 4, 'before-task': 3, 'after-task': 3,
  'draining': 8, 'drain-states': 6, 'before-release': 8, 'after-release': 8, 'random': 1,
}

const CACHE_POINTS: readonly KillPoint[] = ['before-cache', 'during-cache', 'after-cache']
const DRAIN_POINTS: readonly KillPoint[] = ['draining', 'drain-states', 'before-release', 'after-release']

export const KILL_POINTS = Object.keys(VISITS) as readonly KillPoint[]

export const visitsOf = (point: KillPoint): number => VISITS[point]

export const isDrainPoint = (point: KillPoint): boolean => DRAIN_POINTS.includes(point)

/** Points that a run comes by. */
export function pointsOf(hasCache: boolean): readonly KillPoint[] {
  return KILL_POINTS.filter((point) => hasCache || !CACHE_POINTS.includes(point))
}

/** Points that a thread which runs partitions comes by: transactions are written on another one. */
export function threadPointsOf(hasCache: boolean): readonly KillPoint[] {
  return pointsOf(hasCache).filter((point) => point !== 'mid-commit')
}
