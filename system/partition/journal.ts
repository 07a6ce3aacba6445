// Journal: one record per commit, everything of a batch that the log does not hold elsewhere. Replay reads nothing else but inputs and states.
//
// J1. Records of a life have seq 0, 1, 2 ... without gaps, in offset order.
// J2. A record names exactly the inputs, the time, the firings, the scores, the rows and the verdicts of its batch.
import type { Directive, DropReason, FailureClass } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { CLEAN_COMMITS } from '../protocol/limits.ts'
import type { Codec } from '../ports/codec.ts'
import type { Due } from './due-index.ts'
import type { ModelRef } from './topology.ts'
import type { WatermarkState } from './watermarks.ts'

export interface InputRange {
  readonly topic: string
  readonly from: number
  readonly to: number
  /** Number of records in [from, to), and a checksum over their bytes: missing or changed inputs become visible. */
  readonly n: number
  readonly sum: number
}

/** Which input a verdict or decision belongs to: a record's topic and offset, or a timer's cause. */
export type InputRef = string

export interface Verdict {
  readonly input: InputRef
  readonly class: FailureClass
  readonly directive: Directive
}

/** Score, or why there was none, by input in the order of asking. */
export type Decision = readonly [input: InputRef, score: number | string]

/** The encoded row that a lookup got, by input in the order of asking. */
export type Choice = readonly [input: InputRef, row: Uint8Array]

export interface FiredTimer {
  readonly due: Due
  readonly generation: string
}

/** The last pass of a batch was cut short: the bound on releases was reached. */
export interface PassCut {
  /** The pass at the start of the batch, before any input. */
  readonly atStart: boolean
  /** The pass released everything up to this entry; undefined: nothing. */
  readonly after: Due | undefined
  /** Under which the pass ran. */
  readonly watermarks: WatermarkState
}

/**
 * `lease`: the first act of an owner, before it folds anything. `suspect`: something is about to be stepped or folded that may end the process.
 * `states`: nothing was folded, states were written (draining). `park`: an entity was taken out of the fold.
 */
export type JournalKind = 'lease' | 'batch' | 'suspect' | 'park' | 'states' | 'release'

/** What was about to run when nothing more was heard, and how often in a row. */
export interface Suspect {
  /** An input, a timer's cause, or what recovery does: `fold <seq>`, `decode <seq> <entity>`, `fold <seq> <entity>`. */
  readonly cause: string
  readonly times: number
}

/** Events that were put aside for a parked entity by this commit. */
export interface ParkedChange {
  readonly entity: EntityId
  readonly count: number
  readonly bytes: number
  /** It could not be folded: its inputs of commits from here on are passed over. */
  readonly unfoldedFrom?: number
  /** Even decoding its inputs ends the process: what they said about event time is passed over as well. */
  readonly isUndecodable?: boolean
}

export interface JournalRecord {
  readonly v: 1
  /** UUID of the journal. */
  readonly life: string
  readonly epoch: number
  readonly seq: number
  readonly kind: JournalKind
  /** Definition versions and hashes that wrote the record. */
  readonly code: string
  /** The membership that wrote it; '' in older records. */
  readonly owner: string
  /** Leases in a row whose owners died, neither in order nor after a clean run; this one included. */
  readonly attempts: number
  /** Batches since the lease record, this one included. */
  readonly batches: number
  /** Pending: not known to have gone well. A batch resolves it. */
  readonly suspect: Suspect | undefined
  /** Others with which owners died, and which have not run since. */
  readonly alsoSuspect: readonly Suspect[]
  readonly nowMs: number
  readonly inputs: readonly InputRange[]
  /** Next offset of every topic after this commit. */
  readonly positions: ReadonlyMap<string, number>
  /** First record that dirtied an entity whose state is not yet written. */
  readonly floor: { readonly seq: number; readonly offset: number }
  /** End of the state topic before this commit. */
  readonly stateFrom: number
  /** The newest partition record stands in the state topic at this offset or later. */
  readonly partitionFrom: number
  /** Processing-time firings, in order; event-time firings follow from the watermarks. */
  readonly timers: readonly FiredTimer[]
  /** At the start of the batch; undefined where nothing was folded yet: as the records before left them. */
  readonly watermarks: WatermarkState | undefined
  readonly cut: PassCut | undefined
  readonly verdicts: readonly Verdict[]
  readonly decisions: readonly Decision[]
  readonly choices: readonly Choice[]
  readonly drops: ReadonlyMap<DropReason, number>
  /** Buckets that this commit wrote states of. */
  readonly saved: readonly number[]
  /** Entities per configuration, as a change. */
  readonly occupancy: ReadonlyMap<string, number>
  /** crc32c over outputs and tells in written order. */
  readonly hash: number
  /** Models that were active at the start of the batch; its activations follow from folding. In a lease: those of the code. Undefined: as they were. */
  readonly models: ReadonlyMap<string, ModelRef> | undefined
  readonly parked: readonly ParkedChange[]
  /** Entities whose tombstones this commit wrote: compaction removes those from the state topic some day. Undefined in older records: not said. */
  readonly tombstones: readonly EntityId[] | undefined
}

