// History: everything one entity took, in the order in which it took it, from a replay of its partition.
//
// H1. Nothing is decided anew: times, scores and verdicts come from the journal, so the history is what happened.
// H2. Within a commit the inputs of an entity are numbered in the order in which it took them: (seq, n) names one for good, within a life of the partition.
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { DropReason } from '../protocol/failures.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Effect, StoredMachine } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Batch } from '../partition/batch.ts'
import type { JournalRecord, Verdict } from '../partition/journal.ts'
import { recover } from '../partition/recovery.ts'
import { keyedStateStore } from '../partition/state-store.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { TurnTrace } from '../partition/turn-input.ts'
import { parkedView } from '../partition/view.ts'
import type { ParkedView } from '../partition/view.ts'
import { askedOfModels } from './asked.ts'
import { ownKeys } from './own-keys.ts'
import { entityId } from './query.ts'
import { onceShown, shownStates } from './shown-states.ts'
import type { Looking } from './shown-states.ts'
import { silentTelemetry } from './silence.ts'

/** Place of an input in the history of its entity (H2). */
export interface HistoryPlace {
  readonly seq: number
  readonly n: number
}

export interface ScoringModel {
  readonly name: string
  readonly version: number
  /** Of its artifact. */
  readonly hash: string
}

export interface HistoryEntry extends HistoryPlace {
  /** Event time of the input, and when its batch was processed. */
  readonly timeMs: number
  readonly processedMs: number
  readonly event: MachineEvent
  /** `<topic>-<partition>-<offset>`, or `timer-...`. */
  readonly cause: string
  readonly from: string | undefined
  readonly to: string | undefined
  /** After it. */
  readonly context: unknown
  /** After it, as XState has them; undefined: it did not exist. */
  readonly machine: Pick<StoredMachine, 'value' | 'status' | 'output'> | undefined
  readonly effects: readonly Effect[]
  /** Scores in the order of asking; a text says why there was none. */
  readonly scores: readonly (number | string)[]
  /** Beside each score, the model that was active for it; undefined where a refused input asked for it, and what it asked is not found again. */
  readonly models: readonly (ScoringModel | undefined)[]
  /** Rows that its lookups got, in their order. */
  readonly rows: readonly unknown[]
  readonly verdict: Verdict | undefined
}

export interface History {
  readonly type: string
  readonly id: string
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
  readonly entries: readonly HistoryEntry[]
  /** Entries that fit but were over the limit; the newest are kept. */
  readonly left: number
  readonly drops: ReadonlyMap<DropReason, number>
  /** What came since it was parked is not among the entries: it is put aside. */
  readonly parked: ParkedView | undefined
  /** The whole life of the partition was replayed; else what came since the entity's state was stored last. */
  readonly isWhole: boolean
}

export interface HistoryRange {
  /** The newest so many. */
  readonly entriesMax: number
  /** Event times. */
  readonly fromMs?: number
  readonly toMs?: number
  /** None from this place on. */
  readonly before?: HistoryPlace | undefined
  /** Only those that a model decided about. */
  readonly isDecided?: boolean | undefined
}

/** Throws OperationError: no entity id, or a journal that does not reach back to the beginning. */
export async function historyOf(log: Log, codec: Codec, plan: TypePlan, text: string, range: HistoryRange): Promise<History> {
  return replayed({ log, codec }, plan, entityId(text), range)
}

/** What came since its state was stored last: as little is replayed as in a recovery. Throws OperationError, and InvariantBroken where it came to its end meanwhile. */
export async function newestHistoryOf(looking: Looking, plan: TypePlan, id: EntityId, range: HistoryRange): Promise<History> {
  return onceShown(looking.clock, () => replayed(looking, plan, id, range, looking.clock))
}

