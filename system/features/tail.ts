// Tail: the last n samples of one event kind by event time, with the distance of each position from the one before.
//
// Pure: a tail is never changed, a changed copy is returned. Times ascend; equal times stand in order of arrival.
// A sample older than all n of a full tail is not kept: it is none of the last n.
import type { Compute, EventRecord } from './compute.ts'
import { haversineM } from './geo.ts'
import { appended, inserted, upperBound } from './samples.ts'

export interface TailPlan {
  readonly size: number
  readonly columns: readonly Compute<EventRecord>[]
  /** Pairs of columns that are positions. */
  readonly tracks: readonly { readonly lat: number; readonly lng: number }[]
}

/** Plain data. */
export interface Tail {
  readonly times: readonly number[]
  readonly columns: readonly (readonly number[])[]
  /** Per track: metres from the position before; that of the oldest has no meaning. */
  readonly stepsM: readonly (readonly number[])[]
}

export function emptyTail(plan: TailPlan): Tail {
  return { times: [], columns: plan.columns.map(() => []), stepsM: plan.tracks.map(() => []) }
}

/** The tail with the sample `row` of time `timeMs`. */
export function withLast(plan: TailPlan, tail: Tail, row: readonly number[], timeMs: number): Tail {
  const size = tail.times.length
  const isFull = size === plan.size
  const at = upperBound(tail.times, timeMs)
  if (isFull && at === 0) return tail
  if (at < size) return withLateLast(plan, tail, row, timeMs, at)
  const drop = isFull ? 1 : 0
  return {
    times: appended(tail.times, drop, timeMs),
    columns: tail.columns.map((column, i) => appended(column, drop, row[i]!)),
    stepsM: tail.stepsM.map((steps, track) => {
      const { lat, lng } = plan.tracks[track]!
      const step = size === 0 ? 0 : haversineM(tail.columns[lat]![size - 1]!, tail.columns[lng]![size - 1]!, row[lat]!, row[lng]!)
      return appended(steps, drop, step)
    }),
  }
}

function withLateLast(plan: TailPlan, tail: Tail, row: readonly number[], timeMs: number, at: number): Tail {
  const drop = tail.times.length === plan.size ? 1 : 0
  const times = inserted(tail.times, at, timeMs).slice(drop)
  const columns = tail.columns.map((column, i) => inserted(column, at, row[i]!).slice(drop))
  const stepsM = plan.tracks.map(({ lat, lng }) => times.map((_, i) => (i === 0 ? 0 : haversineM(
    columns[lat]![i - 1]!, columns[lng]![i - 1]!, columns[lat]![i]!, columns[lng]![i]!,
  ))))
  return { times, columns, stepsM }
}

/** Metres along the last `points` positions of a track and the seconds they took; undefined with fewer than two. */
export function travelled(tail: Tail, track: number, points: number): { readonly metres: number; readonly seconds: number } | undefined {
  const size = tail.times.length
  const first = Math.max(0, size - points)
  if (size - first < 2) return undefined
  let metres = 0
  for (let i = first + 1; i < size; i++) metres += tail.stepsM[track]![i]!
  return { metres, seconds: (tail.times[size - 1]! - tail.times[first]!) / 1000 }
}

/** How many of the newest steps between different points were taken before among the last `points` positions, at worst in points² / 2 comparisons. */
export function repeatedSteps(tail: Tail, { lat, lng }: TailPlan['tracks'][number], points: number): number {
  const [lats, lngs] = [tail.columns[lat]!, tail.columns[lng]!]
  const isSame = (a: number, b: number): boolean => lats[a] === lats[b] && lngs[a] === lngs[b]
  const newest = tail.times.length - 1
  const first = Math.max(0, newest + 1 - points)
  let most = 0
  for (let end = newest - 1; end >= first; end--) {
    let steps = 0
    for (let back = 0; end - back >= first && isSame(end - back, newest - back); back++) {
      if (back > 0 && !isSame(newest - back, newest - back + 1)) steps += 1
    }
    if (steps > most) most = steps
  }
  return most
}
