// Gateway: the inbound port of a running system: how callers that run no partition look at entities, and speak to them.
//
// Owns: nothing. What it tells stands at the owners of the partitions, what it sends is durable in an inbox; a gateway may end at any moment, and there may
// be any number of them.
//
// G1. An answer shows committed state, and where it stands: partition, life, epoch, seq (I12). Within a life, what one gateway answers about a partition
//     never goes back in (epoch, seq); with `atLeast` this holds over several gateways and their restarts too.
// G2. A call ends within its deadline. While a partition moves its owner is asked again until then; after that the answer is `unavailable`, with the
//     partition's state. There is no answer from a cache, and no sum over a part of the partitions.
// G3. A command is durable before anything is told of it. Sent again with the same key it is applied once, as long as the entity remembers it
//     (`dedup` of its type says how many and for how long), and answered with the first reply; another event under that key is refused. An event that is not taken was not applied, unless the answer says that it may have been.
// G4. What is told from the log (histories, dead letters, lists) was committed; how much of it is missing, and why, is said with it.
import type { EntityAnswer } from '../partition/view.ts'
import type { HistoryAsked, HistoryPage } from '../inspect/history-page.ts'
import type { Letter, LettersAsked, LettersPage } from '../inspect/letters.ts'
import type { Letter as LetterPlace } from '../inspect/outcome.ts'
import type { FlowAnswer, Misplaced, Place, Unanswered, Waiting } from '../node/query-client.ts'
import type { Standing } from '../node/questions.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { FailureClass } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { InspectionEvent, MachineDefinition } from '../inspect/inspection.ts'
import type { FlowDocument } from './flow-document.ts'
import type { Condition } from './where.ts'

export interface TypeSummary {
  readonly type: string
  readonly version: number
  /** Name, version and hash prefix of the definition at hand. */
  readonly code: string
  readonly partitions: number
  readonly sources: readonly string[]
}

/** Nobody could answer in time. `state`: of the partition's life, 'absent' where nobody has it, 'silent' where its owner does not answer, 'live' where it is behind, 'unread' where its log cannot be read. */
export interface Unavailable {
  readonly kind: 'unavailable'
  readonly type: string
  readonly partition: number
  readonly state: string
  readonly reason: string
}

export type EntityResult = { readonly kind: 'entity'; readonly answer: EntityAnswer } | Unavailable

export interface StateCounts {
  readonly type: string
  readonly entities: number
  readonly parked: number
  /** Entities by configuration: the paths of the active leaf states, joined by ','. */
  readonly states: Readonly<Record<string, number>>
  /** What was counted, partition by partition: not one moment of the whole. */
  readonly at: readonly Standing[]
}

export type CountsResult = { readonly kind: 'counts'; readonly counts: StateCounts } | Unavailable

export interface PartitionReport {
  readonly type: string
  readonly partition: number
  readonly state: string
  /** Why it waits, failed or is not reached; '' when there is nothing to say. */
  readonly reason: string
  /** The rest is known of live partitions only. */
  readonly at?: Standing
  readonly lag?: { readonly sources: number; readonly inbox: number }
  readonly entities?: number
  readonly parked?: number
  readonly watermarkMs?: number
  readonly waitingFor?: readonly string[]
}

export type CommandResult =
  /** `value` is null when the machine gave none. */
  | { readonly kind: 'reply'; readonly at: Standing; readonly value: unknown }
  | { readonly kind: 'refused'; readonly at: Standing; readonly class: FailureClass; readonly message: string; readonly letter: LetterPlace | undefined }
  /** Consumed, and nothing is known of it: the entity is at its end or parked, or the command was refused when it was first sent, or was forgotten since. */
  | { readonly kind: 'unknown'; readonly at: Standing }
  /** Durable, and not taken within the deadline. */
  | { readonly kind: 'waiting'; readonly partition: number; readonly state: string; readonly reason: string }
  /** Durable, and what became of it cannot be read. `isTaken`: by its entity; else that is not known either. */
  | { readonly kind: 'unread'; readonly isTaken: boolean; readonly reason: string }
  /** Under its key another event was sent before: nothing came of this one. */
  | { readonly kind: 'other-event'; readonly at: Standing }
  /** No event, or none that can be stored. */
  | { readonly kind: 'unfit'; readonly reason: string }
  /** Nothing was written, and the same again would be refused again. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** `isCertain`: nothing was written. */
  | { readonly kind: 'not-taken'; readonly isCertain: boolean; readonly reason: string }

