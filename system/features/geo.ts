// Geo: distances and speeds on a sphere of the mean Earth radius.
//
// Owns: the haversine formula and its uses: geofences, between two points of one event, along the last points of an entity.
// Degrees in, metres and metres per second out. Error against the ellipsoid: at most 0.6 %.
import { DefinitionError } from '../protocol/failures.ts'
import { asin, cos, sin } from '../protocol/math.ts'
import { operandNode, term } from './expression.ts'
import type { NumberExpression, Operand } from './expression.ts'
import type { EmptyOptions } from './folds.ts'
import { LAST_SAMPLES_MAX } from './limits.ts'
import type { TrackNode } from './node.ts'

/** Mean radius of the Earth in metres (IUGG R1). */
const EARTH_RADIUS_M = 6_371_008.8
const RADIANS_PER_DEGREE = 0.017453292519943295

/** Great-circle distance in metres by the haversine formula; arguments in degrees. */
export function haversineM(latA: number, lngA: number, latB: number, lngB: number): number {
  const northing = sin((latB - latA) * RADIANS_PER_DEGREE * 0.5)
  const easting = sin((lngB - lngA) * RADIANS_PER_DEGREE * 0.5)
  const chord = northing * northing + cos(latA * RADIANS_PER_DEGREE) * cos(latB * RADIANS_PER_DEGREE) * easting * easting
  return 2 * EARTH_RADIUS_M * asin(Math.sqrt(Math.min(1, chord)))
}

/** Whether the two points are at most `radiusM` metres apart; arguments in degrees. */
export function isWithinM(radiusM: number, latA: number, lngA: number, latB: number, lngB: number): boolean {
  // No way is shorter than the one along the meridian: most points are far off, and that costs no trigonometry. With room for rounding.
  if (Math.abs(latA - latB) * RADIANS_PER_DEGREE * EARTH_RADIUS_M > radiusM * 1.01 + 0.01) return false
  return haversineM(latA, lngA, latB, lngB) <= radiusM
}

export interface TrackOptions extends EmptyOptions {
  /** How many of the newest points: the last 2 unless given. */
  readonly points?: number
}

export const geo = {
  /** Distance in metres between two points of the same event. */
  between: (latA: Operand, lngA: Operand, latB: Operand, lngB: Operand): NumberExpression =>
    term({ op: 'between', points: [operandNode(latA, 'geo.between'), operandNode(lngA, 'geo.between'), operandNode(latB, 'geo.between'), operandNode(lngB, 'geo.between')] }),

  /** Length in metres of the way along the last points; `whenEmpty` (0) with fewer than two points. */
  distance: (lat: Operand, lng: Operand, options: TrackOptions = {}): NumberExpression => track('distance', lat, lng, options),

  /** Mean speed in m/s along the last points; `whenEmpty` (0) with fewer than two points or no time between them. */
  speed: (lat: Operand, lng: Operand, options: TrackOptions = {}): NumberExpression => track('speed', lat, lng, options),

  /**
   * How many of the newest steps were taken before, in the same order between the very same points, among the last points. Steps to where
   * one stands already do not count. A measured track hardly ever repeats a point; a recorded one that is played again does.
   */
  repeated: (lat: Operand, lng: Operand, options: Pick<TrackOptions, 'points'> = {}): NumberExpression => track('repeated', lat, lng, options),
}

function track(statistic: TrackNode['statistic'], lat: Operand, lng: Operand, options: TrackOptions): NumberExpression {
  const points = options.points ?? 2
  if (!Number.isInteger(points) || points < 2 || points > LAST_SAMPLES_MAX) {
    throw new DefinitionError([`geo.${statistic}: ${points} points is outside 2..${LAST_SAMPLES_MAX}`])
  }
  const place = `geo.${statistic}`
  return term({
    op: 'track', kind: null, points, statistic,
    lat: operandNode(lat, place), lng: operandNode(lng, place), whenEmpty: options.whenEmpty ?? 0,
  })
}
