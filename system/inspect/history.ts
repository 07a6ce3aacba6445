// History: everything one entity took, in the order in which it took it, from a full replay of its partition.
//
// H1. Nothing is decided anew: times, scores and verdicts come from the journal, so the history is what happened.
import { OperationError } from '../protocol/failures.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { DropReason } from '../protocol/failures.ts'
import type { Codec } from '../ports/codec.ts'
import type { Effect } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Batch } from '../partition/batch.ts'
import type { Verdict } from '../partition/journal.ts'
import { recover } from '../partition/recovery.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { TurnTrace } from '../partition/turn-input.ts'
import { parkedView } from '../partition/view.ts'
import type { ParkedView } from '../partition/view.ts'
import { entityId, statesOf } from './query.ts'
import { silentTelemetry } from './silence.ts'

export interface HistoryEntry {
  readonly seq: number
  /** Event time of the input, and when its batch was processed. */
  readonly timeMs: number
  readonly processedMs: number
  readonly event: MachineEvent
  /** `<topic>-<partition>-<offset>`, or `timer-...`. */
  readonly cause: string
  readonly from: string | undefined
  readonly to: string | undefined
  readonly effects: readonly Effect[]
  /** Scores in the order of asking; a text says why there was none. */
  readonly scores: readonly (number | string)[]
  /** Rows that its lookups got, in their order. */
  readonly rows: readonly unknown[]
  readonly verdict: Verdict | undefined
}

export interface History {
  readonly type: string
  readonly id: string
  readonly partition: number
  readonly life: string
  readonly seq: number
  readonly entries: readonly HistoryEntry[]
  /** Entries that fit but were over the limit; the newest are kept. */
  readonly left: number
  readonly drops: ReadonlyMap<DropReason, number>
  /** What came since it was parked is not among the entries: it is put aside. */
  readonly parked: ParkedView | undefined
}

export interface HistoryRange {
  /** The newest so many. */
  readonly entriesMax: number
  readonly fromMs: number
  readonly toMs: number
}

/** Throws OperationError: no entity id, or a journal that does not reach back to the beginning. */
export async function historyOf(log: Log, codec: Codec, plan: TypePlan, text: string, range: HistoryRange): Promise<History> {
  const id = entityId(text)
  const partition = partitionOf(utf8Encode(id), plan.partitions)
  const entries: HistoryEntry[] = []
  const drops = new Map<DropReason, number>()
  let left = 0
  let turns: TurnTrace[] = []
  const onFolded = (batch: Batch): void => {
    for (const turn of turns) {
      if (turn.input.timeMs < range.fromMs || turn.input.timeMs > range.toMs) continue
      entries.push(entryOf(codec, turn, batch))
      // Twice the bound before it is cut: shifting one by one would cost too much.
      if (entries.length >= 2 * range.entriesMax) left += entries.splice(0, entries.length - range.entriesMax).length
    }
    for (const [reason, count] of batch.drops) drops.set(reason, (drops.get(reason) ?? 0) + count)
    turns = []
  }
  const recovery = await recover({
    log, codec, plan, partition, states: statesOf(log, codec, plan, partition), telemetry: silentTelemetry, fromStart: true,
    watch: { entity: id, onTurn: (turn) => turns.push(turn) },
    onFolded: (_record, batch) => onFolded(batch),
  })
  if (recovery.kind === 'history-gone') throw new OperationError('history-gone', recovery.reason)
  left += entries.splice(0, Math.max(0, entries.length - range.entriesMax)).length
  const { memory } = recovery
  return { type: plan.definition.name, id, partition, life: memory.life, seq: memory.seq, entries, left, drops, parked: parkedView(memory.parked.get(id), memory.entities.peek(id)) }
}

function entryOf(codec: Codec, { input, from, to, effects, isRefused }: TurnTrace, batch: Batch): HistoryEntry {
  return {
    seq: batch.seq, timeMs: input.timeMs, processedMs: batch.nowMs, event: input.event, cause: input.cause, from, to, effects,
    scores: batch.decisions.filter(([ref]) => ref === input.ref).map(([, score]) => score),
    rows: batch.choices.filter(([ref]) => ref === input.ref).map(([, bytes]) => rowOf(codec, bytes)),
    verdict: isRefused ? batch.verdicts.find((verdict) => verdict.input === input.ref) : undefined,
  }
}

function rowOf(codec: Codec, bytes: Uint8Array): unknown {
  const decoded = codec.decode(bytes)
  return decoded.kind === 'ok' ? decoded.value : undefined
}
