// Batch: what folding one batch produced, before any of it is written.
import type { Directive, DropReason, Failure } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { ANSWER_BYTES_PER_BATCH_MAX, ROW_BYTES_MAX } from '../protocol/limits.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Choice, Decision, FiredTimer, InputRef, PassCut, Verdict } from './journal.ts'
import { Outbox } from './outbox.ts'

/** What an input was: a record of a topic, or a timer of an entity. */
export type Subject =
  | { readonly kind: 'record'; readonly topic: string; readonly partition: number; readonly offset: number; readonly record: LogRecord | undefined }
  | { readonly kind: 'timer'; readonly cause: string; readonly event: MachineEvent }

export interface DeadLetterDraft {
  readonly subject: Subject
  readonly entity: EntityId | undefined
  readonly failure: Failure
  readonly directive: Directive
}

export interface Refused extends DeadLetterDraft {
  /** Of the entity as it stood; '' where there was none. */
  readonly configuration: string
}

/** An event put aside for a parked entity. */
export interface ParkedDraft {
  readonly subject: Extract<Subject, { readonly kind: 'record' }>
  readonly entity: EntityId
}

export interface TaskStart {
  readonly entity: EntityId
  readonly task: string
  readonly key: string
  readonly src: string
  readonly input: unknown
}

export interface CommandReply {
  /** Whose it is: two entities may be sent commands of one id. */
  readonly entity: EntityId
  readonly command: string
  readonly value: unknown
  /** Of the event that was applied under this id. */
  readonly sum?: number
  /** The command was refused with this, and dead-lettered; it has no value. */
  readonly refused?: Failure
}

export interface LogEntry {
  readonly entity: EntityId
  readonly label: string
  readonly value: unknown
}

/** Of an answer, beside its text or row: the input that asked, and lengths. */
const ANSWER_BYTES = 24

/** Filled while a batch is folded. */
export class Batch {
  readonly seq: number
  readonly nowMs: number
  readonly outbox: Outbox
  readonly fired: FiredTimer[] = []
  readonly verdicts: Verdict[] = []
  readonly decisions: Decision[] = []
  readonly choices: Choice[] = []
  /** Models that became active, as `name vN`. */
  readonly activated: string[] = []
  readonly deadLetters: Refused[] = []
  readonly drops = new Map<DropReason, number>()
  readonly parked: ParkedDraft[] = []
  /** What that adds to the index, by entity; also entities that were parked just now. */
  readonly parkedChanges = new Map<EntityId, { count: number; bytes: number }>()
  readonly taskStarts: TaskStart[] = []
  readonly replies: CommandReply[] = []
  readonly logs: LogEntry[] = []
  readonly occupancy = new Map<string, number>()
  /** How many arrivals were consumed; the rest is polled again. */
  consumed = 0
  /** Turns that ran to their end. */
  turns = 0
  /** Inputs of entities whose loaded state already contained this commit (recovery). */
  skipped = 0
  cut: PassCut | undefined
  /** What answers take of the journal record, and the largest row. */
  #answerBytes = 0
  #rowBytesMax = 0

  /** `inputs`: how many are expected. */
  constructor(seq: number, nowMs: number, inputs = 0) {
    this.outbox = new Outbox(inputs)
    this.seq = seq
    this.nowMs = nowMs
  }

  decided(ref: InputRef, answer: number | string): void {
    this.decisions.push([ref, answer])
    this.#answerBytes += ANSWER_BYTES + (typeof answer === 'string' ? answer.length : 0)
  }

  chose(ref: InputRef, row: Uint8Array): void {
    this.choices.push([ref, row])
    this.#answerBytes += ANSWER_BYTES + row.length
    this.#rowBytesMax = Math.max(this.#rowBytesMax, row.length)
  }

  /** True when the journal record has no room for more answers, should rows that are waited for be as large as the largest so far. */
  isFullWith(rows: number): boolean {
    return this.#answerBytes + rows * (this.#rowBytesMax === 0 ? ROW_BYTES_MAX : this.#rowBytesMax) >= ANSWER_BYTES_PER_BATCH_MAX
  }

  drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
  }

  /** An entity moved between configurations; undefined: it did not exist, or no longer does. */
  moved(from: string | undefined, to: string | undefined): void {
    if (from === to) return
    if (from !== undefined) this.occupancy.set(from, (this.occupancy.get(from) ?? 0) - 1)
    if (to !== undefined) this.occupancy.set(to, (this.occupancy.get(to) ?? 0) + 1)
  }
}