export function encodeJournal(codec: Codec, record: JournalRecord): Uint8Array {
  return codec.encode([
    1, record.life, record.epoch, record.seq, record.kind, record.code, record.attempts, record.nowMs,
    record.inputs.map((range) => [range.topic, range.from, range.to, range.n, range.sum]),
    [...record.positions], [record.floor.seq, record.floor.offset], record.stateFrom,
    record.timers.map(({ due, generation }) => [...dueParts(due), generation]),
    record.watermarks ?? null,
    record.cut === undefined ? null : [record.cut.atStart, record.cut.after === undefined ? null : dueParts(record.cut.after), record.cut.watermarks],
    record.verdicts.map((verdict) => [verdict.input, verdict.class, verdict.directive]),
    record.decisions, [...record.drops], record.saved, [...record.occupancy], record.hash, record.partitionFrom,
    record.models === undefined ? null : [...record.models].map(([name, { version, hash, over }]) => (over === undefined ? [name, version, hash] : [name, version, hash, over])),
    record.choices, record.batches, record.suspect === undefined ? null : [record.suspect.cause, record.suspect.times],
    record.parked.map(parkedParts),
    record.owner, record.alsoSuspect.map(({ cause, times }) => [cause, times]), record.tombstones ?? null,
  ])
}

function parkedParts({ entity, count, bytes, unfoldedFrom, isUndecodable }: ParkedChange): readonly unknown[] {
  if (unfoldedFrom === undefined) return [entity, count, bytes]
  return isUndecodable === true ? [entity, count, bytes, unfoldedFrom, true] : [entity, count, bytes, unfoldedFrom]
}

function parkedFrom([entity, count, bytes, unfoldedFrom, isUndecodable]: readonly [EntityId, number, number, number?, boolean?]): ParkedChange {
  if (unfoldedFrom === undefined) return { entity, count, bytes }
  return isUndecodable === true ? { entity, count, bytes, unfoldedFrom, isUndecodable } : { entity, count, bytes, unfoldedFrom }
}

const dueParts = (due: Due): readonly unknown[] => [due.dueMs, due.entity, due.kind, due.id]
const dueFrom = (parts: readonly unknown[]): Due => {
  const [dueMs, entity, kind, id] = parts
  return { dueMs, entity, kind, id } as Due
}

type Check = (part: unknown) => boolean
const isText: Check = (part) => typeof part === 'string'
const isNumber: Check = (part) => typeof part === 'number'
const isScore: Check = (part) => isText(part) || isNumber(part)
const isBytes: Check = (part) => part instanceof Uint8Array
const isFlag: Check = (part) => typeof part === 'boolean'
const tupleOf = (...checks: readonly Check[]): Check => (part) => Array.isArray(part) && part.length >= checks.length && checks.every((check, at) => check(part[at]))
const listOf = (check: Check): Check => (part) => Array.isArray(part) && part.every(check)
const orNull = (check: Check): Check => (part) => part === null || check(part)

const isDue = tupleOf(isNumber, isText, isNumber, isText)
const isWatermarks = listOf(tupleOf(isText, isNumber, isFlag))
const isCounts = listOf(tupleOf(isText, isNumber))
/** Fields that came later: absent in older records. */
const isLater = tupleOf(listOf(tupleOf(isText, isBytes)), isNumber, orNull(tupleOf(isText, isNumber)), listOf(tupleOf(isText, isNumber, isNumber)), isText, isCounts, orNull(listOf(isText)))
/** What `encodeJournal` writes. */
const isRecord = tupleOf(
  (version) => version === 1, isText, isNumber, isNumber, isText, isText, isNumber, isNumber,
  listOf(tupleOf(isText, isNumber, isNumber, isNumber, isNumber)), isCounts, tupleOf(isNumber, isNumber), isNumber,
  listOf(tupleOf(isNumber, isText, isNumber, isText, isText)), orNull(isWatermarks), orNull(tupleOf(isFlag, orNull(isDue), isWatermarks)),
  listOf(tupleOf(isText, isText, isText)), listOf(tupleOf(isText, isScore)), isCounts, listOf(isNumber), isCounts, isNumber, isNumber, orNull(listOf(tupleOf(isText, isNumber, isText))),
)

