// Faults: what of L1 a placement breaks. Layouts look at their own work with it, tests at all of them.
import type { LayoutGraph, LayoutNode, Placement, Rect } from '../ports/layout.ts'

/** Half a pixel is none. */
const TOLERANCE = 0.5

/** In words, empty when it keeps L1: what lies outside of its parent, on a neighbour, on a label, or has no place. */
export function faultsOf(graph: LayoutGraph, placement: Placement): readonly string[] {
  const nodes = nodesOf(graph.root)
  const unplaced = nodes.filter(({ id }) => !placement.nodes.has(id)).map(({ id }) => `${id} has no place`)
  if (unplaced.length > 0) return unplaced
  return [...nodes.flatMap((node) => boxFaults(node, placement)), ...lineFaults(graph, nodes, placement)]
}

function nodesOf(node: LayoutNode): readonly LayoutNode[] {
  return [node, ...node.children.flatMap(nodesOf)]
}

const rectOf = ({ id }: LayoutNode, { nodes }: Placement): Rect => nodes.get(id) as Rect

function boxFaults(node: LayoutNode, placement: Placement): readonly string[] {
  const room = roomOf(node, placement)
  return node.children.flatMap((child, at) => {
    const rect = rectOf(child, placement)
    return [
      ...(contains(room, rect) ? [] : [`${child.id} is outside of ${node.id}`]),
      ...node.children.slice(at + 1).filter((other) => overlaps(rect, rectOf(other, placement))).map((other) => `${child.id} lies on ${other.id}`),
    ]
  })
}

function lineFaults({ edges }: LayoutGraph, nodes: readonly LayoutNode[], placement: Placement): readonly string[] {
  const labels: { readonly id: string; readonly rect: Rect }[] = []
  const faults: string[] = []
  for (const { id, label } of edges) {
    const placed = placement.edges.get(id)
    if (placed === undefined || placed.points.length < 2) faults.push(`${id} has no way`)
    if (label === undefined) continue
    const rect = placed?.label
    if (rect === undefined || rect.width < label.width || rect.height < label.height) faults.push(`the label of ${id} has no place`)
    else labels.push({ id, rect })
  }
  labels.forEach(({ id, rect }, at) => {
    for (const node of nodes) if (overlaps(rect, rectOf(node, placement)) && !(node.children.length > 0 && contains(roomOf(node, placement), rect))) faults.push(`the label of ${id} lies on ${node.id}`)
    for (const other of labels.slice(at + 1)) if (overlaps(rect, other.rect)) faults.push(`the labels of ${id} and ${other.id} lie on each other`)
  })
  return faults
}

/** Of a node, without its header. */
function roomOf(node: LayoutNode, placement: Placement): Rect {
  const { x, y, width, height } = rectOf(node, placement)
  return { x, y: y + node.headerHeight, width, height: height - node.headerHeight }
}

function contains(outer: Rect, inner: Rect): boolean {
  return inner.x >= outer.x - TOLERANCE && inner.y >= outer.y - TOLERANCE && inner.x + inner.width <= outer.x + outer.width + TOLERANCE && inner.y + inner.height <= outer.y + outer.height + TOLERANCE
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x + TOLERANCE < b.x + b.width && b.x + TOLERANCE < a.x + a.width && a.y + TOLERANCE < b.y + b.height && b.y + TOLERANCE < a.y + a.height
}
