// Parking: an entity is taken out of the fold; its events are put aside by value on `<app>.<type>.parked`, in order, until someone decides.
//
// K1. Every event that comes for a parked entity is in its parked records, or over the bound in a dead letter: never both, never neither (I1).
// K2. An entity that recovery cannot fold keeps its last good state; its inputs since then are parked as `refold`: their outputs stand already.
// K3. Where it stood parked already, what was put aside meanwhile was never applied: it is put aside anew behind those, without `refold`. Only records
//     from the `firstSeq` of its entry on count.
import { PARKED_BYTES_MAX, PARKED_ENTITIES_MAX, PARKED_PER_ENTITY_MAX } from '../protocol/limits.ts'
import { parkedTopic } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { equalBytes, utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { Failure } from '../protocol/failures.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord, OutRecord } from '../protocol/record.ts'
import type { Log } from '../ports/log.ts'
import { inputRef } from './arrivals.ts'
import type { ParkedDraft, Subject } from './batch.ts'
import { deadLetterRecord, reread } from './dead-letters.ts'
import type { PartitionDeps } from './deps.ts'
import { blankEntity, decodeEntity } from './entity.ts'
import type { Entity } from './entity.ts'
import type { InputRef } from './journal.ts'
import { TipBroken } from './journal-tip.ts'
import type { JournalTip, TipChange } from './journal-tip.ts'
import { readRange, recordsUpTo } from './range-reading.ts'
import { partitionRecord, stateRecord, stateStamp } from './states.ts'
import type { StateStore } from './state-store.ts'
import { Escalation } from './supervision.ts'
import type { Survey } from './survey.ts'
import { NO_SUSPECTS } from './suspicion.ts'
import { tombstones } from './tombstones.ts'
import type { TypePlan } from './topology.ts'

export const PARKED_HEADER = 'statelog-parked'

/** What a parked record says about itself: JSON in one header. */
export interface ParkedInfo {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Commit that parked it. */
  readonly seq: number
  /** Its outputs were committed before: a redrive folds it and writes nothing. */
  readonly refold: boolean
}

/** A record put aside, bytes and headers as they were. */
export function parkedRecord(plan: TypePlan, partition: number, entity: EntityId, original: LogRecord, info: ParkedInfo, nowMs: number): OutRecord {
  return {
    topic: parkedTopic(plan.app, plan.definition.name), partition, key: utf8Encode(entity), value: original.value,
    headers: [[PARKED_HEADER, utf8Encode(JSON.stringify(info))], ...original.headers], timestampMs: nowMs,
  }
}

/** The record of an event that a batch puts aside. Reads the original bytes again when the input was held. */
export async function parkedDraftRecord(log: Log, plan: TypePlan, partition: number, { subject, entity }: ParkedDraft, seq: number, nowMs: number): Promise<OutRecord> {
  const original = subject.record ?? (await reread(log, subject.topic, partition, subject.offset))
  const info = { topic: subject.topic, partition, offset: subject.offset, seq, refold: false }
  return parkedRecord(plan, partition, entity, original ?? { offset: subject.offset, key: null, value: null, headers: [], timestampMs: nowMs }, info, nowMs)
}

/** What a parked record says about itself; undefined: the record is none. */
export function readParked(record: LogRecord): ParkedInfo | undefined {
  const header = headerOf(record.headers, PARKED_HEADER)
  const text = header === undefined ? undefined : utf8Decode(header)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as ParkedInfo
  } catch {
    return undefined
  }
}

/** Room for one more event of an entity that holds so many already. */
export function hasRoom(held: { readonly count: number; readonly bytes: number } | undefined, bytes: number): boolean {
  return held === undefined || (held.count < PARKED_PER_ENTITY_MAX && held.bytes + bytes <= PARKED_BYTES_MAX)
}

export interface Unfoldable {
  readonly entity: EntityId
  readonly failure: Failure
  /** Commit whose fold failed; undefined: the newest state itself is what fails. */
  readonly seq: number | undefined
  /** Not its fold: decoding its inputs. */
  readonly isUndecodable?: boolean
  /** Inputs that the log does not take once they say where they stood: they become dead letters. */
  readonly tooLarge?: ReadonlySet<InputRef>
}