/** The record, or undefined for bytes of another format (a newer release wrote them, or they are damaged). */
export function decodeJournal(codec: Codec, bytes: Uint8Array): JournalRecord | undefined {
  const decoded = codec.decode(bytes)
  if (decoded.kind === 'failed' || !isRecord(decoded.value)) return undefined
  const p = decoded.value as readonly unknown[]
  // A run that says nothing about its batches was clean.
  const later: unknown = [p[23] ?? [], p[24] ?? CLEAN_COMMITS, p[25] ?? null, p[26] ?? [], p[27] ?? '', p[28] ?? [], p[29] ?? null]
  if (!isLater(later)) return undefined
  const [choices, batches, suspect, parked, owner, also, tombstones] = later as readonly [readonly Choice[], number, readonly [string, number] | null, readonly (readonly [EntityId, number, number, number?, boolean?])[], string, readonly (readonly [string, number])[], readonly EntityId[] | null]
  const models = p[22] as readonly (readonly [string, number, string, string?])[] | null
  const floor = p[10] as readonly [number, number]
  const cut = p[14] as readonly [boolean, readonly unknown[] | null, WatermarkState] | null
  return {
    v: 1, life: p[1] as string, epoch: p[2] as number, seq: p[3] as number, kind: p[4] as JournalKind, code: p[5] as string, owner,
    attempts: p[6] as number, batches, suspect: suspect === null ? undefined : { cause: suspect[0], times: suspect[1] }, alsoSuspect: also.map(([cause, times]) => ({ cause, times })), nowMs: p[7] as number,
    inputs: (p[8] as readonly (readonly [string, number, number, number, number])[]).map(([topic, from, to, n, sum]) => ({ topic, from, to, n, sum })),
    positions: new Map(p[9] as readonly (readonly [string, number])[]),
    floor: { seq: floor[0], offset: floor[1] },
    stateFrom: p[11] as number,
    timers: (p[12] as readonly (readonly unknown[])[]).map((parts) => ({ due: dueFrom(parts), generation: parts[4] as string })),
    watermarks: (p[13] as WatermarkState | null) ?? undefined,
    cut: cut === null ? undefined : { atStart: cut[0], after: cut[1] === null ? undefined : dueFrom(cut[1]), watermarks: cut[2] },
    verdicts: (p[15] as readonly (readonly [InputRef, FailureClass, Directive])[]).map(([input, failureClass, directive]) => ({ input, class: failureClass, directive })),
    decisions: p[16] as readonly Decision[],
    choices,
    drops: new Map(p[17] as readonly (readonly [DropReason, number])[]),
    saved: p[18] as readonly number[],
    occupancy: new Map(p[19] as readonly (readonly [string, number])[]),
    hash: p[20] as number,
    partitionFrom: p[21] as number,
    models: models === null ? undefined : new Map(models.map(([name, version, hash, over]) => [name, over === undefined ? { version, hash } : { version, hash, over }])),
    parked: parked.map(parkedFrom),
    tombstones: tombstones ?? undefined,
  }
}

/** What rides on the inbox position of each commit: enough to find the journal's end and floor. */
export interface CommitMetadata {
  readonly life: string
  readonly seq: number
  /** The journal record of `seq` stands at this offset or later. */
  readonly journalFrom: number
  /** Recovery reads the journal from here. */
  readonly floorOffset: number
}

/** ASCII, so that any client can show it. */
export function encodeMetadata(metadata: CommitMetadata): string {
  return JSON.stringify({ v: 1, ...metadata })
}

export function decodeMetadata(text: string): CommitMetadata | undefined {
  try {
    const value = JSON.parse(text) as Partial<Readonly<Record<string, unknown>>> | null
    if (value?.['v'] !== 1) return undefined
    const { life, seq, journalFrom, floorOffset } = value
    if (typeof life !== 'string' || typeof seq !== 'number' || typeof journalFrom !== 'number' || typeof floorOffset !== 'number') return undefined
    return { life, seq, journalFrom, floorOffset }
  } catch {
    return undefined
  }
}
