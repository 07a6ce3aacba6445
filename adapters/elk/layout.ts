// Layout: the layered algorithm of the Eclipse Layout Kernel (elkjs), behind the layout port.
//
// Owns: the one vendor, loaded when the first graph is placed: its code is large, and few processes draw.
//
// E1. Only the build without workers is used: it runs on this thread, and the promise is its own.
// E2. Only names of the port's graph and sizes are handed over.
// E3. A placement is looked at before it is given out; what no way places without a fault is given out with the fewest.
// E4. What it takes for a worker's scope, it sets a handler of messages in: on Bun, that of the process. It is put back, or the process would not end.
// E5. Options that only some levels of a hierarchy can bear (the order of the model) are not used: elkjs 0.12.1 throws on them.
import { faultsOf } from '../../system/chart/faults.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Layout, LayoutEdge, LayoutGraph, LayoutNode, Placement, Rect } from '../../system/ports/layout.ts'
import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js'

const PADDING = 16

const OPTIONS: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.layered.thoroughness': '4',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.edgeLabels.sideSelection': 'SMART_DOWN',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '3',
  'elk.spacing.labelLabel': '6',
  'elk.spacing.labelNode': '6',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
  'elk.padding': '[top=12,left=12,bottom=12,right=12]',
}

interface Elk {
  layout(graph: ElkNode, given: { readonly layoutOptions: LayoutOptions }): Promise<ElkNode>
}

let loaded: Promise<Elk> | undefined

/** The first is the most compact; the others are for the few graphs, large and dense, that it places with a fault. */
const WAYS: readonly LayoutOptions[] = [
  OPTIONS,
  { ...OPTIONS, 'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF' },
  { ...OPTIONS, 'elk.randomSeed': '2' },
]

export const elkLayout: Layout = {
  async place(graph: LayoutGraph): Promise<Placement> {
    const elk = await (loaded ??= load())
    let best: { readonly placement: Placement; readonly faults: number } | undefined
    let failure: unknown
    for (const options of WAYS) {
      try {
        const placement = placementOf(graph, await elk.layout({ id: 'root', children: [elkNode(graph.root)], edges: graph.edges.map(elkEdge) }, { layoutOptions: options }))
        const faults = faultsOf(graph, placement).length
        if (faults === 0) return placement
        if (best === undefined || faults < best.faults) best = { placement, faults }
      } catch (thrown) {
        failure = thrown
      }
    }
    if (best !== undefined) return best.placement
    throw new OperationError('chart/layout', `the statechart cannot be laid out: ${failure instanceof Error ? failure.message : String(failure)}. Its text can still be had: --format mermaid, --format json`, failure)
  },
}

async function load(): Promise<Elk> {
  const scope = globalThis as { onmessage?: unknown }
  const { onmessage = null } = scope
  try {
    const { default: ELK } = await import('elkjs/lib/elk.bundled.js') as unknown as { readonly default: new () => Elk }
    return new ELK()
  } catch (thrown) {
    loaded = undefined
    if (!/Cannot find (package|module) 'elkjs/.test(String(thrown))) throw thrown
    throw new OperationError('chart/package', `drawing needs the package 'elkjs', which is not installed. Install it: npm install elkjs@0.12.1, or take --format mermaid or json`)
  } finally {
    if ('onmessage' in scope) scope.onmessage = onmessage
  }
}

function elkNode({ id, width, height, headerHeight, children }: LayoutNode): ElkNode {
  if (children.length === 0) return { id, width, height }
  return {
    id,
    children: children.map(elkNode),
    layoutOptions: {
      'elk.padding': `[top=${headerHeight + PADDING},left=${PADDING},bottom=${PADDING},right=${PADDING}]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width}, ${height})`,
    },
  }
}

/** What runs back is handed over the other way round, so that it is no way in a circle. */
function elkEdge({ id, source, target, isBack, label }: LayoutEdge): ElkExtendedEdge {
  const [from, to] = isBack ? [target, source] : [source, target]
  return { id, sources: [from], targets: [to], ...(label === undefined ? {} : { labels: [{ text: ' ', ...label }] }) }
}

function placementOf(graph: LayoutGraph, { width = 0, height = 0, children = [], edges = [] }: ElkNode): Placement {
  const nodes = new Map<string, Rect>()
  const visit = (node: ElkNode): void => {
    nodes.set(node.id, rectOf(node))
    node.children?.forEach(visit)
  }
  children.forEach(visit)
  const back = new Set(graph.edges.filter(({ isBack }) => isBack).map(({ id }) => id))
  return {
    width, height, nodes,
    edges: new Map(edges.map(({ id, sections = [], labels = [] }) => {
      const [section] = sections
      const [label] = labels
      const points = section === undefined ? [] : [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]
      const placed = points.map(({ x, y }) => ({ x, y }))
      return [id, { points: back.has(id) ? placed.reverse() : placed, ...(label === undefined ? {} : { label: rectOf(label) }) }]
    })),
  }
}

function rectOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rect>): Rect {
  return { x, y, width, height }
}
