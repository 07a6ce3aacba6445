// StateStore: where a partition finds the newest stored state of an entity, and learns what is armed.
//
// Owns nothing durable. Two kinds: the state topic read by key where the medium can, else the snapshot cache in front of a scan.
//
// Z1. A load answers the newest state on the state topic, or says that the entity has none. Never an older one (I6).
// Z2. Damaged durable bytes stop the partition; damaged cached bytes only cost a rebuild.
import { crc32c } from '../protocol/checksum.ts'
import { OperationError } from '../protocol/failures.ts'
import { PARTITION_KEY } from '../protocol/ids.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { utf8Decode, utf8Encode, equalBytes } from '../protocol/utf8.ts'
import { headerOf } from '../protocol/record.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import type { KeyedReads } from '../ports/log.ts'
import type { Due } from './due-index.ts'
import type { JournalRecord } from './journal.ts'
import { ARMED_HEADER, readArmed, readPartitionRecord, readStateHeader } from './states.ts'
import type { PartitionRecord } from './states.ts'
import type { TypePlan } from './topology.ts'

export interface StoredState {
  readonly seq: number
  readonly value: Uint8Array
}

/** What is armed by an entity as of commit `seq`. */
export interface Armed {
  readonly seq: number
  readonly dues: readonly Due[]
}

/** A state written by a commit that was done; null: a tombstone. */
export interface WrittenState {
  readonly id: EntityId
  readonly state: StoredState | null
  /** What it has armed, as in the record's header; undefined: nothing. */
  readonly armed: Uint8Array | undefined
}

/** Where the state topic stood before a commit, from where a bucket at an older mark is caught up, and whose tombstones the commit wrote. */
export interface StateStart {
  readonly seq: number
  readonly stateFrom: number
  /** Undefined: the journal does not say. */
  readonly tombstones: readonly EntityId[] | undefined
}

export interface StateStore {
  /** Cache buckets; 0: none are used. */
  readonly buckets: number
  bucketOf(id: EntityId): number
  load(ids: readonly EntityId[]): Promise<ReadonlyMap<EntityId, StoredState>>
  armed(): Promise<readonly Armed[]>
  /** `newest`: journal record that says where it stands in the state topic, or earlier. Asked before anything else of the partition's states. */
  partitionRecord(newest: JournalRecord): Promise<{ readonly seq: number; readonly record: PartitionRecord } | undefined>
  /** After takeover: newest commit that wrote states of each bucket, and the journal records above the floor, in order. */
  expect(life: string, marks: readonly number[], journal: readonly StateStart[]): void
  /** After a commit that was done, never after another outcome. `end`: of the state topic after it. Must not wait for the cache. */
  written(seq: number, states: readonly WrittenState[], end: number): void
  /** True when the newest state can be found again although the entity leaves memory. */
  mayLeave(id: EntityId): boolean
  /** Waits for what is in flight (draining). */
  flush(): Promise<void>
}

/** States read by key from the state topic itself: needs no cache and no marks. */
export function keyedStateStore(keyed: KeyedReads, codec: Codec, plan: TypePlan, partition: number): StateStore {
  return {
    buckets: 0,
    bucketOf: () => 0,
    load: async (ids) => {
      const found = new Map<EntityId, StoredState>()
      const records = await keyed.get(plan.state, partition, ids.map((id) => utf8Encode(id)))
      records.forEach((record, index) => {
        const id = ids[index]
        if (id === undefined || record?.value === undefined || record.value === null) return
        found.set(id, durableState(codec, plan, partition, record, record.value))
      })
      return found
    },
    armed: async () => armedOf(codec, await keyed.armed(plan.state, partition)),
    partitionRecord: async () => {
      const [record] = await keyed.get(plan.state, partition, [PARTITION_KEY])
      return record === undefined ? undefined : partitionState(codec, record)
    },
    expect: () => {},
    written: () => {},
    mayLeave: () => true,
    flush: async () => {},
  }
}

/** A state as the state topic holds it; damage there is not survivable (Z2). */
export function durableState(codec: Codec, plan: TypePlan, partition: number, record: LogRecord, value: Uint8Array): StoredState {
  const header = readStateHeader(codec, record)
  if (header !== undefined && header.crc === crc32c(value)) return { seq: header.seq, value }
  throw new OperationError('state/damaged', `topic ${plan.state}, partition ${partition}, offset ${record.offset}: the stored state is damaged (checksum). Restore the data from a backup, or rebuild the state topic from the journal.`)
}

export function armedOf(codec: Codec, records: readonly LogRecord[]): readonly Armed[] {
  const armed: Armed[] = []
  for (const record of records) {
    const text = record.key === null || equalBytes(record.key, PARTITION_KEY) ? undefined : utf8Decode(record.key)
    const entity = text === undefined ? undefined : parseEntityId(text)
    const header = readStateHeader(codec, record)
    if (entity === undefined || header === undefined) continue
    const dues = readArmed(codec, entity, headerOf(record.headers, ARMED_HEADER))
    if (dues.length > 0) armed.push({ seq: header.seq, dues })
  }
  return armed
}

export function partitionState(codec: Codec, record: LogRecord): { readonly seq: number; readonly record: PartitionRecord } | undefined {
  const header = readStateHeader(codec, record)
  const value = readPartitionRecord(codec, record)
  return header === undefined || value === undefined ? undefined : { seq: header.seq, record: value }
}
