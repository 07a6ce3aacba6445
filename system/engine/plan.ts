// Planner: works out microsteps, once for each configuration and list of enabled transitions.
//
// Owns: the order of exits, actions and entries, done events, what history remembers, and where the machine stands then. Runs nothing of the user's.
//
// P1. A plan depends on nothing but the configuration, the enabled transitions, and what is remembered by the history nodes that these lead to.
// P2. At most PLANS_MAX plans are kept.
import { PLANS_MAX } from '../protocol/limits.ts'
import type { Action } from './actions.ts'
import { brokenNode } from './configuration.ts'
import type { Configuration, Configurations, Plan, PlanBranch } from './configuration.ts'
import { entrySet } from './entering.ts'
import { isBelow, isFinished, isLeaf } from './nodes.ts'
import type { Node, Transition } from './nodes.ts'
import { completing, doneEvent } from './completion.ts'
import { exitSet, historiesReadBy, NO_HISTORY, withoutConflicts } from './targets.ts'
import type { History } from './targets.ts'

/** Nodes as they are left and entered, with the actions so far. */
interface Course {
  readonly active: Set<Node>
  readonly actions: Action[]
}

const downwards = (a: Node, b: Node): number => b.order - a.order
const upwards = (a: Node, b: Node): number => a.order - b.order

export class Planner {
  readonly #root: Node
  readonly #self: object
  readonly #configurations: Configurations
  #kept = 0

  constructor(root: Node, self: object, configurations: Configurations) {
    this.#root = root
    this.#self = self
    this.#configurations = configurations
  }

  /** Of the first microstep, which enters everything. */
  initial(): Plan {
    const root = this.#root
    const start: Transition = { number: -1, id: '', source: root, targets: initialNodes(root), reenter: true, guard: undefined, guardName: undefined, actions: [], alone: [], numbers: [] }
    const course: Course = { active: new Set([root]), actions: [] }
    const isDone = this.#enter(course, [start], NO_HISTORY)
    return this.#result(course, isDone, undefined, [start], [])
  }

  plan(from: Configuration, enabled: readonly Transition[], history: History): Plan {
    const known = enabled.length === 1 ? from.plans.next(enabled[0] as Transition)?.plan : undefined
    return known ?? this.#looked(from, enabled, history)
  }

  #looked(from: Configuration, enabled: readonly Transition[], history: History): Plan {
    const branch = this.#branch(from, enabled)
    if (branch === undefined) return this.#worked(from, enabled, history)
    if (branch.plan !== undefined) return branch.plan
    branch.histories ??= { read: historiesReadBy(enabled), plans: new Map() }
    const { read, plans } = branch.histories
    if (read.length === 0) return (branch.plan = this.#worked(from, enabled, history))
    const key = read.map(({ id }) => history[id]?.map(({ order }) => order).join(' ') ?? '-').join()
    const known = plans.get(key)
    if (known !== undefined) return known
    const plan = this.#worked(from, enabled, history)
    if (this.#mayKeep()) plans.set(key, plan)
    return plan
  }

  #branch(from: Configuration, enabled: readonly Transition[]): PlanBranch | undefined {
    let branch: PlanBranch = from.plans
    for (const transition of enabled) {
      const next = branch.next(transition) ?? (this.#mayKeep() ? branch.grown(transition) : undefined)
      if (next === undefined) return undefined
      branch = next
    }
    return branch
  }

  #mayKeep(): boolean {
    if (this.#kept === PLANS_MAX) return false
    this.#kept += 1
    return true
  }

  #worked(from: Configuration, enabled: readonly Transition[], history: History): Plan {
    const transitions = withoutConflicts(enabled, from.nodes, this.#root, history)
    const course: Course = { active: new Set(from.nodes), actions: [] }
    const left = [...exitSet(transitions, from.nodes, this.#root, history)].sort(downwards)
    const remembered = left.flatMap((node) => node.histories.map((history) => [history.id, rememberedBy(history, node, from.nodes)] as const))
    for (const node of left) {
      course.actions.push(...node.exit, ...node.stopTasks)
      course.active.delete(node)
    }
    course.actions.push(...transitions.flatMap(({ actions }) => actions))
    // What is remembered just now counts already.
    const isDone = this.#enter(course, transitions, remembered.length === 0 ? history : { ...history, ...Object.fromEntries(remembered) })
    return this.#result(course, isDone, from, transitions, remembered)
  }

  /** Whether the machine is done then. */
  #enter({ active, actions }: Course, transitions: readonly Transition[], history: History): boolean {
    const { nodes, byDefault } = entrySet(transitions, this.#root, history)
    const completed = new Set<Node>()
    let isDone = false
    for (const node of nodes) {
      active.add(node)
      actions.push(...node.enter)
      if (byDefault.has(node)) actions.push(...node.initialActions)
      if (node.kind !== 'final') continue
      const last = this.#complete(node, active, completed, actions)
      if (last === undefined) continue
      actions.push(completing(last, this.#root, this.#self))
      isDone = true
    }
    return isDone
  }

  /** Done events of a final node that is entered. The node whose end is the machine's; undefined where the machine goes on. */
  #complete(node: Node, active: ReadonlySet<Node>, completed: Set<Node>, actions: Action[]): Node | undefined {
    const { parent } = node
    if (parent?.kind === 'compound') actions.push(doneEvent(parent.id, node.output, this.#self))
    let above = parent?.kind === 'parallel' ? parent : parent?.parent
    let last = above ?? node
    while (above?.kind === 'parallel' && !completed.has(above) && isFinished(above, active)) {
      completed.add(above)
      actions.push(doneEvent(above.id, undefined, this.#self))
      last = above
      above = above.parent
    }
    return above === undefined ? last : undefined
  }

  #result({ active, actions }: Course, isDone: boolean, from: Configuration | undefined, transitions: readonly Transition[], remembered: Plan['remembered']): Plan {
    const nodes = [...active].sort(upwards)
    if (isDone) for (const node of nodes.toReversed()) actions.push(...node.exit)
    const broken = brokenNode(nodes)
    const to = from !== undefined && (broken !== undefined || from.isOf(active)) ? from : this.#configurations.of(nodes)
    return { transitions, actions, to, broken, remembered }
  }
}

/** The active nodes that a history node stands for once `parent` is left. */
function rememberedBy({ history }: Node, parent: Node, active: readonly Node[]): readonly Node[] {
  return history?.isDeep === true ? active.filter((node) => isLeaf(node) && isBelow(node, parent)) : active.filter((node) => node.parent === parent)
}

/** The root and everything that is entered with it by default, from above. */
function initialNodes(node: Node): readonly Node[] {
  const below = node.kind === 'compound' ? [node.initial as Node] : node.kind === 'parallel' ? node.children : []
  return [node, ...below.flatMap(initialNodes)]
}
