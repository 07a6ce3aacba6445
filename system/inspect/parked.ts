// Parked: which entities of a partition are taken out of the fold, why, and what is put aside for them. From the log alone; commits nothing.
//
// P1. An answer is that of one moment: what is put aside while it is read is left out.
import { deadLetterTopic, parkedTopic } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { OperationError } from '../protocol/failures.ts'
import type { FailureClass } from '../protocol/failures.ts'
import { equalBytes, utf8Decode, utf8Encode } from '../protocol/utf8.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { readDeadLetter } from '../partition/dead-letters.ts'
import type { DeadLetterInfo } from '../partition/dead-letters.ts'
import { decodeEntity } from '../partition/entity.ts'
import { readParked } from '../partition/parking.ts'
import type { ParkedInfo } from '../partition/parking.ts'
import { Gone } from '../partition/range-reading.ts'
import type { StateStore } from '../partition/state-store.ts'
import type { ParkedEntry } from '../partition/states.ts'
import { lastRecord, surveyed } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import { statesOf } from './query.ts'
import { onceShown } from './shown-states.ts'
import type { Looking } from './shown-states.ts'
import { recordsIn } from './topic-records.ts'

export interface ParkedEntity {
  readonly type: string
  readonly id: EntityId
  readonly partition: number
  /** Undefined where its dead letter has expired and its state was not stored since. */
  readonly class: FailureClass | undefined
  /** Commit that parked it. */
  readonly sinceSeq: number
  /** Time of that commit; undefined where the dead letter has expired. */
  readonly sinceMs: number | undefined
  /** Put aside for it, and the bytes of their values. */
  readonly events: number
  readonly bytes: number
  /** How many of the events were applied before it could not be folded any more: their outputs stand. */
  readonly refold: number
  /** What it was parked for. */
  readonly cause: ParkingLetter | undefined
}

/** A dead letter whose directive was `park`, and where it stands. */
export interface ParkingLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly info: DeadLetterInfo
}

export interface PutAside {
  /** As it stands on the topic of parked events: bytes and headers as they came, and when it was put aside. */
  readonly record: LogRecord
  /** Where it came from. */
  readonly info: ParkedInfo
}

type Index = ReadonlyMap<EntityId, ParkedEntry>

/** By id. Throws OperationError: history gone, a damaged state, a log that cannot be read by key. */
export async function parkedEntities(looking: Looking, plan: TypePlan, partition: number): Promise<readonly ParkedEntity[]> {
  const { log, codec } = looking
  const states = statesOf(looking, plan, partition)
  const index = await onceShown(looking.clock, () => indexOf(log, codec, plan, partition, states))
  if (index.size === 0) return []
  const letters = await parkingLetters(log, plan, partition, index)
  const refolds = await refoldsOf(log, plan, partition, index)
  const found: ParkedEntity[] = []
  for (const [id, { firstSeq, count, bytes }] of index) {
    const cause = letters.get(id)
    found.push({
      type: plan.definition.name, id, partition, class: cause?.info.class ?? (await storedClass(states, codec, plan, id)), sinceSeq: firstSeq, sinceMs: cause?.info.lastMs,
      events: count, bytes, refold: refolds.get(id) ?? 0, cause,
    })
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** What is put aside for the entity, in the order in which it came. */
export async function* putAside(log: Log, plan: TypePlan, { id, partition, sinceSeq, events }: ParkedEntity): AsyncGenerator<PutAside> {
  const key = utf8Encode(id)
  let left = events
  if (left === 0) return
  for await (const one of asideIn(log, plan, partition)) {
    if (one.info.seq < sinceSeq || one.record.key === null || !equalBytes(one.record.key, key)) continue
    yield one
    left -= 1
    if (left === 0) return
  }
}

async function indexOf(log: Log, codec: Codec, plan: TypePlan, partition: number, states: StateStore): Promise<Index> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  try {
    const last = await lastRecord(log, codec, plan, partition, end)
    return last === undefined ? new Map() : (await surveyed({ log, codec, plan, partition }, states, last, end, false)).parked
  } catch (thrown) {
    if (thrown instanceof Gone) throw new OperationError('history-gone', thrown.message)
    throw thrown
  }
}

/** The newest of each entity. */
async function parkingLetters(log: Log, plan: TypePlan, partition: number, index: Index): Promise<ReadonlyMap<EntityId, ParkingLetter>> {
  const found = new Map<EntityId, ParkingLetter>()
  for (const topic of plan.inputs.map(deadLetterTopic)) {
    for await (const record of recordsIn(log, topic, partition)) {
      const info = readDeadLetter(record)
      const id = info?.entity as EntityId | undefined
      if (info === undefined || id === undefined || info.directive !== 'park' || info.group !== plan.group || !index.has(id)) continue
      if ((found.get(id)?.info.lastMs ?? -Infinity) <= info.lastMs) found.set(id, { topic, partition, offset: record.offset, info })
    }
  }
  return found
}

async function refoldsOf(log: Log, plan: TypePlan, partition: number, index: Index): Promise<ReadonlyMap<EntityId, number>> {
  const counts = new Map<EntityId, number>()
  for await (const { record, info } of asideIn(log, plan, partition)) {
    const id = utf8Decode(record.key ?? new Uint8Array()) as EntityId | undefined
    const entry = id === undefined ? undefined : index.get(id)
    if (id !== undefined && entry !== undefined && info.refold && info.seq >= entry.firstSeq) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

async function* asideIn(log: Log, plan: TypePlan, partition: number): AsyncGenerator<PutAside> {
  for await (const record of recordsIn(log, parkedTopic(plan.app, plan.definition.name), partition)) {
    const info = readParked(record)
    if (info !== undefined) yield { record, info }
  }
}

async function storedClass(states: StateStore, codec: Codec, plan: TypePlan, id: EntityId): Promise<FailureClass | undefined> {
  const stored = (await states.load([id])).get(id)
  const read = stored === undefined ? undefined : decodeEntity(codec, plan.definition, id, stored.seq, stored.value)
  return read?.kind === 'ok' ? read.entity.parked?.class : undefined
}
