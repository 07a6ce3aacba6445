// Paths: lines and their arrows as SVG writes them.
import type { Point } from '../ports/layout.ts'

const CORNER = 7
const ARROW = { length: 8, width: 3.6 } as const

/** Straight pieces with round corners; one with an arrow ends where that begins. */
export function pathOf(points: readonly Point[], hasArrow: boolean): string {
  const [first, ...rest] = hasArrow ? shortened(points) : points
  if (first === undefined) return ''
  const pieces = rest.map((point, at) => {
    const next = rest[at + 1]
    const before = at === 0 ? first : rest[at - 1] as Point
    if (next === undefined) return `L${pair(point)}`
    const radius = Math.min(CORNER, distance(before, point) / 2, distance(point, next) / 2)
    return `L${pair(towards(point, before, radius))}Q${pair(point)} ${pair(towards(point, next, radius))}`
  })
  return `M${pair(first)}${pieces.join('')}`
}

export function arrowAt(points: readonly Point[]): string {
  const [before, last] = [points.at(-2), points.at(-1)]
  if (before === undefined || last === undefined) return ''
  const length = distance(before, last) || 1
  const [dx, dy] = [(last.x - before.x) / length, (last.y - before.y) / length]
  const base = { x: last.x - dx * ARROW.length, y: last.y - dy * ARROW.length }
  return `M${pair(last)}L${pair({ x: base.x - dy * ARROW.width, y: base.y + dx * ARROW.width })}L${pair({ x: base.x + dy * ARROW.width, y: base.y - dx * ARROW.width })}Z`
}

function shortened(points: readonly Point[]): readonly Point[] {
  const [before, last] = [points.at(-2), points.at(-1)]
  return before === undefined || last === undefined ? points : [...points.slice(0, -1), towards(last, before, ARROW.length - 1)]
}

function distance(a: Point, b: Point): number {
  return Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y))
}

/** `from`, moved by `length` in the direction of `to`. */
function towards(from: Point, to: Point, length: number): Point {
  const share = Math.min(1, length / (distance(from, to) || 1))
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function pair({ x, y }: Point): string {
  return `${tenth(x)} ${tenth(y)}`
}

export function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
