// Spark: a rate's last minute as a line of a fixed number of points.
import { setAttribute } from './dom.js'
import { POINTS } from './series.js'

/** @param {import('./series.js').Series | undefined} series @param {number} width @param {number} height */
export function sparkPath(series, width, height) {
  if (series === undefined) return ''
  let most = 0
  for (let at = 0; at < POINTS; at++) most = Math.max(most, series.valueAt(at))
  if (most === 0) return `M0 ${height - 0.5}H${width}`
  let path = ''
  for (let at = 0; at < POINTS; at++) {
    const x = Math.round((at / (POINTS - 1)) * width * 10) / 10
    const y = Math.round((height - 0.5 - (series.valueAt(at) / most) * (height - 1.5)) * 10) / 10
    path += `${at === 0 ? 'M' : 'L'}${x} ${y}`
  }
  return path
}

/** @param {SVGPathElement} path @param {import('./series.js').Series | undefined} series @param {number} width @param {number} height */
export function drawSpark(path, series, width, height) {
  setAttribute(path, 'd', sparkPath(series, width, height))
}
