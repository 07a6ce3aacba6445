// Targets: where transitions lead, and what they leave. The algorithm is XState's, step for step: where it departs from SCXML, so does this.
import { ancestorsOf, isBelow } from './nodes.ts'
import type { Node, Transition } from './nodes.ts'

/** History node id -> the nodes remembered for it. Keys keep the order in which they were first remembered. */
export type History = Readonly<Record<string, readonly Node[]>>
export const NO_HISTORY: History = Object.freeze({})

/** The targets with history nodes replaced by what they stand for. */
export function effectiveTargets(targets: readonly Node[] | undefined, history: History): readonly Node[] {
  const found = new Set<Node>()
  for (const target of targets ?? []) {
    if (target.kind !== 'history') found.add(target)
    else for (const node of history[target.id] ?? effectiveTargets(target.history?.defaults, history)) found.add(node)
  }
  return [...found]
}

/** The node within which a transition moves; undefined for one that leaves the root itself. */
export function domainOf({ source, targets, reenter }: Transition, root: Node, history: History): Node | undefined {
  const effective = effectiveTargets(targets, history)
  if (!reenter && effective.every((target) => target === source || isBelow(target, source))) return source
  const [head, ...tail] = [...effective, source]
  const common = ancestorsOf(head as Node, undefined).find((ancestor) => tail.every((node) => isBelow(node, ancestor)))
  if (common !== undefined) return common
  return reenter ? undefined : root
}

export function exitSet(transitions: readonly Transition[], active: readonly Node[], root: Node, history: History): readonly Node[] {
  const left = new Set<Node>()
  for (const transition of transitions) {
    if (transition.targets === undefined || transition.targets.length === 0) continue
    const domain = domainOf(transition, root, history)
    if (transition.reenter && transition.source === domain) left.add(domain)
    for (const node of active) if (isBelow(node, domain)) left.add(node)
  }
  return [...left]
}

/** Of transitions that leave a node in common, the one from further inside goes, and else the first. */
export function withoutConflicts(enabled: readonly Transition[], active: readonly Node[], root: Node, history: History): readonly Transition[] {
  let kept: Transition[] = []
  for (const transition of enabled) {
    const left = new Set(exitSet([transition], active, root, history))
    const rivals = kept.filter((other) => exitSet([other], active, root, history).some((node) => left.has(node)))
    const firstOutside = rivals.findIndex(({ source }) => !isBelow(transition.source, source))
    if (firstOutside === -1) kept = [...kept.filter((other) => !rivals.includes(other)), transition]
  }
  return kept
}

/** What history decides about these transitions: the history nodes among their targets, and among the defaults of those. */
export function historiesReadBy(transitions: readonly Transition[]): readonly Node[] {
  const read = new Set<Node>()
  const look = (targets: readonly Node[] | undefined): void => {
    for (const target of targets ?? []) {
      if (target.kind !== 'history' || read.has(target)) continue
      read.add(target)
      look(target.history?.defaults)
    }
  }
  for (const { targets } of transitions) look(targets)
  return [...read]
}