/** `clock`: from the entity's stored state on, as soon as it is shown; without it from the first commit of the partition on. */
async function replayed({ log, codec }: Omit<Looking, 'clock'>, plan: TypePlan, id: EntityId, range: HistoryRange, clock?: Clock): Promise<History> {
  const partition = partitionOf(utf8Encode(id), plan.partitions)
  const keyed = ownKeys(log, id)
  const states = clock === undefined ? keyedStateStore(keyed, codec, plan, partition) : shownStates({ log, codec, clock }, keyed, plan, partition)
  const { entriesMax, fromMs = -Infinity, toMs = Infinity, before, isDecided = false } = range
  const entries: HistoryEntry[] = []
  const drops = new Map<DropReason, number>()
  let left = 0
  let turns: TurnTrace[] = []
  const onFolded = (record: JournalRecord, batch: Batch): void => {
    for (const [n, turn] of turns.entries()) {
      if (turn.input.timeMs < fromMs || turn.input.timeMs > toMs || (before !== undefined && !isEarlier({ seq: batch.seq, n }, before))) continue
      if (isDecided && !record.decisions.some(([ref]) => ref === turn.input.ref)) continue
      entries.push(entryOf(codec, plan, n, turn, record, batch))
      // Twice the bound before it is cut: shifting one by one would cost too much.
      if (entries.length >= 2 * entriesMax) left += entries.splice(0, entries.length - entriesMax).length
    }
    for (const [reason, count] of batch.drops) drops.set(reason, (drops.get(reason) ?? 0) + count)
    turns = []
  }
  const recovery = await recover({
    log, codec, plan, partition, states, telemetry: silentTelemetry, fromStart: clock === undefined,
    watch: { entity: id, onTurn: (turn) => turns.push(turn) },
    onFolded,
  })
  if (recovery.kind === 'history-gone') throw new OperationError('history-gone', recovery.reason)
  left += entries.splice(0, Math.max(0, entries.length - entriesMax)).length
  const { memory } = recovery
  const entity = memory.entities.peek(id)
  return {
    type: plan.definition.name, id, partition, life: memory.life, epoch: memory.epoch, seq: memory.seq, entries, left, drops,
    parked: parkedView(memory.parked.get(id), entity), isWhole: clock === undefined,
  }
}

export function isEarlier(a: HistoryPlace, b: HistoryPlace): boolean {
  return a.seq < b.seq || (a.seq === b.seq && a.n < b.n)
}

/** `n`: among the turns of its entity in that commit. */
export function entryOf(codec: Codec, plan: TypePlan, n: number, turn: TurnTrace, record: JournalRecord, batch: Batch): HistoryEntry {
  const { input, from, to, state, models, isRefused } = turn
  const { machine } = plan.definition
  const verdict = isRefused ? batch.verdicts.find((one) => one.input === input.ref) : undefined
  const scores = record.decisions.filter(([ref]) => ref === input.ref).map(([, score]) => score)
  const effects = isRefused && verdict?.class !== 'crash' ? askedOfModels(plan, turn, scores, batch.nowMs) : turn.effects
  const asked = effects.filter((effect) => effect.kind === 'infer')
  return {
    seq: batch.seq, n, timeMs: input.timeMs, processedMs: batch.nowMs, event: input.event, cause: input.cause, from, to, effects,
    context: state === undefined ? undefined : machine.context(state), machine: state === undefined ? undefined : machineOf(machine.store(state)),
    scores, models: scores.map((_, at) => scoringModel(asked[at]?.model, models)),
    rows: batch.choices.filter(([ref]) => ref === input.ref).map(([, bytes]) => rowOf(codec, bytes)),
    verdict,
  }
}

const machineOf = ({ value, status, output }: StoredMachine): HistoryEntry['machine'] => ({ value, status, ...(output === undefined ? {} : { output }) })

function scoringModel(name: string | undefined, models: TurnTrace['models']): ScoringModel | undefined {
  const ref = name === undefined ? undefined : models.get(name)
  return name === undefined || ref === undefined ? undefined : { name, version: ref.version, hash: ref.hash }
}

function rowOf(codec: Codec, bytes: Uint8Array): unknown {
  const decoded = codec.decode(bytes)
  return decoded.kind === 'ok' ? decoded.value : undefined
}
