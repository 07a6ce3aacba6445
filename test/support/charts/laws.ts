// Laws of diagrams: what must hold for any statechart, with the layout that the product uses.
import assert from 'node:assert/strict'
import { elkLayout } from '../../../adapters/elk/layout.ts'
import { compiledEngine } from '../../../adapters/xstate/compiled.ts'
import { drawingOf } from '../../../system/chart/drawing.ts'
import { faultsOf } from '../../../system/chart/faults.ts'
import { mermaidOf, namesOfMermaid } from '../../../system/chart/mermaid.ts'
import { sketchOf } from '../../../system/chart/sketch.ts'
import { svgOf } from '../../../system/chart/svg.ts'
import type { Point, Rect } from '../../../system/ports/layout.ts'
import type { Outline } from '../../../system/ports/outline.ts'
import { parseXml, valuesOf } from './xml.ts'

/** No box on a neighbour, children in their parents, labels on no box, lines from border to border; an image and a text with all states and transitions. */
export async function holdsLaws(machine: unknown): Promise<void> {
  const outline = outlineOf(machine)
  const { graph } = sketchOf(outline)
  const placement = await elkLayout.place(graph)
  assert.deepEqual(faultsOf(graph, placement), [])
  for (const { id, source, target } of graph.edges) {
    const [from, to] = [source, target].map((end) => placement.nodes.get(end))
    const { points } = placement.edges.get(id) ?? { points: [] }
    assert.ok(isOnBorder(points[0], from) && isOnBorder(points.at(-1), to), `${id} leads from ${source} to ${target}`)
  }
  const drawing = await drawingOf(outline, { place: () => Promise.resolve(placement) })
  const root = parseXml(svgOf(outline, drawing))
  assert.deepEqual(new Set(valuesOf(root, 'data-transition')), new Set(outline.transitions.map(({ id }) => id)))
  assert.deepEqual([...valuesOf(root, 'data-state')].sort(), outline.states.map(({ id }) => id).sort())
  assert.equal(namesOfMermaid(mermaidOf(outline)).size, outline.states.length)
}

function outlineOf(machine: unknown): Outline {
  const prepared = compiledEngine.prepare(machine, { version: 1, strict: false })
  assert.ok(prepared.kind === 'ok')
  return prepared.machine.outline()
}

function isOnBorder(point: Point | undefined, box: Rect | undefined): boolean {
  if (point === undefined || box === undefined) return false
  const [left, right, top, bottom] = [box.x, box.x + box.width, box.y, box.y + box.height]
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1
  const isWithin = point.x >= left - 1 && point.x <= right + 1 && point.y >= top - 1 && point.y <= bottom + 1
  return isWithin && (near(point.x, left) || near(point.x, right) || near(point.y, top) || near(point.y, bottom))
}
