// View: an entity as people and callers see it, whoever answers: its owner, or a reader of the log. Plain data.
import type { MachineEvent } from '../protocol/data.ts'
import type { FailureClass } from '../protocol/failures.ts'
import type { ActorDefinition } from '../authoring/definition.ts'
import { isBlank } from './entity.ts'
import type { Entity } from './entity.ts'
import type { ParkedEntry } from './states.ts'

export interface EntityView {
  /** Active states, the XState value; undefined while nothing but held or seen events is known of it. */
  readonly value: unknown
  /** Paths of the active leaf states, joined by ','. */
  readonly configuration: string | undefined
  readonly context: unknown
  readonly status: 'active' | 'done' | 'error' | 'stopped' | 'unborn'
  /** Commit that changed it last; of a state that was read back from where it is stored, the commit that stored it. */
  readonly changedSeq: number
  readonly timers: readonly { readonly id: string; readonly dueMs: number; readonly event: MachineEvent; readonly generation: string }[]
  readonly tasks: readonly { readonly id: string; readonly src: string; readonly attempt: number; readonly key: string }[]
  /** Events that wait for the watermark, in the order in which they will be taken. */
  readonly held: readonly { readonly timeMs: number; readonly event: MachineEvent; readonly topic: string; readonly offset: number }[]
  readonly expireAtMs: number | undefined
  /** Undefined: it is not parked. */
  readonly parked: ParkedView | undefined
}

/** It stands still with its last good state; what comes for it is put aside. */
export interface ParkedView {
  readonly class: FailureClass
  /** Commit that parked it. */
  readonly sinceSeq: number
  /** Put aside for it, and the bytes of their values. */
  readonly events: number
  readonly bytes: number
  /** Inputs of these commits are not in its state, for they could not be folded; undefined: it lacks none. */
  readonly unfolded: readonly [from: number, to: number] | undefined
}

/** An entity, and where what is told of it stands (I12). */
export interface EntityAnswer {
  readonly type: string
  readonly id: string
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
  /** Definition that the journal's newest record names. */
  readonly code: string
  /** Event time up to which the partition is complete; undefined: the type has no watermark. */
  readonly watermarkMs: number | undefined
  /** Undefined: there is no such entity. */
  readonly entity: EntityView | undefined
}

/** An answer as one flat object, for programs. */
export function answerObject({ entity, ...place }: EntityAnswer): Record<string, unknown> {
  return { ...place, found: entity !== undefined, ...entity }
}

/** `parked`: its entry in the partition's index. Undefined: the entity does not exist. */
export function entityView({ machine }: ActorDefinition, entity: Entity, parked: ParkedEntry | undefined): EntityView | undefined {
  if (isBlank(entity)) return undefined
  const state = entity.machine
  const statusOf = (): EntityView['status'] => {
    if (entity.stopped) return 'stopped'
    return state === undefined ? 'unborn' : machine.status(state)
  }
  return {
    value: state === undefined ? undefined : machine.store(state).value,
    configuration: state === undefined ? undefined : machine.configuration(state),
    context: state === undefined ? undefined : machine.context(state),
    status: statusOf(),
    changedSeq: entity.seq,
    timers: [...entity.timers].map(([id, { dueMs, event, generation }]) => ({ id, dueMs, event, generation })).sort((a, b) => a.dueMs - b.dueMs),
    tasks: [...entity.tasks].map(([id, { src, attempt, key }]) => ({ id, src, attempt, key })),
    held: entity.holds.map(({ timeMs, event, topic, offset }) => ({ timeMs, event, topic, offset })),
    expireAtMs: entity.expireAtMs,
    parked: parkedView(parked, entity),
  }
}

/** How an entity is parked; undefined: it is not. */
export function parkedView(entry: ParkedEntry | undefined, entity: Entity | undefined): ParkedView | undefined {
  if (entity?.parked === undefined) return undefined
  // A state written while we read is newer than the index that we saw.
  const { firstSeq, count, bytes } = entry ?? { firstSeq: entity.seq, count: 0, bytes: 0 }
  return { class: entity.parked.class, sinceSeq: firstSeq, events: count, bytes, unfolded: entity.parked.unfolded }
}
