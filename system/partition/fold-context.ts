// What the parts of a fold share.
import type { EntityId } from '../protocol/ids.ts'
import type { Directive, Failure } from '../protocol/failures.ts'
import type { Arrival } from './arrivals.ts'
import type { Batch, Subject } from './batch.ts'
import type { Entity } from './entity.ts'
import type { Witness } from '../ports/witness.ts'
import type { InputRef, JournalRecord } from './journal.ts'
import type { Memory } from './memory.ts'
import type { Pauses } from './pauses.ts'
import type { Tally } from './tally.ts'
import type { TurnInput, TurnTrace } from './turn-input.ts'

export interface FoldPlan {
  readonly seq: number
  readonly nowMs: number
  readonly arrivals: readonly Arrival[]
  /** Repeat this record. */
  readonly journal: JournalRecord | undefined
  /** Inputs that the log refused to take the results of: they fail with this. */
  readonly forced: ReadonlyMap<InputRef, Failure>
  readonly releasesMax?: number
  /** At most one firing, release or arrival: the partition isolates. */
  readonly isSingle?: boolean
  readonly witness?: Witness
  readonly watch?: FoldWatch
  /** Counts what the batch takes. */
  readonly tally?: Tally | undefined
  /** Asked now and then between two inputs, releases or firings. */
  readonly pauses?: Pauses | undefined
  /** Neither loaded nor stepped; what their inputs say about event time counts. */
  readonly passedOver?: ReadonlySet<EntityId>
}

/** Follows one entity through repeated batches. All others are passed over: neither loaded nor stepped. */
export interface FoldWatch {
  readonly entity: EntityId
  /** After each of its turns, in order. */
  readonly onTurn?: (trace: TurnTrace) => void
}

export interface FoldContext {
  readonly memory: Memory
  readonly batch: Batch
  readonly plan: FoldPlan
  /** Starts the turn of an input, or queues it behind the entity's waiting one. */
  begin(input: TurnInput): void
  refuse(input: TurnInput, failure: Failure): void
  refuseRecord(ref: InputRef, subject: Subject, failure: Failure, named?: EntityId): void
  /** What becomes of a failed input: as journalled, or as the type's policy says. */
  directiveFor(ref: InputRef, failure: Failure): Directive
  /** True when a control record is refused; it has been dealt with then. */
  isRefused(ref: InputRef, subject: Subject): boolean
  /** The entity, or undefined when its loaded state already contains this commit. */
  entity(id: EntityId, known?: Entity): Entity | undefined
  touch(entity: Entity): void
  /** Event time up to which the batch has come: what tells promise. */
  readonly progressMs: number
  /** A place in the written order, for the input of ref `<head><offset>`. */
  slot(head: string, offset?: number): number
}
