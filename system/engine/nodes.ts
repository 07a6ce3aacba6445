// Nodes: the chart as the compiler works on it, with links instead of numbers and functions instead of descriptions.
import type { Chart, ChartAction, ChartNode, ChartTransition, NodeKind } from './chart.ts'
import { compileAction } from './actions.ts'
import type { Action } from './actions.ts'
import { compileGuard } from './guards.ts'
import type { Guard } from './guards.ts'

export interface Transition {
  /** Counts the transitions of a machine: its place among `PreparedMachine.transitions`. */
  readonly number: number
  readonly id: string
  readonly source: Node
  readonly targets: readonly Node[] | undefined
  readonly reenter: boolean
  readonly guard: Guard | undefined
  readonly guardName: string | undefined
  readonly actions: readonly Action[]
  /** The list of just this one: most events enable one. And that of its number. */
  readonly alone: readonly Transition[]
  readonly numbers: readonly number[]
}

export interface Node {
  /** Place in document order. */
  readonly order: number
  readonly id: string
  readonly key: string
  readonly path: string
  readonly place: string
  readonly kind: NodeKind
  readonly parent: Node | undefined
  /** Without history nodes. */
  readonly children: readonly Node[]
  readonly histories: readonly Node[]
  /** What entering does: entry actions, then the tasks that start. */
  readonly enter: readonly Action[]
  readonly exit: readonly Action[]
  readonly stopTasks: readonly Action[]
  readonly initial: Node | undefined
  readonly initialActions: readonly Action[]
  readonly transitions: ReadonlyMap<string, readonly Transition[]>
  readonly always: readonly Transition[]
  readonly output: unknown
  readonly history: { readonly isDeep: boolean; readonly defaults: readonly Node[]; readonly isInitialOfParent: boolean } | undefined
}

type Building = { -readonly [Field in keyof Node]: Node[Field] }

/** All nodes, in document order. */
export function nodesOf(chart: Chart): readonly Node[] {
  const nodes = chart.nodes.map((node, order) => blank(node, order))
  const at = (order: number): Node => nodes[order] as Node
  const count = { transitions: 0 }
  chart.nodes.forEach((from, order) => {
    const node = nodes[order] as Building
    const children = from.children.map(at)
    node.parent = from.parent === undefined ? undefined : at(from.parent)
    node.children = children.filter(({ kind }) => kind !== 'history')
    node.histories = children.filter(({ kind }) => kind === 'history')
    node.enter = [...actionsOf(chart, from.entry), ...from.tasks.map(({ id, src, input }) => compileAction(chart, plain({ kind: 'spawn', task: id, src, input })))]
    node.exit = actionsOf(chart, from.exit)
    node.stopTasks = from.tasks.map(({ id }) => compileAction(chart, plain({ kind: 'stop', task: id })))
    node.initial = from.initial && at(from.initial.node)
    node.initialActions = actionsOf(chart, from.initial?.actions ?? [])
    const transition = (one: ChartTransition): Transition => compiled(chart, one, node, at, count.transitions++)
    node.transitions = new Map([...from.transitions].map(([descriptor, candidates]) => [descriptor, candidates.map(transition)]))
    node.always = from.always.map(transition)
    node.history = from.history && { ...from.history, defaults: from.history.defaults.map(at) }
  })
  return nodes
}

/** Kind, names and output stand; what links to other nodes follows. */
function blank({ id, key, path, place, kind, output }: ChartNode, order: number): Building {
  return {
    order, id, key, path, place, kind, output, parent: undefined, children: [], histories: [], enter: [], exit: [], stopTasks: [],
    initial: undefined, initialActions: [], transitions: new Map(), always: [], history: undefined,
  }
}

function compiled(chart: Chart, from: ChartTransition, source: Node, at: (order: number) => Node, number: number): Transition {
  const { id, targets, reenter, guard, guardName, actions } = from
  const alone: Transition[] = []
  const transition = { number, id, source, targets: targets?.map(at), reenter, guard: guard && compileGuard(guard), guardName, actions: actionsOf(chart, actions), alone, numbers: [number] }
  alone.push(transition)
  return transition
}

const plain = (work: ChartAction['work']): ChartAction => ({ work, params: undefined })

function actionsOf(chart: Chart, actions: readonly ChartAction[]): readonly Action[] {
  return actions.map((action) => compileAction(chart, action))
}

/** Whether `node` lies below `ancestor`; below no node at all lies every node, the root too. */
export function isBelow(node: Node, ancestor: Node | undefined): boolean {
  for (let above = node.parent; ; above = above.parent) {
    if (above === ancestor) return true
    if (above === undefined) return false
  }
}

/** From the parent up; `top` is left out and ends the list. */
export function ancestorsOf(node: Node, top: Node | undefined): readonly Node[] {
  const ancestors: Node[] = []
  if (node === top) return ancestors
  for (let above = node.parent; above !== undefined && above !== top; above = above.parent) ancestors.push(above)
  return ancestors
}

export const isLeaf = (node: Node): boolean => node.kind === 'atomic' || node.kind === 'final'

/** Whether `node` is done in this configuration. */
export function isFinished(node: Node, active: ReadonlySet<Node>): boolean {
  if (node.kind === 'compound') return node.children.some((child) => child.kind === 'final' && active.has(child))
  if (node.kind === 'parallel') return node.children.every((child) => isFinished(child, active))
  return node.kind === 'final'
}