/**
 * Parks an entity whose inputs since its last stored state cannot be folded, or whose newest state cannot be stored (K2): one commit. Answers which inputs
 * the log did not take; then nothing was done.
 */
export async function parkUnfoldable(deps: PartitionDeps, tip: JournalTip, states: StateStore, survey: Survey, partition: number, unfoldable: Unfoldable): Promise<readonly InputRef[]> {
  const { plan, codec, log } = deps
  const nowMs = Math.max(deps.clock.nowMs(), tip.last.nowMs)
  const seq = tip.last.seq + 1
  // As for an entity that a batch would park.
  if (!survey.parked.has(unfoldable.entity) && survey.parked.size >= PARKED_ENTITIES_MAX) throw tooManyParked(unfoldable.entity, unfoldable.failure, unfoldable.entity)
  const entity = await lastGood(deps, states, survey, partition, unfoldable.entity)
  const from = entity.seq + 1
  // Its state may contain an input already that cannot even be decoded any more.
  const unfoldedFrom = unfoldable.isUndecodable === true ? Math.min(from, unfoldable.seq ?? from) : from
  const inputs = await inputsSince(deps, survey, partition, unfoldable.entity, from)
  const applied = inputs.filter(({ isAside }) => !isAside)
  const guilty = applied.find((input) => input.seq === unfoldable.seq) ?? applied.at(-1)
  const subject: Subject = guilty === undefined ? { kind: 'timer', cause: `fold-${unfoldable.seq ?? tip.last.seq}`, event: { type: 'fold' } } : { kind: 'record', topic: guilty.topic, partition, offset: guilty.record.offset, record: guilty.record }
  const letter = await deadLetterRecord(log, plan, partition, { subject, entity: entity.id, failure: unfoldable.failure, directive: 'park' }, nowMs)
  const all = [...applied, ...inputs.filter(({ isAside }) => isAside)]
  const kept = withRoom(all.filter(({ ref }) => unfoldable.tooLarge?.has(ref) !== true))
  const isKept = new Set(kept)
  // The guilty one has its letter.
  const left = all.filter((input) => input !== guilty && !isKept.has(input))
  const over = await Promise.all(left.map(({ topic, record, ref }) => deadLetterRecord(log, plan, partition, { subject: { kind: 'record', topic, partition, offset: record.offset, record }, entity: entity.id, failure: unfoldable.tooLarge?.has(ref) === true ? TOO_LARGE : OVER, directive: 'skip' }, nowMs)))
  const parked = kept.map(({ topic, record, isAside }) => parkedRecord(plan, partition, entity.id, record, { topic, partition, offset: record.offset, seq, refold: !isAside }, nowMs))
  const change = { entity: entity.id, count: parked.length, bytes: parked.reduce((sum, record) => sum + (record.value?.length ?? 0), 0), unfoldedFrom, isUndecodable: unfoldable.isUndecodable === true }
  entity.parked = { class: unfoldable.failure.class, unfolded: [unfoldedFrom, tip.last.seq] }
  const saved = states.buckets === 0 ? [] : [states.bucketOf(entity.id)]
  const marks = survey.marks.map((mark, bucket) => (saved.includes(bucket) ? seq : mark))
  const index = new Map(survey.parked).set(entity.id, { firstSeq: seq, count: change.count, bytes: change.bytes })
  const before = 1 + over.length
  return refusedOf(tip, kept.map(({ ref }) => ref), before, {
    kind: 'park', suspects: NO_SUSPECTS, parked: [change], saved, hasPartition: true,
    verdicts: [{ input: guilty === undefined ? `fold-${unfoldable.seq ?? tip.last.seq}` : guilty.ref, class: unfoldable.failure.class, directive: 'park' }],
    records: [
      letter, ...over, ...parked, stateRecord(codec, plan, partition, entity, stateStamp(codec, plan, { life: tip.last.life, seq, nowMs })),
      partitionRecord(codec, plan, partition, { occupancy: survey.occupancy, marks, parked: index }, { life: tip.last.life, seq, nowMs }),
    ],
  })
}

