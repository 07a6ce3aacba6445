// Streets: a grid of blocks, ways along it, and where that is on the Earth.
import { cos } from '../../system/protocol/math.ts'

/** Between two corners, m. */
const BLOCK_M = 120
/** Blocks along each side of the city. */
export const BLOCKS = 60
const SOUTH_WEST = { lat: 48.1, lng: 11.5 }
const METRES_PER_DEGREE = 111_195
const METRES_PER_DEGREE_EAST = METRES_PER_DEGREE * cos((SOUTH_WEST.lat * Math.PI) / 180)

/** Metres east and north of the city's corner in the south-west. */
export interface Spot {
  readonly east: number
  readonly north: number
}

export interface Corner {
  readonly column: number
  readonly row: number
}

/** Degrees with six decimals, a tenth of a metre, as phones send them. */
export function latOf(north: number): number {
  return Math.round((SOUTH_WEST.lat + north / METRES_PER_DEGREE) * 1e6) / 1e6
}

export function lngOf(east: number): number {
  return Math.round((SOUTH_WEST.lng + east / METRES_PER_DEGREE_EAST) * 1e6) / 1e6
}

export function spotOf({ column, row }: Corner): Spot {
  return { east: column * BLOCK_M, north: row * BLOCK_M }
}

export function cornerNear({ east, north }: Spot): Corner {
  return { column: Math.round(east / BLOCK_M), row: Math.round(north / BLOCK_M) }
}

/** Metres from one corner to another along the streets. */
export function lengthOf(from: Corner, to: Corner): number {
  return (Math.abs(to.column - from.column) + Math.abs(to.row - from.row)) * BLOCK_M
}

/** The spot `metres` along the way from one corner to another, which turns once. */
export function alongWay(from: Corner, to: Corner, isEastFirst: boolean, metres: number): Spot {
  const [start, end] = [spotOf(from), spotOf(to)]
  const [first, second] = isEastFirst ? [end.east - start.east, end.north - start.north] : [end.north - start.north, end.east - start.east]
  const firstGone = Math.min(metres, Math.abs(first)) * Math.sign(first)
  const secondGone = Math.min(Math.max(0, metres - Math.abs(first)), Math.abs(second)) * Math.sign(second)
  return isEastFirst ? { east: start.east + firstGone, north: start.north + secondGone } : { east: start.east + secondGone, north: start.north + firstGone }
}
