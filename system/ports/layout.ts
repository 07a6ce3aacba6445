// Port: places boxes in boxes, the lines between them and the labels on these. Used once for each statechart, never in a step.
//
// L1. Children lie inside of their parent, below its header; neighbours do not overlap; a label lies on no box but those that its line is inside of.
// L2. The same graph gives the same placement.
// L3. All positions are absolute, in the units of the sizes; x grows to the right, y downwards.

export interface LayoutNode {
  readonly id: string
  /** Of a node with children the least it may have. */
  readonly width: number
  readonly height: number
  /** What a node with children keeps free at its top. */
  readonly headerHeight: number
  readonly children: readonly LayoutNode[]
}

export interface LayoutEdge {
  readonly id: string
  readonly source: string
  readonly target: string
  /** Runs against the direction of reading, which is downwards. */
  readonly isBack: boolean
  readonly label?: { readonly width: number; readonly height: number }
}

export interface LayoutGraph {
  readonly root: LayoutNode
  readonly edges: readonly LayoutEdge[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rect extends Point {
  readonly width: number
  readonly height: number
}

export interface Placement {
  readonly width: number
  readonly height: number
  readonly nodes: ReadonlyMap<string, Rect>
  readonly edges: ReadonlyMap<string, { readonly points: readonly Point[]; readonly label?: Rect }>
}

export interface Layout {
  /** Throws OperationError when it is not there or gives up. */
  place(graph: LayoutGraph): Promise<Placement>
}
