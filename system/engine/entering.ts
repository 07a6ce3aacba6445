// Entering: which nodes transitions enter, and for which of them the actions of their initial transition run. XState's algorithm, step for step.
import { ancestorsOf, isBelow } from './nodes.ts'
import type { Node, Transition } from './nodes.ts'
import { domainOf, effectiveTargets } from './targets.ts'
import type { History } from './targets.ts'

export interface EntrySet {
  /** In document order. */
  readonly nodes: readonly Node[]
  readonly byDefault: ReadonlySet<Node>
}

/** Of transitions that do not conflict, of which some have targets. */
export function entrySet(transitions: readonly Transition[], root: Node, history: History): EntrySet {
  const entry = new Entry(history)
  for (const transition of transitions) {
    const { source, targets, reenter } = transition
    const domain = domainOf(transition, root, history)
    for (const target of targets ?? []) {
      if (target.kind !== 'history' && (source !== target || source !== domain || reenter)) entry.addByDefault(target)
      entry.addBelow(target)
    }
    const within = source.parent === undefined && reenter ? undefined : domain
    for (const target of effectiveTargets(targets, history)) {
      const ancestors = ancestorsOf(target, domain)
      entry.addAncestors(domain?.kind === 'parallel' ? [...ancestors, domain] : ancestors, within)
    }
  }
  return entry.result()
}

class Entry {
  readonly #nodes = new Set<Node>()
  readonly #byDefault = new Set<Node>()
  readonly #history: History

  constructor(history: History) {
    this.#history = history
  }

  result(): EntrySet {
    return { nodes: [...this.#nodes].sort((a, b) => a.order - b.order), byDefault: this.#byDefault }
  }

  addByDefault(node: Node): void {
    this.#nodes.add(node)
    this.#byDefault.add(node)
  }

  /** What is entered below a node that is entered. */
  addBelow(node: Node): void {
    if (node.kind === 'history') this.#addRemembered(node)
    else if (node.kind === 'compound') this.#addInitial(node)
    else if (node.kind === 'parallel') this.#addRegions(node, (region) => this.addByDefault(region))
  }

  /** Regions beside the way to a target are entered too. Nothing outside of `within` is entered, where it is given. */
  addAncestors(ancestors: readonly Node[], within: Node | undefined): void {
    for (const ancestor of ancestors) {
      if (within === undefined || isBelow(ancestor, within)) this.#nodes.add(ancestor)
      if (ancestor.kind === 'parallel') this.#addRegions(ancestor, (region) => void this.#nodes.add(region))
    }
  }

  #addRegions(parallel: Node, add: (region: Node) => void): void {
    for (const region of parallel.children) {
      if (this.#hasBelow(region)) continue
      add(region)
      this.addBelow(region)
    }
  }

  #hasBelow(node: Node): boolean {
    for (const each of this.#nodes) if (isBelow(each, node)) return true
    return false
  }

  #addInitial(node: Node): void {
    const initial = node.initial as Node
    this.addByDefault(initial)
    this.addBelow(initial)
    this.addAncestors(ancestorsOf(initial, node), undefined)
  }

  #addRemembered(node: Node): void {
    const remembered = this.#history[node.id]
    const parent = node.parent as Node
    const nodes = remembered ?? node.history?.defaults ?? []
    const isInitial = remembered === undefined && node.history?.isInitialOfParent === true
    for (const each of nodes) {
      this.#nodes.add(each)
      if (isInitial) this.#byDefault.add(parent)
      this.addBelow(each)
    }
    for (const each of nodes) this.addAncestors(ancestorsOf(each, parent), undefined)
  }
}
