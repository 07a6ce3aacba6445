// Dead letters: a refused input with its cause and bytes, on `<topic>.dlq`, in the commit that refused it (I8).
import { DEAD_LETTER_BYTES_MAX, DEAD_LETTER_TEXT_MAX } from '../protocol/limits.ts'
import { deadLetterTopic } from '../protocol/ids.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import { utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { Directive, FailureClass } from '../protocol/failures.ts'
import { headerOf } from '../protocol/record.ts'
import type { Header, LogRecord, OutRecord } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import type { DeadLetterDraft } from './batch.ts'
import { assertShown } from './range-reading.ts'
import type { TypePlan } from './topology.ts'

export const DEAD_LETTER_HEADER = 'statelog-dead-letter'

/** What a dead letter says about itself: JSON in one header, so that any client can show it. */
export interface DeadLetterInfo {
  readonly class: FailureClass
  readonly message: string
  readonly stack: string | undefined
  readonly stage: string
  readonly directive: Directive
  /** Consumer group that refused it. */
  readonly group: string
  readonly entity: string | undefined
  /** Where the input stood; a timer has a cause instead of an offset. */
  readonly topic: string
  readonly partition: number
  readonly offset: number | undefined
  readonly timer: string | undefined
  readonly attempts: number
  readonly firstMs: number
  readonly lastMs: number
  /** Size of the original value, bytes; the letter keeps the first 64 KiB, and names the digest of all when there was more. */
  readonly bytes: number
  readonly sha256: string | undefined
  /** Headers of the original that the letter has no room for; absent: it has them all. */
  readonly headersLeftOut?: number
}

/** The record of a dead letter. Reads the original bytes again when the input was held. */
export async function deadLetterRecord(log: Log, plan: TypePlan, partition: number, draft: DeadLetterDraft, nowMs: number): Promise<OutRecord> {
  const { subject, failure } = draft
  const topic = subject.kind === 'record' ? subject.topic : plan.inbox
  const original = subject.kind === 'record' ? subject.record ?? (await reread(log, subject.topic, partition, subject.offset)) : undefined
  const value = subject.kind === 'timer' ? utf8Encode(JSON.stringify(subject.event)) : original?.value ?? null
  const isCut = value !== null && value.length > DEAD_LETTER_BYTES_MAX
  const headers = headersWithin(original?.headers ?? [], DEAD_LETTER_BYTES_MAX)
  const leftOut = (original?.headers.length ?? 0) - headers.length
  const info: DeadLetterInfo = {
    class: failure.class, message: failure.message.slice(0, DEAD_LETTER_TEXT_MAX), stack: failure.stack?.slice(0, DEAD_LETTER_TEXT_MAX), stage: failure.stage,
    directive: draft.directive, group: plan.group, entity: draft.entity, topic, partition,
    offset: subject.kind === 'record' ? subject.offset : undefined,
    timer: subject.kind === 'timer' ? subject.cause : undefined,
    attempts: 1, firstMs: nowMs, lastMs: nowMs,
    bytes: value?.length ?? 0, sha256: isCut ? sha256Hex(value) : undefined, ...(leftOut > 0 ? { headersLeftOut: leftOut } : {}),
  }
  return {
    topic: deadLetterTopic(topic), partition,
    key: original?.key ?? (draft.entity === undefined ? null : utf8Encode(draft.entity)),
    value: isCut ? value.slice(0, DEAD_LETTER_BYTES_MAX) : value,
    headers: [[DEAD_LETTER_HEADER, utf8Encode(JSON.stringify(info).toWellFormed())], ...headers],
    timestampMs: nowMs,
  }
}

/** Those that fit: a letter must not be larger than what the log has just taken. */
function headersWithin(headers: readonly Header[], bytesMax: number): readonly Header[] {
  let bytes = 0
  return headers.filter(([name, value]) => {
    const more = name.length * 3 + value.length
    if (bytes + more > bytesMax) return false
    bytes += more
    return true
  })
}

/** The bytes of an input that was held since: they stand where they stood. Undefined: they were removed. Throws Unreachable while they are not shown (W1). */
export async function reread(log: Log, topic: string, partition: number, offset: number): Promise<LogRecord | undefined> {
  const range = await log.read(topic, partition, offset, offset + 1, { recordsMax: 1, bytesMax: Infinity })
  if (range.to <= offset) await assertShown(log, topic, partition, offset)
  return range.records[0]
}

/** What a dead letter says about itself; undefined: the record is none. */
export function readDeadLetter(record: LogRecord): DeadLetterInfo | undefined {
  const header = headerOf(record.headers, DEAD_LETTER_HEADER)
  const text = header === undefined ? undefined : utf8Decode(header)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as DeadLetterInfo
  } catch {
    return undefined
  }
}
