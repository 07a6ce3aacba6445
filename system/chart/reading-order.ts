// Reading order: which transitions run against it, so that a diagram begins with its initial states and goes on from there.
//
// R1. Without those transitions no way between the states in one state leads back to where it began.
// R2. What the initial state does not lead to stands below it, unless it is a history state.
// R3. States are followed from the initial one, then in document order, each along its transitions in document order.
import type { Outline } from '../ports/outline.ts'

export type RunsBack = (source: number, target: number) => boolean

/** For transitions between states of which none is in the other; all others run with it. */
export function readingOrder({ states, transitions }: Outline): RunsBack {
  const lineOf = (at: number): readonly number[] => {
    const parent = states[at]?.parent
    return parent === undefined ? [at] : [...lineOf(parent), at]
  }
  const lines = states.map((_, at) => lineOf(at))
  /** Where the ways to source and target part: two states that stand side by side. */
  const sidesOf = (source: number, target: number): readonly [number, number] | undefined => {
    const [from, to] = [lines[source] ?? [], lines[target] ?? []]
    const at = from.findIndex((each, place) => each !== to[place])
    const [left, right] = [from[at], to[at]]
    return left === undefined || right === undefined ? undefined : [left, right]
  }
  const following = new Map<number, Set<number>>()
  const follow = (source: number, target: number): void => {
    const sides = sidesOf(source, target)
    if (sides === undefined) return
    const [left, right] = sides
    following.set(left, (following.get(left) ?? new Set()).add(right))
  }
  for (const { source, targets } of transitions) for (const target of targets) follow(source, target)
  states.forEach(({ history }, at) => history?.targets.forEach((target) => follow(at, target)))
  const back = backwards([...states.flatMap(({ initial }) => (initial === undefined ? [] : lines[initial.target] ?? [])), ...states.keys()], following, (at) => states[at]?.kind === 'history')
  return (source, target) => {
    const sides = sidesOf(source, target)
    return sides !== undefined && back.get(sides[0])?.has(sides[1]) === true
  }
}

/** Depth first, without recursion: what leads to a state that is still being followed leads back, and so does what leads to one that an earlier start led to. */
function backwards(starts: readonly number[], following: ReadonlyMap<number, ReadonlySet<number>>, isHistory: (at: number) => boolean): ReadonlyMap<number, ReadonlySet<number>> {
  const back = new Map<number, Set<number>>()
  const startOf = new Map<number, number>()
  const open = new Set<number>()
  for (const start of starts) {
    if (startOf.has(start)) continue
    const trail: { readonly at: number; readonly rest: number[] }[] = []
    const enter = (at: number): void => {
      startOf.set(at, start)
      open.add(at)
      trail.push({ at, rest: [...(following.get(at) ?? [])] })
    }
    enter(start)
    for (let last = trail.at(-1); last !== undefined; last = trail.at(-1)) {
      const next = last.rest.shift()
      if (next === undefined) {
        open.delete(last.at)
        trail.pop()
      } else if (!startOf.has(next)) enter(next)
      else if (open.has(next) || (startOf.get(next) !== start && !isHistory(start))) back.set(last.at, (back.get(last.at) ?? new Set()).add(next))
    }
  }
  return back
}
