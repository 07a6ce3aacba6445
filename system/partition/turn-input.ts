// TurnInput: what a turn starts from, and what it may ask for while it runs. `turn.ts` takes turns, `effects.ts` ends them.
import type { MachineEvent } from '../protocol/data.ts'
import type { Failure } from '../protocol/failures.ts'
import type { Effect, EngineState } from '../ports/engine.ts'
import type { Score } from '../ports/models.ts'
import type { Witness } from '../ports/witness.ts'
import type { Subject } from './batch.ts'
import type { Entity } from './entity.ts'
import type { InputRef } from './journal.ts'
import type { Provenance } from './outbox.ts'
import type { Tally } from './tally.ts'
import type { ModelRef } from './topology.ts'

export interface TurnInput extends Provenance {
  readonly entity: Entity
  readonly event: MachineEvent
  readonly ref: InputRef
  readonly subject: Subject
  /** Its place in the outbox. */
  readonly slot: number
  readonly command: string | undefined
  /** Of the record's value; what it counts for when it is put aside. */
  readonly bytes: number
  /** A timer's turn: it is consumed when the turn starts, if it is still armed then. */
  readonly timer: { readonly id: string; readonly generation: string } | undefined
}

/** A turn that ended, told to whoever watches its entity. */
export interface TurnTrace {
  readonly input: TurnInput
  /** Configurations before and after; undefined: the entity did not exist. Equal for a refused input. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** After the turn; undefined: it does not exist. */
  readonly state: EngineState | undefined
  readonly effects: readonly Effect[]
  /** Active when it ended: an activation has a place between inputs. */
  readonly models: ReadonlyMap<string, ModelRef>
  readonly isRefused: boolean
}

/** Decides about inputs that are not applied; `refusals.ts`. */
export interface Refuser {
  /** True when the input is refused without a step; it has been dealt with then. */
  knows(input: TurnInput): boolean
  refuse(input: TurnInput, failure: Failure): void
  /** The entity is parked. */
  setAside(input: TurnInput, bytes: number): void
}

/** Who is told of turns. */
export interface TurnWatchers {
  readonly witness: Witness | undefined
  readonly tally: Tally | undefined
  readonly onTurn: ((trace: TurnTrace) => void) | undefined
}

export interface ScoreQuestion {
  readonly kind: 'score'
  readonly ref: InputRef
  readonly model: string
  /** Artifact of the model that is active for the input. */
  readonly hash: string
  readonly vector: readonly number[]
}

export interface RowQuestion {
  readonly kind: 'row'
  readonly ref: InputRef
  readonly table: string
  readonly key: string
}

/** What a turn asks of the outside before it goes on. */
export type Question = ScoreQuestion | RowQuestion

export type Answer =
  | Score
  /** Encoded: it is journalled as it is, and every event gets a copy of its own. */
  | { readonly kind: 'row'; readonly bytes: Uint8Array }
  /** The input fails with this. */
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Where answers come from: models and tables, or a journal (M2). Rejects when the whole batch must be given up. */
export interface Outside {
  ask(questions: readonly Question[]): readonly Answer[] | Promise<readonly Answer[]>
}
