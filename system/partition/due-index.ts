// DueIndex: what is due when, over all entities of a partition, also those not in memory.
//
// Owns: a binary heap with positions, so that every entry is live (no stale entries to skip).
//
// D1. Entries leave in the order (due, entity, kind, id); ids compare by UTF-16 code units.
// D2. (entity, kind, id) has at most one entry.
import { assert } from '../protocol/assert.ts'
import type { EntityId } from '../protocol/ids.ts'

/** 0 a held event's turn, 1 a timer, 2 a task's next start, 3 the end of a stopped entity. */
export type DueKind = 0 | 1 | 2 | 3

export interface Due {
  readonly dueMs: number
  readonly entity: EntityId
  readonly kind: DueKind
  readonly id: string
}

type Node = Due & { at: number }

/** Negative when `a` goes first (D1). */
export function compareDue(a: Due, b: Due): number {
  if (a.dueMs !== b.dueMs) return a.dueMs - b.dueMs
  if (a.entity !== b.entity) return a.entity < b.entity ? -1 : 1
  if (a.kind !== b.kind) return a.kind - b.kind
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

// The length keeps apart where the id ends: both parts may hold any character.
const nameOf = (entity: EntityId, kind: DueKind, id: string): string => `${kind}${id.length}:${id}${entity}`

export class DueIndex {
  readonly #heap: Node[] = []
  readonly #byName = new Map<string, Node>()

  get size(): number {
    return this.#heap.length
  }

  /** Adds or moves the entry of (entity, kind, id). */
  set(due: Due): void {
    this.delete(due.entity, due.kind, due.id)
    const node: Node = { dueMs: due.dueMs, entity: due.entity, kind: due.kind, id: due.id, at: this.#heap.length }
    this.#byName.set(nameOf(due.entity, due.kind, due.id), node)
    this.#heap.push(node)
    this.#up(node)
  }

  delete(entity: EntityId, kind: DueKind, id: string): void {
    const name = nameOf(entity, kind, id)
    const node = this.#byName.get(name)
    if (node === undefined) return
    this.#byName.delete(name)
    const last = this.#heap.pop()
    assert(last !== undefined, 'D2: an entry without a place')
    if (last === node) return
    last.at = node.at
    this.#heap[node.at] = last
    this.#up(last)
    this.#down(last)
  }

  peek(): Due | undefined {
    return this.#heap[0]
  }

  pop(): Due | undefined {
    const first = this.#heap[0]
    if (first !== undefined) this.delete(first.entity, first.kind, first.id)
    return first
  }

  /** The first `most` entries with `dueMs` below `beforeMs`, in order, left in place. */
  due(beforeMs: number, most: number): readonly Due[] {
    const found: Due[] = []
    const visit = [0]
    for (let at = visit.pop(); at !== undefined; at = visit.pop()) {
      const node = this.#heap[at]
      if (node === undefined || node.dueMs >= beforeMs) continue
      found.push(node)
      visit.push(2 * at + 1, 2 * at + 2)
      if (found.length > 2 * most) return this.#first(beforeMs, most)
    }
    found.sort(compareDue)
    return found.length > most ? found.slice(0, most) : found
  }

  /** The same when far more is due than is asked for: after a long rest a partition must not look at all of it for every batch. */
  #first(beforeMs: number, most: number): readonly Due[] {
    const found: Due[] = []
    const next = new DueIndex()
    const offer = (node: Node | undefined): void => {
      if (node !== undefined && node.dueMs < beforeMs) next.set(node)
    }
    offer(this.#heap[0])
    while (found.length < most) {
      const first = next.pop()
      const node = first === undefined ? undefined : this.#byName.get(nameOf(first.entity, first.kind, first.id))
      if (node === undefined) break
      found.push(node)
      offer(this.#heap[2 * node.at + 1])
      offer(this.#heap[2 * node.at + 2])
    }
    return found
  }

  #up(node: Node): void {
    for (let at = node.at; at > 0; ) {
      const parentAt = (at - 1) >> 1
      const parent = this.#heap[parentAt]
      if (parent === undefined || compareDue(parent, node) <= 0) return
      this.#place(parent, at)
      this.#place(node, parentAt)
      at = parentAt
    }
  }

  #down(node: Node): void {
    for (;;) {
      const left = this.#heap[2 * node.at + 1]
      const right = this.#heap[2 * node.at + 2]
      const least = left !== undefined && right !== undefined && compareDue(right, left) < 0 ? right : left
      if (least === undefined || compareDue(node, least) <= 0) return
      const at = least.at
      this.#place(least, node.at)
      this.#place(node, at)
    }
  }

  #place(node: Node, at: number): void {
    this.#heap[at] = node
    node.at = at
  }
}
