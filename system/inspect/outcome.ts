// Outcome: what became of a command, read from the log by a caller that runs no partition.
//
// Z1. An answer follows from a commit: the journal's position has passed the command.
// Z2. A reply is told only where the definitions at hand are those that gave it: it may have to be folded again.
import { deadLetterTopic } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { FailureClass } from '../protocol/failures.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { inputRef } from '../partition/arrivals.ts'
import { readDeadLetter } from '../partition/dead-letters.ts'
import { commandKey } from '../partition/entity.ts'
import type { JournalRecord, Verdict } from '../partition/journal.ts'
import { journalRecords } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import { entityAtEnd } from './query.ts'
import type { Looking } from './shown-states.ts'

/** Where a command stands in the inbox of its entity's type. */
export interface SentCommand {
  readonly id: string
  readonly entity: EntityId
  readonly partition: number
  readonly offset: number
  /** End of the partition's journal before the command was appended. */
  readonly journalFrom: number
  /** `eventSum` of its event. */
  readonly sum: number
}

export type Outcome =
  | { readonly kind: 'waiting' }
  /** `value` is null when the machine gave none. */
  | { readonly kind: 'reply'; readonly seq: number; readonly value: unknown }
  | Refusal
  /** Consumed by another version of the definitions than the one at hand. */
  | { readonly kind: 'other-code'; readonly seq: number; readonly code: string }
  /** Under its id another event was sent before; nothing came of this one. */
  | { readonly kind: 'other-event'; readonly seq: number }
  /** Consumed, and nothing is known of it: the entity has come to its end, or the command was refused when it was first sent. */
  | { readonly kind: 'unknown'; readonly seq: number }

export interface Refusal {
  readonly kind: 'refused'
  readonly seq: number
  readonly class: FailureClass
  readonly message: string
  readonly letter: Letter | undefined
}

/** Where its dead letter stands. */
export interface Letter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** How many of the newest dead letters are looked through. */
const LETTERS_MAX = 1000
const LETTER_BYTES_MAX = 1 << 20

/** Throws OperationError: history gone, a damaged state, a log that cannot be read by key. */
export async function outcomeOf(looking: Looking, plan: TypePlan, command: SentCommand): Promise<Outcome> {
  const { log, codec } = looking
  const consumed = await consumedBy(log, codec, plan, command)
  if (consumed === undefined) return { kind: 'waiting' }
  const { seq, code } = consumed
  const refusal = await refusalBy(log, plan, command, consumed)
  if (refusal !== undefined) return refusal
  if (code !== plan.code) return { kind: 'other-code', seq, code }
  const { entity } = await entityAtEnd(looking, plan, command.partition, command.entity)
  const seen = entity?.seen.find(({ key }) => key === commandKey(command.id))
  if (seen?.sum !== undefined && seen.sum !== command.sum) return { kind: 'other-event', seq }
  return seen?.reply === undefined ? { kind: 'unknown', seq } : { kind: 'reply', seq, value: seen.reply }
}

/** What became of a command to which no reply is known, without looking for one. */
export async function outcomeWithoutReply(log: Log, codec: Codec, plan: TypePlan, command: SentCommand): Promise<Exclude<Outcome, { readonly kind: 'reply' | 'other-code' | 'other-event' }>> {
  const consumed = await consumedBy(log, codec, plan, command)
  if (consumed === undefined) return { kind: 'waiting' }
  return (await refusalBy(log, plan, command, consumed)) ?? { kind: 'unknown', seq: consumed.seq }
}

type Consumed = Pick<JournalRecord, 'seq' | 'code'> & { readonly verdict: Verdict | undefined }

async function refusalBy(log: Log, plan: TypePlan, command: SentCommand, { seq, verdict }: Consumed): Promise<Refusal | undefined> {
  if (verdict === undefined) return undefined
  const letter = await letterOf(log, plan, command)
  return { kind: 'refused', seq, class: verdict.class, message: letter?.message ?? '', letter: letter?.at }
}

async function consumedBy(log: Log, codec: Codec, plan: TypePlan, { partition, offset, journalFrom }: SentCommand): Promise<Consumed | undefined> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  const ref = inputRef(plan.inputs, plan.inbox, offset)
  for await (const { record } of journalRecords(log, codec, plan, partition, journalFrom, end)) {
    if ((record.positions.get(plan.inbox) ?? 0) > offset) return { seq: record.seq, code: record.code, verdict: record.verdicts.find(({ input }) => input === ref) }
  }
  return undefined
}

async function letterOf(log: Log, plan: TypePlan, { partition, offset }: SentCommand): Promise<{ readonly message: string; readonly at: Letter } | undefined> {
  const topic = deadLetterTopic(plan.inbox)
  const end = await log.offsetsAt(topic, partition, 'latest')
  const from = Math.max(await log.offsetsAt(topic, partition, 'earliest'), end - LETTERS_MAX)
  // In pieces, so that others have their turn meanwhile.
  for (let at = from; at < end;) {
    const range = await log.read(topic, partition, at, end, { recordsMax: LETTERS_MAX, bytesMax: LETTER_BYTES_MAX })
    for (const record of range.records) {
      const info = readDeadLetter(record)
      if (info?.topic === plan.inbox && info.partition === partition && info.offset === offset) return { message: info.message, at: { topic, partition, offset: record.offset } }
    }
    if (range.to <= at) return undefined
    at = range.to
  }
  return undefined
}
