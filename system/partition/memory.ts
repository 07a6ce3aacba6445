// Memory: everything a partition's fold stands on between batches. Rebuilt by recovery, dropped as a whole when a commit's outcome is not `done`.
import { Entities } from './entities.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { ParkedEntry } from './states.ts'
import { Watermarks } from './watermarks.ts'
import type { ModelRef, TypePlan } from './topology.ts'

export interface Memory {
  readonly plan: TypePlan
  readonly partition: number
  readonly entities: Entities
  /** Undefined: the type needs none and pays nothing. */
  readonly watermarks: Watermarks | undefined
  life: string
  epoch: number
  /** Newest commit folded; -1: none. */
  seq: number
  nowMs: number
  /** Entities per configuration. */
  readonly occupancy: Map<string, number>
  /** Active models: those of the system when live, those of the journal record when one is repeated. */
  models: ReadonlyMap<string, ModelRef>
  readonly parked: Map<EntityId, ParkedEntry>
}

export function emptyMemory(plan: TypePlan, partition: number): Memory {
  return {
    plan, partition,
    entities: new Entities(plan.definition.timers === 'event'),
    watermarks: plan.usesEventTime ? new Watermarks(plan) : undefined,
    life: '', epoch: 0, seq: -1, nowMs: 0, occupancy: new Map(), models: plan.models, parked: new Map(),
  }
}
