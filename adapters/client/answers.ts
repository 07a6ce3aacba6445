// Answers: what a gateway tells, with the types of the machine it is about.
import type { AnyStateMachine } from 'xstate'
import type { ContextJson, SendableEvent, StateValue } from '../../system/authoring/typed.ts'
import type { Drawing } from '../../system/chart/drawing.ts'
import type { Outline } from '../../system/ports/outline.ts'
import type { FailureClass } from '../../system/protocol/failures.ts'
import type { Standing } from './places.ts'

/** An entity as committed, and where that stands. */
export interface EntityJson<Machine extends AnyStateMachine> extends Standing {
  readonly type: string
  readonly id: string
  readonly code: string
  /** Undefined while nothing but held or seen events is known of it. */
  readonly value?: StateValue<Machine>
  /** Paths of the active leaf states, joined by ','. */
  readonly configuration?: string
  readonly context?: ContextJson<Machine>
  readonly status: 'active' | 'done' | 'error' | 'stopped' | 'unborn'
  readonly changedSeq: number
  readonly watermarkMs?: number | string
  readonly timers: readonly { readonly id: string; readonly dueMs: number; readonly event: { readonly type: string } }[]
  readonly tasks: readonly { readonly id: string; readonly src: string; readonly attempt: number; readonly key: string }[]
  readonly held: readonly { readonly timeMs: number; readonly event: SendableEvent<Machine> }[]
  readonly expireAtMs?: number
  readonly parked?: { readonly class: string; readonly sinceSeq: number; readonly events: number; readonly bytes: number; readonly unfolded?: readonly [from: number, to: number] }
}

/** What an entity took, newest first on a page. */
export interface HistoryEvent<Machine extends AnyStateMachine> {
  readonly seq: number
  readonly n: number
  /** Event time, and when its batch was processed. */
  readonly timeMs: number
  readonly nowMs: number
  readonly cause: string
  readonly event: { readonly type: string } & Readonly<Record<string, unknown>>
  /** It was refused. */
  readonly verdict?: { readonly class: string; readonly directive: string }
  /** Configurations before and after. */
  readonly from?: string
  readonly to?: string
  readonly context?: ContextJson<Machine>
  readonly outputs: readonly unknown[]
  readonly decisions: readonly unknown[]
  /** Rows of reference tables. */
  readonly lookups?: readonly unknown[]
}

export interface HistoryPage<Machine extends AnyStateMachine> {
  readonly at: Standing
  readonly events: readonly HistoryEvent<Machine>[]
  /** What stands before the page: more, none, what is not kept any more (gone), or what was not read in time (unread; `reason` says why). */
  readonly older: 'none' | 'more' | 'gone' | 'unread'
  readonly reason?: string
  /** Of the page after this one: `history({ before: next })`. Undefined: it was the last. */
  readonly next?: string
}

export interface ListPage {
  readonly entities: readonly { readonly id: string; readonly configuration?: string; readonly changedSeq: number; readonly changedMs: number }[]
  /** Of the page after this one: `list({ after: next })`. Undefined: it was the last. */
  readonly next?: string
  /** How far what is shown may be behind, ms, and up to which commits of each partition nothing is missing. */
  readonly index: { readonly lag: number; readonly at: readonly Standing[] }
}

export interface TypeJson {
  readonly type: string
  readonly version: number
  readonly code: string
  readonly partitions: number
  /** Topics. */
  readonly sources: readonly string[]
}

export interface PartitionJson {
  readonly type: string
  readonly partition: number
  /** Of its life at its owner; 'absent' where nobody has it, 'silent' where its owner does not answer. */
  readonly state: string
  /** Why it waits, failed or is not reached; '' when there is nothing to say. */
  readonly reason: string
  /** The rest is known of live partitions only. */
  readonly at?: Standing
  /** Records that are not consumed yet. */
  readonly lag?: { readonly sources: number; readonly inbox: number }
  readonly entities?: number
  readonly parked?: number
  readonly watermarkMs?: number | string
  readonly waitingFor?: readonly string[]
}

/** The statechart of a type, as the pages draw it. */
export interface ChartJson {
  readonly hash: string
  readonly outline: Outline
  /** Boxes, lines and texts with their places; null: it cannot be drawn, and `reason` says why. */
  readonly drawing: Drawing | null
  readonly reason?: string
}

/** An input that was refused, and where its dead letter stands. */
export interface DeadLetter {
  readonly dlq: LetterPlace
  readonly class: FailureClass
  readonly message: string
  readonly stage: string
  readonly directive: string
  readonly entity?: string
  /** Where the input stood. */
  readonly topic: string
  readonly partition: number
  readonly offset?: number
  readonly attempts: number
  readonly firstMs: number
  readonly lastMs: number
  /** Of its value. */
  readonly bytes: number
  readonly key: BytesJson
}

export interface LetterPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** As text, or in hex where it is none. */
export type BytesJson = { readonly text: string } | { readonly hex: string } | null

export interface WholeDeadLetter extends DeadLetter {
  readonly stack?: string
  /** Up to 64 KiB of it. */
  readonly value: BytesJson
}

export interface LettersPage {
  readonly letters: readonly DeadLetter[]
  /** Of the page after this one: `deadLetters({ before: next })`. Undefined: it was the last. */
  readonly next?: string
}
