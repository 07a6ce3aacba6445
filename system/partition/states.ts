// States: snapshots as records of the state topic, and what reading them back needs.
//
// Owns: the record's form. `state-store.ts` finds them, `snapshots.ts` decides which are written when.
//
// T1. A state record carries life, seq, code and a checksum: damage and foreign lives are seen before anything is trusted.
// T2. What is armed stands in a header, so that due indexes are rebuilt without decoding states.
// T3. Where the log took a large state it takes the same one parked: the record of the first is not the smaller one. Most grow little by little, so that
//     the last one that the log takes is as large as it can be.
import { crc32c } from '../protocol/checksum.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { headerOf } from '../protocol/record.ts'
import type { Header, LogRecord, OutRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import type { Due, DueKind } from './due-index.ts'
import { duesOf } from './dues.ts'
import { encodeEntity, isBlank } from './entity.ts'
import type { Entity } from './entity.ts'
import type { TypePlan } from './topology.ts'

export const STATE_HEADER = 'state'
const CHECKSUM_HEADER = 'crc'
export const ARMED_HEADER = 'armed'
/** More than parking adds: a class and two seqs. Holds nothing. */
const ROOM: Header = ['room', new Uint8Array(64)]
/** Smaller ones need no room: no log refuses them. */
const ROOM_FROM_BYTES = 4096

export interface StateHeader {
  readonly life: string
  readonly seq: number
  readonly code: string
  readonly crc: number
}

/** What all states of one commit say about themselves. */
export interface StateStamp {
  readonly header: Header
  readonly nowMs: number
}

export function stateStamp(codec: Codec, plan: TypePlan, { life, seq, nowMs }: { readonly life: string; readonly seq: number; readonly nowMs: number }): StateStamp {
  return { header: [STATE_HEADER, codec.encode([life, seq, plan.code])], nowMs }
}

/** The record of an entity's state as of the stamp's commit; a blank entity's is a tombstone. Throws NotPlainData. */
export function stateRecord(codec: Codec, plan: TypePlan, partition: number, entity: Entity, at: StateStamp): OutRecord {
  const key = utf8Encode(entity.id)
  if (isBlank(entity)) return { topic: plan.state, partition, key, value: null, headers: [], timestampMs: at.nowMs }
  const value = encodeEntity(codec, plan.definition, entity)
  const dues = duesOf(entity)
  const headers: Header[] = [at.header, [CHECKSUM_HEADER, checksumBytes(value)]]
  if (dues.length > 0) headers.push([ARMED_HEADER, codec.encode(dues.map((due) => [due.kind, due.dueMs, due.id]))])
  if (value.length >= ROOM_FROM_BYTES && entity.parked === undefined) headers.push(ROOM)
  return { topic: plan.state, partition, key, value, headers, timestampMs: at.nowMs }
}

export function readStateHeader(codec: Codec, record: LogRecord): StateHeader | undefined {
  const [bytes, checksum] = [headerOf(record.headers, STATE_HEADER), headerOf(record.headers, CHECKSUM_HEADER)]
  const decoded = bytes === undefined ? undefined : codec.decode(bytes)
  if (decoded?.kind !== 'ok' || !Array.isArray(decoded.value)) return undefined
  // The first form had the checksum in the same header.
  const [life, seq, code, within] = decoded.value as readonly unknown[]
  const crc = checksum?.length === 4 ? checksum.reduce((sum, byte) => sum * 256 + byte, 0) : within
  if (typeof life !== 'string' || typeof seq !== 'number' || typeof code !== 'string' || typeof crc !== 'number') return undefined
  return { life, seq, code, crc }
}

/** Big-endian. */
function checksumBytes(value: Uint8Array): Uint8Array {
  const sum = crc32c(value)
  return Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum)
}

/** What an entity has armed, from the header of its state record (T2). */
export function readArmed(codec: Codec, entity: EntityId, bytes: Uint8Array | undefined): readonly Due[] {
  const decoded = bytes === undefined ? undefined : codec.decode(bytes)
  if (decoded?.kind !== 'ok' || !Array.isArray(decoded.value)) return []
  return (decoded.value as readonly (readonly [DueKind, number, string])[]).map(([kind, dueMs, id]) => ({ kind, dueMs, id, entity }))
}

/** What is put aside for a parked entity. */
export interface ParkedEntry {
  /** Commit that parked it. */
  readonly firstSeq: number
  readonly count: number
  readonly bytes: number
}

/** What a partition knows of itself beyond its entities. */
export interface PartitionRecord {
  /** Entities per configuration, as of `seq`. */
  readonly occupancy: ReadonlyMap<string, number>
  /** Newest commit that wrote states of each cache bucket; its length is B, fixed for the partition's life. */
  readonly marks: readonly number[]
  readonly parked: ReadonlyMap<EntityId, ParkedEntry>
}

export function partitionRecord(codec: Codec, plan: TypePlan, partition: number, record: PartitionRecord, at: { readonly life: string; readonly seq: number; readonly nowMs: number }): OutRecord {
  const value = codec.canonical({ v: 1, occupancy: [...record.occupancy], marks: record.marks, parked: [...record.parked].map(([id, { firstSeq, count, bytes }]) => [id, firstSeq, count, bytes]) })
  return { topic: plan.state, partition, key: PARTITION_KEY, value, headers: [stateStamp(codec, plan, at).header, [CHECKSUM_HEADER, checksumBytes(value)]], timestampMs: at.nowMs }
}

export function readPartitionRecord(codec: Codec, record: LogRecord): PartitionRecord | undefined {
  const decoded = record.value === null ? undefined : codec.decode(record.value)
  if (decoded?.kind !== 'ok') return undefined
  const value = decoded.value as { v?: unknown; occupancy?: unknown; marks?: unknown; parked?: unknown } | null
  if (value?.v !== 1 || !Array.isArray(value.occupancy) || !Array.isArray(value.marks) || !Array.isArray(value.parked)) return undefined
  const parked = (value.parked as readonly (readonly [EntityId, number, number, number])[]).map(([id, firstSeq, count, bytes]) => [id, { firstSeq, count, bytes }] as const)
  return { occupancy: new Map(value.occupancy as [string, number][]), marks: value.marks as number[], parked: new Map(parked) }
}
