// View: an entity as people and callers see it. Plain data.
import type { FailureClass } from '../protocol/failures.ts'
import type { ActorDefinition } from '../authoring/definition.ts'
import type { Entity } from './entity.ts'

export interface EntityView {
  readonly id: string
  /** Paths of the active leaf states, joined by ','. */
  readonly state: string
  readonly context: unknown
  readonly stopped: boolean
  readonly timers: readonly { readonly id: string; readonly dueMs: number }[]
  readonly tasks: readonly { readonly id: string; readonly key: string; readonly attempt: number }[]
  /** Events that wait for the watermark. */
  readonly held: readonly { readonly type: string; readonly timeMs: number }[]
  /** Newest commit that changed it. */
  readonly changedSeq: number
  /** Why it stands still; undefined: it does not. */
  readonly parked: FailureClass | undefined
}

/** Undefined: the entity does not exist. */
export function entityView(definition: ActorDefinition, entity: Entity): EntityView | undefined {
  const { machine } = definition
  if (entity.machine === undefined && entity.holds.length === 0) return undefined
  return {
    id: entity.id,
    state: entity.machine === undefined ? '' : machine.configuration(entity.machine),
    context: entity.machine === undefined ? undefined : machine.context(entity.machine),
    stopped: entity.stopped,
    timers: [...entity.timers].map(([id, { dueMs }]) => ({ id, dueMs })).sort((a, b) => a.dueMs - b.dueMs),
    tasks: [...entity.tasks].map(([id, { key, attempt }]) => ({ id, key, attempt })),
    held: entity.holds.map(({ event, timeMs }) => ({ type: event.type, timeMs })),
    changedSeq: entity.seq,
    parked: entity.parked?.class,
  }
}
