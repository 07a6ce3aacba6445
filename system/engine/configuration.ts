// Configurations: the sets of nodes a machine can be in. Each is made once and shared by all entities that are in it.
//
// N1. Two configurations with the same nodes are one object, as long as the machine has met fewer than CONFIGURATIONS_MAX; later ones are made anew each time.
// N2. Nodes stand in document order.
import { CONFIGURATIONS_MAX } from '../protocol/limits.ts'
import type { Standing } from './moment.ts'
import type { Action } from './actions.ts'
import { ancestorsOf, isFinished, isLeaf } from './nodes.ts'
import type { Node, Transition } from './nodes.ts'
import type { Selection } from './selection.ts'

/** One microstep, worked out: what transitions do where they are enabled together. */
export interface Plan {
  /** Those that are left when conflicts are settled. */
  readonly transitions: readonly Transition[]
  /** All actions in order: of leaving, of the transitions, of entering. */
  readonly actions: readonly Action[]
  /** Where the machine stands then, unless a node is left with other children than its kind needs. */
  readonly to: Configuration
  readonly broken: Node | undefined
  /** What history nodes remember from it on. */
  readonly remembered: readonly (readonly [id: string, nodes: readonly Node[]])[]
}

/** Plans for a list of transitions: one branch for each of them, in order. */
export class PlanBranch {
  readonly #next = new Map<number, PlanBranch>()
  /** Where history does not matter. */
  plan: Plan | undefined = undefined
  /** Where it does: by what the nodes that matter remember. */
  histories: { readonly read: readonly Node[]; readonly plans: Map<string, Plan> } | undefined = undefined

  next({ number }: Transition): PlanBranch | undefined {
    return this.#next.get(number)
  }

  grown({ number }: Transition): PlanBranch {
    const made = new PlanBranch()
    this.#next.set(number, made)
    return made
  }
}

export class Configuration implements Standing {
  readonly nodes: readonly Node[]
  /** XState's state value. */
  readonly value: unknown
  /** Paths of the active leaves, sorted and joined by ','. */
  readonly leaves: string
  /** Whether the machine is done in it. */
  readonly isFinal: boolean
  /** For each leaf the eventless transitions of itself and its ancestors, from inside out; leaves without any are left out. */
  readonly always: readonly (readonly Transition[])[]
  /** By number of the kind of event. */
  readonly selections: (Selection | undefined)[] = []
  readonly plans = new PlanBranch()
  readonly #active: ReadonlySet<number>

  constructor(nodes: readonly Node[], value: unknown = valueOf(nodes)) {
    this.nodes = nodes
    this.value = value
    this.leaves = leavesOf(nodes)
    this.isFinal = isFinished(nodes[0] as Node, new Set(nodes))
    this.always = nodes.filter(isLeaf).map(alwaysOf).filter((transitions) => transitions.length > 0)
    this.#active = new Set(nodes.map(({ order }) => order))
  }

  has(node: number): boolean {
    return this.#active.has(node)
  }

  isOf(nodes: ReadonlySet<Node>): boolean {
    return nodes.size === this.nodes.length && this.nodes.every((node) => nodes.has(node))
  }
}

/** All configurations a machine has met. */
export class Configurations {
  readonly #byNodes = new Map<string, Configuration>()

  /** Of nodes in document order that are whole. */
  of(nodes: readonly Node[]): Configuration {
    const key = nodes.map(({ order }) => order).join(',')
    const known = this.#byNodes.get(key)
    if (known !== undefined) return known
    const made = new Configuration(nodes)
    if (this.#byNodes.size < CONFIGURATIONS_MAX) this.#byNodes.set(key, made)
    return made
  }
}

/** The first node whose children, or whose parent, are not active as they must be; undefined when all are. */
export function brokenNode(nodes: readonly Node[]): Node | undefined {
  const active = new Set(nodes)
  return nodes.map((node) => {
    if (node.parent !== undefined && !active.has(node.parent)) return node.parent
    const wanted = node.kind === 'compound' ? 1 : node.kind === 'parallel' ? node.children.length : 0
    // History nodes are never active, unless the default of one is another.
    return [...node.children, ...node.histories].filter((child) => active.has(child)).length === wanted ? undefined : node
  }).find((node) => node !== undefined)
}

/** XState's value of nodes in document order; the first is the root. */
function valueOf(nodes: readonly Node[]): unknown {
  const active = new Set(nodes)
  const below = (node: Node): unknown => {
    const children = node.children.filter((child) => active.has(child))
    const [only] = children
    if (node.kind === 'compound' && only !== undefined && isLeaf(only)) return only.key
    return Object.freeze(Object.fromEntries(children.map((child) => [child.key, below(child)])))
  }
  return below(nodes[0] as Node)
}

function leavesOf(nodes: readonly Node[]): string {
  const parents = new Set(nodes.map(({ parent }) => parent))
  return nodes.filter((node) => node.parent !== undefined && !parents.has(node)).map(({ path }) => path).sort().join(',')
}

function alwaysOf(leaf: Node): readonly Transition[] {
  return [leaf, ...ancestorsOf(leaf, undefined)].flatMap(({ always }) => always)
}
