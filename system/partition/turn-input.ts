// TurnInput: what a turn starts from, and what it may ask for while it runs. `turn.ts` takes turns, `effects.ts` ends them.
import type { MachineEvent } from '../protocol/data.ts'
import type { OutRecord } from '../protocol/record.ts'
import type { Effect } from '../ports/engine.ts'
import type { Score } from '../ports/models.ts'
import type { Subject } from './batch.ts'
import type { Entity } from './entity.ts'
import type { InputRef } from './journal.ts'
import type { Provenance } from './outbox.ts'

export interface TurnInput {
  readonly entity: Entity
  readonly event: MachineEvent
  readonly ref: InputRef
  readonly subject: Subject
  readonly by: Provenance
  readonly slot: OutRecord[]
  readonly command: string | undefined
  /** A timer's turn: it is consumed when the turn starts, if it is still armed then. */
  readonly timer: { readonly id: string; readonly generation: string } | undefined
}

/** A turn that ended, told to whoever watches its entity. */
export interface TurnTrace {
  readonly input: TurnInput
  /** Configurations before and after; undefined: the entity did not exist. Equal for a refused input. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly effects: readonly Effect[]
  readonly isRefused: boolean
}

export interface ScoreRequest {
  readonly ref: InputRef
  readonly model: string
  readonly vector: readonly number[]
}

/** Where scores come from: the loaded models, or a journal (M2). */
export interface Scorer {
  score(requests: readonly ScoreRequest[]): readonly Score[] | Promise<readonly Score[]>
}