/** Commits; answers whose records the log refuses, of those that stand behind `before` others. */
async function refusedOf(tip: JournalTip, refs: readonly InputRef[], before: number, change: TipChange): Promise<readonly InputRef[]> {
  try {
    await tip.write(change)
    return []
  } catch (thrown) {
    const indexes = new Set(thrown instanceof TipBroken && thrown.outcome.kind === 'rejected' ? thrown.outcome.records : [])
    const refused = refs.filter((_, at) => indexes.has(before + at))
    if (refused.length === 0) throw thrown
    return refused
  }
}

/** As many as there is room for, from the first on. */
function withRoom(inputs: readonly UnfoldedInput[]): readonly UnfoldedInput[] {
  const held = { count: 0, bytes: 0 }
  for (const { record } of inputs) {
    const bytes = record.value?.length ?? 0
    if (!hasRoom(held, bytes)) break
    held.count += 1
    held.bytes += bytes
  }
  return inputs.slice(0, held.count)
}

/** No entity more may be taken out of the fold: the partition stops instead. */
export function tooManyParked(ref: InputRef, failure: Failure, entity: EntityId): Escalation {
  return new Escalation('escalate', ref, entity, { class: 'size', message: `${PARKED_ENTITIES_MAX} entities are parked already; the next would be for: ${failure.message}`, stage: 'park' })
}

const OVER: Failure = { class: 'size', message: `more than ${PARKED_PER_ENTITY_MAX} events are parked for the entity`, stage: 'park' }
const TOO_LARGE: Failure = { class: 'size', message: 'the log does not take the event as one that is put aside', stage: 'park' }

async function lastGood({ codec, log, plan }: PartitionDeps, states: StateStore, survey: Survey, partition: number, id: EntityId): Promise<Entity> {
  const stored = (await states.load([id])).get(id)
  if (stored !== undefined) {
    const read = decodeEntity(codec, plan.definition, id, stored.seq, stored.value)
    return read.kind === 'ok' ? read.entity : blankEntity(id)
  }
  // Its tombstone is a state too: what came before belongs to a life that is over.
  const gone = await tombstones({ log, plan, partition }, survey, await log.offsetsAt(plan.state, partition, 'latest'))
  return blankEntity(id, { seq: gone.get(id) ?? 0 })
}

interface UnfoldedInput {
  readonly seq: number
  readonly topic: string
  readonly ref: InputRef
  readonly record: LogRecord
  /** Put aside when it came, not applied (K3). */
  readonly isAside: boolean
}

/** The entity's inputs of commits from `from` on that were not refused: undecoded, found by their key. */
async function inputsSince({ log, plan }: PartitionDeps, survey: Survey, partition: number, id: EntityId, from: number): Promise<readonly UnfoldedInput[]> {
  const key = utf8Encode(id)
  const found: UnfoldedInput[] = []
  const aside = survey.parked.has(id) ? await asideOf(log, plan, partition, key) : new Set()
  for await (const { record: { seq, inputs, verdicts } } of survey.tail()) {
    if (seq < from) continue
    const refused = new Set(verdicts.map(({ input }) => input))
    for (const range of inputs) {
      const isAll = plan.definition.entityOfAll === id && range.topic !== plan.inbox
      for (const record of (await readRange(log, partition, range)).records) {
        const ref = inputRef(plan.inputs, range.topic, record.offset)
        const isOwn = isAll || (record.key !== null && equalBytes(record.key, key))
        if (isOwn && !refused.has(ref)) found.push({ seq, topic: range.topic, ref, record, isAside: aside.has(ref) })
      }
    }
  }
  return found
}

/** What was put aside for the entity so far. */
async function asideOf(log: Log, plan: TypePlan, partition: number, key: Uint8Array): Promise<ReadonlySet<InputRef>> {
  const topic = parkedTopic(plan.app, plan.definition.name)
  const found = new Set<InputRef>()
  const end = await log.offsetsAt(topic, partition, 'latest')
  for await (const records of recordsUpTo(log, topic, partition, await log.offsetsAt(topic, partition, 'earliest'), end)) {
    for (const record of records) {
      const info = record.key !== null && equalBytes(record.key, key) ? readParked(record) : undefined
      if (info !== undefined) found.add(inputRef(plan.inputs, info.topic, info.offset))
    }
  }
  return found
}
