// Selection: which transitions an event enables. For each configuration and kind of event the candidates stand in the order in which XState asks their guards.
//
// L1. Event types that no descriptor tells apart are one kind: what comes from outside makes no kinds, and what is remembered of it is bounded.
import { EVENT_TYPES_MAX } from '../protocol/limits.ts'
import { isLeaf } from './nodes.ts'
import type { Node, Transition } from './nodes.ts'

/** Regions are asked first, all of them; where none answers, the first of `own` whose guard passes. */
export interface Selection {
  readonly regions: readonly Selection[]
  readonly own: readonly Transition[]
}

export interface EventKind {
  readonly number: number
  /** One type of this kind. */
  readonly type: string
  /** The failure of a task: one that nothing takes ends the machine in error. */
  readonly isTaskError: boolean
  /** The interpreter's own words. */
  readonly isUncovered: boolean
}

const UNCOVERED: readonly string[] = ['xstate.init', 'xstate.stop', '*']

export class EventKinds {
  readonly #byType = new Map<string, EventKind>()
  readonly #bySignature = new Map<string, EventKind>()
  readonly #partial: readonly string[]
  readonly #typesMax: number
  #count = 0
  /** Asked for last: events of one type come after each other. */
  #lastType: string | undefined = undefined
  #last: EventKind | undefined = undefined

  constructor(nodes: readonly Node[]) {
    const descriptors = [...new Set(nodes.flatMap(({ transitions }) => [...transitions.keys()]))]
    this.#partial = descriptors.filter((descriptor) => descriptor.endsWith('.*'))
    this.#typesMax = descriptors.length + UNCOVERED.length + EVENT_TYPES_MAX
    for (const type of [...descriptors, ...UNCOVERED]) this.#byType.set(type, this.#made(type))
  }

  of(type: string): EventKind {
    if (type === this.#lastType && this.#last !== undefined) return this.#last
    this.#lastType = type
    return (this.#last = this.#looked(type))
  }

  #looked(type: string): EventKind {
    const known = this.#byType.get(type)
    if (known !== undefined) return known
    const isTaskError = type.startsWith('xstate.error.actor')
    const signature = `${isTaskError} ${this.#partial.filter((descriptor) => matches(type, descriptor)).join(' ')}`
    const kind = this.#bySignature.get(signature) ?? this.#made(type)
    this.#bySignature.set(signature, kind)
    if (this.#byType.size < this.#typesMax) this.#byType.set(type, kind)
    return kind
  }

  #made(type: string): EventKind {
    return { number: this.#count++, type, isTaskError: type.startsWith('xstate.error.actor'), isUncovered: UNCOVERED.includes(type) }
  }
}

/** Of an event in a configuration, whose nodes stand in document order. */
export function selectionAt(nodes: readonly Node[], type: string): Selection {
  return selectionBelow(nodes[0] as Node, new Set(nodes), type)
}

function selectionBelow(node: Node, active: ReadonlySet<Node>, type: string): Selection {
  const own = candidatesOf(node, type)
  const inner = isLeaf(node) ? [] : node.children.filter((child) => active.has(child)).map((child) => selectionBelow(child, active, type))
  const [only] = inner
  if (only !== undefined && inner.length === 1) return { regions: only.regions, own: [...only.own, ...own] }
  return { regions: inner.filter((each) => each.own.length > 0 || each.regions.length > 0), own }
}

/** Exact descriptors first, then the others, the longest first. */
function candidatesOf({ transitions }: Node, type: string): readonly Transition[] {
  const others = [...transitions.keys()].filter((descriptor) => descriptor !== type && matches(type, descriptor))
  others.sort((a, b) => b.length - a.length)
  return [type, ...others].flatMap((descriptor) => transitions.get(descriptor) ?? [])
}

/** XState's `matchesEventDescriptor`. */
function matches(type: string, descriptor: string): boolean {
  if (descriptor === type || descriptor === '*') return true
  if (!descriptor.endsWith('.*')) return false
  const words = type.split('.')
  const wanted = descriptor.split('.')
  for (const [at, word] of wanted.entries()) {
    if (word === '*') return at === wanted.length - 1
    if (word !== words[at]) return false
  }
  return true
}