export type WaitResult =
  | { readonly kind: 'reached'; readonly answer: EntityAnswer }
  /** As it was seen last. */
  | { readonly kind: 'not-reached'; readonly answer: EntityAnswer }
  | Misplaced
  | Unavailable

/** `atLeast`: no answer stands before it. */
export type Reaching = Waiting & { readonly atLeast?: Place }

/** What goes through a partition, as its owner counts it. */
export interface PartitionFlow {
  readonly type: string
  readonly partition: number
  readonly answer: FlowAnswer | Unanswered
}

export type HistoryResult = { readonly kind: 'history'; readonly page: HistoryPage } | Unread
export type LettersResult = { readonly kind: 'letters'; readonly page: LettersPage } | Unread

export interface ListedEntity {
  readonly id: EntityId
  /** Undefined: it is in no state yet. */
  readonly configuration: string | undefined
  /** Commit that stored what is shown, and its time. */
  readonly changedSeq: number
  readonly changedMs: number
  /** Those that were asked about. */
  readonly numbers?: Readonly<Record<string, number>>
}

export interface ListAsked extends Waiting {
  /** In it or within it; undefined: in any. */
  readonly state?: string | undefined
  /** All of them. */
  readonly conditions: readonly Condition[]
  readonly limit: number
  readonly after?: EntityId | undefined
}

export interface EntityPage {
  /** In the order of the UTF-8 bytes of their ids. */
  readonly entities: readonly ListedEntity[]
  /** Behind this one there may be more. */
  readonly next: EntityId | undefined
  /** Nothing is missing that was committed `lagMs` before the answer, nor anything up to these commits. */
  readonly index: { readonly lagMs: number; readonly at: readonly Standing[] }
}

export type EntitiesResult =
  | { readonly kind: 'entities'; readonly page: EntityPage }
  /** The index is made for the first time. */
  | { readonly kind: 'building'; readonly reason: string }

export interface InspectAsked {
  readonly type: string
  readonly id: EntityId
  /** What it took before: the newest so many. */
  readonly entriesMax: number
  readonly definition: MachineDefinition
}

/** The log could not be read in time. */
export interface Unread {
  readonly kind: 'unread'
  readonly reason: string
}

/** A type that the system does not have throws OperationError: ask `types` first. */
export interface Gateway {
  types(): readonly TypeSummary[]
  get(type: string, id: EntityId, options: Reaching): Promise<EntityResult | Misplaced>
  counts(type: string, options: Waiting): Promise<CountsResult>
  /** One that does not answer in time is reported as such. */
  partitions(options: Waiting): Promise<readonly PartitionReport[]>
  command(type: string, id: EntityId, event: MachineEvent, key: string, options: Waiting): Promise<CommandResult>
  /** Until the entity is in the state, or in one within it: 'open' is reached in 'open.ajar' too. */
  wait(type: string, id: EntityId, state: string, options: Reaching): Promise<WaitResult>
  /** Every partition, once. One that does not answer in time says so. */
  flows(options: Waiting): Promise<readonly PartitionFlow[]>
  /** What these types do (F1, F2 of `flow-document.ts`), again whenever it has changed. All who watch share one look, 5 times a second. */
  watch(types: readonly string[], signal: AbortSignal): AsyncIterable<FlowDocument>
  /** As it is now, then whenever it has changed, until `signal` aborts. While it cannot be seen that is told, and it goes on afterwards. */
  follow(type: string, id: EntityId, signal: AbortSignal): AsyncIterable<EntityResult>
  /** As it was and as it changes, in XState's inspection events, with what it took; until `signal` aborts. Throws OperationError when too many are inspected. */
  inspect(asked: InspectAsked, signal: AbortSignal): AsyncIterable<InspectionEvent | Unavailable>
  /** Entities as they were stored last, by id. Throws OperationError where no index is kept. */
  list(type: string, asked: ListAsked): Promise<EntitiesResult>
  /** What the entity took, newest first, with its states and context then. Of the log: it is told while the partition moves too. */
  history(type: string, id: EntityId, options: HistoryAsked): Promise<HistoryResult>
  /** Dead letters of one type or of all, newest first. */
  letters(options: LettersAsked): Promise<LettersResult>
  /** One of them whole; undefined: there is none at that place. */
  letter(topic: string, partition: number, offset: number): Promise<Letter | undefined>
}
