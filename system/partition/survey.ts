// Survey: what the partition record and the journal's tail say without folding anything: occupancy, bucket marks, parked entities, where the fold begins.
//
// Owns nothing. `recovery.ts` folds what the survey found, `parking.ts` takes an entity out of it.
import type { EntityId } from '../protocol/ids.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { decodeJournal } from './journal.ts'
import type { JournalRecord } from './journal.ts'
import { Gone, recordsUpTo } from './range-reading.ts'
import { renumbered } from './renumber.ts'
import type { ParkedEntry } from './states.ts'
import type { StateStart, StateStore } from './state-store.ts'
import type { TypePlan } from './topology.ts'

export interface Place {
  readonly log: Log
  readonly codec: Codec
  readonly plan: TypePlan
  readonly partition: number
}

export interface TailRecord {
  readonly record: JournalRecord
  readonly offset: number
}

/** An entity that could not be folded: its inputs of the commits [from, to) are passed over. */
export interface Unfolded {
  readonly from: number
  readonly to: number
  /** They are not even decoded. */
  readonly isUndecodable: boolean
}

export interface Survey {
  /** Entities per configuration at the end of the journal. */
  readonly occupancy: ReadonlyMap<string, number>
  /** Newest commit that wrote states of each cache bucket. */
  readonly marks: readonly number[]
  readonly parked: ReadonlyMap<EntityId, ParkedEntry>
  /** Records from the floor on, in order; read again at each call. */
  tail(): AsyncGenerator<TailRecord>
  readonly starts: readonly StateStart[]
  /** An entity came to its end in the tail. */
  readonly hasEnds: boolean
  readonly unfolded: ReadonlyMap<EntityId, readonly Unfolded[]>
}

/** Reads the tail of the journal from the floor of its newest record, or all of it. Throws Gone. */
export async function surveyed(place: Place, states: StateStore, last: JournalRecord, journalEnd: number, fromStart: boolean): Promise<Survey> {
  const { log, codec, plan, partition } = place
  const partitionState = fromStart ? undefined : await states.partitionRecord(last)
  const marks = Array.from({ length: states.buckets }, (_, bucket) => partitionState?.record.marks[bucket] ?? 0)
  const occupancy = new Map(partitionState?.record.occupancy)
  const parked = new Map(partitionState?.record.parked)
  const unfolded = new Map<EntityId, readonly Unfolded[]>()
  const starts: StateStart[] = []
  let hasEnds = false
  const from = fromStart ? await log.offsetsAt(plan.journal, partition, 'earliest') : last.floor.offset
  const tail = (): AsyncGenerator<TailRecord> => journalRecords(log, codec, plan, partition, from, journalEnd)
  for await (const entry of tail()) {
    const { record } = entry
    if (record.life !== last.life) throw new Gone(`the journal of ${plan.group}/${partition} holds records of two lives; the newer begins after offset ${entry.offset}`)
    starts.push({ seq: record.seq, stateFrom: record.stateFrom, tombstones: record.tombstones })
    hasEnds ||= record.timers.some(({ due }) => due.kind === 3)
    for (const { entity, unfoldedFrom: from, isUndecodable = false } of record.parked) {
      if (from !== undefined) unfolded.set(entity, [...(unfolded.get(entity) ?? []), { from, to: record.seq, isUndecodable }])
    }
    if (record.seq <= (partitionState?.seq ?? -1)) continue
    for (const bucket of record.saved) if (bucket < marks.length) marks[bucket] = record.seq
    addCounts(occupancy, record.occupancy)
    addParked(parked, record)
  }
  return { occupancy, marks, parked, tail, starts, hasEnds, unfolded }
}

/** Adds changes to counts; a count of 0 goes. */
export function addCounts(counts: Map<string, number>, changes: ReadonlyMap<string, number>): void {
  for (const [name, change] of changes) {
    const count = (counts.get(name) ?? 0) + change
    if (count === 0) counts.delete(name)
    else counts.set(name, count)
  }
}

export function addParked(index: Map<EntityId, ParkedEntry>, { seq, parked }: Pick<JournalRecord, 'seq' | 'parked'>): void {
  for (const { entity, count, bytes, unfoldedFrom } of parked) {
    // What could not be folded is put aside anew, with what stood there (K3 of `parking.ts`).
    const known = unfoldedFrom === undefined ? index.get(entity) : undefined
    index.set(entity, { firstSeq: known?.firstSeq ?? seq, count: (known?.count ?? 0) + count, bytes: (known?.bytes ?? 0) + bytes })
  }
}

/** The newest journal record, looked for backwards: the log's end may hold markers. */
export async function lastRecord(log: Log, codec: Codec, plan: TypePlan, partition: number, end: number): Promise<JournalRecord | undefined> {
  const earliest = await log.offsetsAt(plan.journal, partition, 'earliest')
  for (let back = 1; end > earliest; back *= 8) {
    const from = Math.max(earliest, end - back)
    let newest: JournalRecord | undefined
    for await (const { record } of journalRecords(log, codec, plan, partition, from, end)) newest = record
    if (newest !== undefined || from === earliest) return newest
  }
  return undefined
}

export async function* journalRecords(log: Log, codec: Codec, plan: TypePlan, partition: number, from: number, end: number): AsyncGenerator<TailRecord> {
  for await (const records of recordsUpTo(log, plan.journal, partition, from, end)) {
    for (const record of records) {
      const journal = record.value === null ? undefined : decodeJournal(codec, record.value)
      if (journal === undefined) throw new Gone(`topic ${plan.journal}, partition ${partition}, offset ${record.offset}: not a journal record this release can read`)
      yield { record: renumbered(journal, plan.inputs), offset: record.offset }
    }
  }
}
