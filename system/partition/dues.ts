// Dues: what of one entity waits for a time, and the order of what is held.
import type { Due } from './due-index.ts'
import type { Entity, Held } from './entity.ts'

/** Order of held events of one entity: (time, rank, source, id of the outside event). */
export function compareHeld(a: Held, b: Held): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs
  if (a.rank !== b.rank) return a.rank - b.rank
  if (a.origin.source !== b.origin.source) return a.origin.source < b.origin.source ? -1 : 1
  if (a.origin.id !== b.origin.id) return a.origin.id < b.origin.id ? -1 : 1
  return a.topic === b.topic ? a.offset - b.offset : a.topic < b.topic ? -1 : 1
}

/** Everything of the entity that stands in a due index; of a parked one nothing does. Timers of event-time types are `event`, the rest counts processing time. */
export function duesOf(entity: Entity): readonly Due[] {
  const dues: Due[] = []
  if (entity.parked !== undefined) return dues
  const first = entity.holds[0]
  if (first !== undefined) dues.push({ dueMs: first.timeMs, entity: entity.id, kind: 0, id: '' })
  for (const [id, timer] of entity.timers) dues.push({ dueMs: timer.dueMs, entity: entity.id, kind: 1, id })
  for (const [id, task] of entity.tasks) dues.push({ dueMs: task.dueMs, entity: entity.id, kind: 2, id })
  if (entity.expireAtMs !== undefined) dues.push({ dueMs: entity.expireAtMs, entity: entity.id, kind: 3, id: '' })
  return dues
}
